#include "libs/grpc/server/unary_reactor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/grpc/error_status.h"
#include "libs/grpc/server/admission.h"
#include "libs/grpc/traceparent.h"
#include "libs/log/log.h"

namespace sluice::rpc {

UnaryReactor::UnaryReactor(Runtime& runtime, const Method& method, MethodMetrics& metrics,
                           ::grpc::CallbackServerContext& context)
    : runtime_(runtime),
      method_(method),
      metrics_(metrics),
      context_(context),
      begun_(runtime.ports().clock.MonotonicNow()) {
  metrics_.in_flight().Increment();
  if (absl::Status status = Begin(context_, method_, runtime_, call_); !status.ok()) {
    Answer(std::move(status));
    return;
  }
  Admit(context_, method_, runtime_, call_, [this](absl::Status admitted) {
    if (!admitted.ok()) {
      Answer(std::move(admitted));
    } else {
      StartRead(&request_);
    }
  });
}

void UnaryReactor::OnReadDone(bool ok) {
  if (!ok) {
    Answer(call_.cancelled->load()
               ? MakeError(absl::StatusCode::kCancelled, "cancelled", {.reason = "CANCELLED"})
               : MakeError(absl::StatusCode::kInvalidArgument, "the call carries no request",
                           {.reason = "REQUEST_MALFORMED", .remedy = "check the client's version of the API"}));
    return;
  }
  if (absl::Status status = CheckSize(method_, runtime_, request_); !status.ok()) {
    Answer(std::move(status));
    return;
  }
  FairPool& pool = method_.options.lane == Lane::kWaiting ? runtime_.waiting() : runtime_.work();
  const std::string tenant = call_.identity ? call_.identity->tenant : call_.peer;
  if (!pool.Submit(tenant, [this] { Serve(); })) Answer(Overloaded());
}

void UnaryReactor::Serve() {
  absl::Status status = CheckStillWanted(call_, runtime_);
  if (status.ok()) {
    const log::TraceScope trace(call_.traceparent);
    status = Contained(call_, [this]() -> absl::Status {
      absl::StatusOr<::grpc::ByteBuffer> response = method_.run(call_, request_);
      if (!response.ok()) return response.status();
      if (response->Length() > static_cast<std::size_t>(runtime_.options().message_bytes)) {
        return MakeError(absl::StatusCode::kOutOfRange,
                         absl::StrCat("the response would have ", response->Length(), " bytes"),
                         {.reason = "RESPONSE_TOO_LARGE", .remedy = "ask for less: a smaller page"});
      }
      response_ = *std::move(response);
      return absl::OkStatus();
    });
  }
  Answer(std::move(status));
}

void UnaryReactor::Answer(absl::Status status) {
  AddResponseMetadata(call_, context_);
  runtime_.Finished(call_, status, runtime_.ports().clock.MonotonicNow() - begun_, metrics_);
  if (status.ok()) {
    StartWriteAndFinish(&response_, ::grpc::WriteOptions(), ::grpc::Status::OK);
  } else {
    Finish(ToGrpcStatus(status, TraceIdOf(call_.traceparent)));
  }
}

void UnaryReactor::OnDone() {
  metrics_.in_flight().Decrement();
  delete this;
}

}  // namespace sluice::rpc
