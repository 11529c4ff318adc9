#include "libs/grpc/server/admission.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/grpc/server/wire_check.h"
#include "libs/grpc/traceparent.h"
#include "libs/log/log.h"

namespace sluice::rpc {
namespace {

std::optional<std::string_view> Header(const ::grpc::CallbackServerContext& context, const char* name) {
  auto it = context.client_metadata().find(name);
  if (it == context.client_metadata().end()) return std::nullopt;
  return std::string_view(it->second.data(), it->second.size());
}

std::optional<std::string_view> Bearer(const ::grpc::CallbackServerContext& context) {
  std::optional<std::string_view> header = Header(context, "authorization");
  if (!header || header->size() < 7 || !absl::EqualsIgnoreCase(Absl(header->substr(0, 7)), "bearer ")) {
    return std::nullopt;
  }
  return header->substr(7);
}

// "ipv4:127.0.0.1:4711", "ipv6:%5B::1%5D:4711", "unix:…"
std::string AddressOf(const std::string& peer) {
  const std::size_t colon = peer.rfind(':');
  return colon == std::string::npos || absl::StartsWith(peer, "unix") ? peer : peer.substr(0, colon);
}

absl::Status Expired() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "the deadline had passed before any work began",
                   {.reason = "DEADLINE_EXPIRED", .remedy = "try again with a longer deadline"});
}

}  // namespace

absl::Status Begin(const ::grpc::CallbackServerContext& context, const Method& method, Runtime& runtime, Call& call) {
  call.method = method.name;
  call.peer = AddressOf(context.peer());
  call.traceparent = ContinueTrace(Header(context, kTraceparentHeader).value_or(""), runtime.ports().random);
  if (method.open) return absl::OkStatus();
  if (context.deadline() == std::chrono::system_clock::time_point::max()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "the call has no deadline",
                     {.reason = "DEADLINE_REQUIRED", .remedy = "set a deadline on each call"});
  }
  const absl::Duration left = absl::FromChrono(context.deadline()) - absl::Now();
  if (left <= absl::ZeroDuration()) return Expired();
  call.deadline = runtime.ports().clock.Now() + std::min(left, method.options.longest);
  return absl::OkStatus();
}

void Admit(const ::grpc::CallbackServerContext& context, const Method& method, Runtime& runtime, Call& call,
           std::function<void(absl::Status)> then) {
  if (method.options.open) return then(absl::OkStatus());
  const std::optional<std::string_view> bearer = Bearer(context);
  if (std::optional<absl::Status> decided = runtime.ports().gate.Admit(call, bearer)) return then(*std::move(decided));
  auto look_up = [&runtime, &call, bearer = std::string(bearer.value_or("")), then] {
    absl::Status wanted = CheckStillWanted(call, runtime);
    if (!wanted.ok()) return then(wanted);
    then(Contained(call, [&] { return runtime.ports().gate.LookUp(call, bearer); }));
  };
  if (!runtime.lookups().Submit(call.peer, std::move(look_up))) then(Overloaded());
}

void AddResponseMetadata(const Call& call, ::grpc::CallbackServerContext& context) {
  context.AddInitialMetadata(kTraceparentHeader, call.traceparent);
  for (const auto& [name, value] : call.response_metadata) context.AddInitialMetadata(name, value);
}

absl::Status CheckSize(const Method& method, const Runtime& runtime, ::grpc::ByteBuffer& request) {
  const auto limit = static_cast<std::size_t>(runtime.options().message_bytes);
  if (request.Length() <= limit) return absl::OkStatus();
  std::string field;
  if (::grpc::Slice whole; request.DumpToSingleSlice(&whole).ok()) {
    field = FindLargestField({reinterpret_cast<const char*>(whole.begin()), whole.size()}, *method.request);
  }
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the request has ", request.Length(), " bytes, more than ", limit),
                   {.reason = "MESSAGE_TOO_LARGE",
                    .field = field,
                    .remedy = "send less at once",
                    .metadata = {{"limit_bytes", absl::StrCat(limit)}}});
}

absl::Status CheckStillWanted(const Call& call, Runtime& runtime) {
  if (call.cancelled->load()) return MakeError(absl::StatusCode::kCancelled, "cancelled", {.reason = "CANCELLED"});
  if (runtime.ports().clock.Now() >= call.deadline) return Expired();
  return absl::OkStatus();
}

absl::Status Overloaded() {
  return MakeError(absl::StatusCode::kUnavailable, "too many calls wait to be served",
                   {.reason = "OVERLOADED", .remedy = "try again, more slowly", .retry_after = absl::Seconds(1)});
}

absl::Status Contained(const Call& call, const std::function<absl::Status()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    log::Error("a handler threw", {{"method", call.method}, {"what", error.what()}});
  } catch (...) {
    log::Error("a handler threw something that is no exception", {{"method", call.method}});
  }
  return absl::InternalError("a handler threw");
}

}  // namespace sluice::rpc
