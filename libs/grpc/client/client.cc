#include "libs/grpc/client/client.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/clock/backoff.h"
#include "libs/grpc/error_status.h"
#include "libs/grpc/traceparent.h"

namespace sluice::rpc {
namespace {

constexpr int kMessageBytes = 1024 * 1024;

absl::StatusOr<std::string> ReadFile(const std::string& path, ErrorDetail detail) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("cannot read ", path), std::move(detail));
  }
  return text.str();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(ClientOptions options, const clock::Clock& clock,
                                                        clock::Random& random) {
  ::grpc::SslCredentialsOptions ssl;
  ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadFile(options.ca_file, {.reason = "CA_FILE_UNREADABLE",
                                                                  .field = "ca_file",
                                                                  .remedy = "give the file of the service's CA"}));
  std::shared_ptr<::grpc::ChannelCredentials> credentials = ::grpc::SslCredentials(ssl);
  if (!options.key_file.empty()) {
    ASSIGN_OR_RETURN(std::string key, ReadFile(options.key_file, {.reason = "KEY_FILE_UNREADABLE",
                                                                  .field = "key_file",
                                                                  .remedy = "give the file with the API key"}));
    absl::StripAsciiWhitespace(&key);
    credentials = ::grpc::CompositeChannelCredentials(credentials, ::grpc::AccessTokenCredentials(key));
  }
  ::grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix(options.user_agent);
  arguments.SetMaxReceiveMessageSize(kMessageBytes);
  // Retries are ours: gRPC's own would hide them from the deadline and the log.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  auto channel = ::grpc::CreateCustomChannel(options.endpoint, credentials, arguments);
  return std::unique_ptr<Client>(new Client(std::move(options), std::move(channel), clock, random));
}

std::unique_ptr<::grpc::ClientContext> Client::NewContext(absl::Duration timeout,
                                                          const std::string& traceparent) const {
  auto context = std::make_unique<::grpc::ClientContext>();
  context->AddMetadata(kTraceparentHeader, ContinueTrace(traceparent, random_));
  if (timeout < absl::InfiniteDuration()) {
    context->set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  }
  return context;
}

absl::Status Client::CallWithRetry(const CallOptions& options,
                                   absl::FunctionRef<::grpc::Status(::grpc::ClientContext*)> attempt) const {
  const absl::Duration timeout = options.timeout > absl::ZeroDuration() ? options.timeout : options_.timeout;
  const absl::Duration end = clock_.MonotonicNow() + timeout;
  const std::string traceparent = ContinueTrace(options.traceparent, random_);
  clock::BackOff backoff(random_, absl::Milliseconds(100), absl::Seconds(2));
  for (int tries = 1;; ++tries) {
    std::unique_ptr<::grpc::ClientContext> context = NewContext(end - clock_.MonotonicNow(), traceparent);
    absl::Status status = FromGrpcStatus(attempt(context.get()));
    if (status.code() != absl::StatusCode::kUnavailable || tries >= options.max_attempts) return status;
    absl::Duration wait = backoff.Next();
    if (std::optional<ErrorDetail> detail = GetErrorDetail(status); detail && detail->retry_after) {
      // Never sooner than asked, and not together with everyone else who was asked the same.
      wait = std::max(wait, *detail->retry_after + clock::Jittered(random_, *detail->retry_after));
    }
    if (clock_.MonotonicNow() + wait >= end) return status;
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(wait));
  }
}

}  // namespace sluice::rpc
