#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"

namespace sluice::rpc {

struct ClientOptions {
  // host:port; the host must be a name of the server's certificate.
  std::string endpoint;
  // PEM of the CA that signed the server's certificate.
  std::string ca_file;
  // A file that holds the bearer key alone; empty: calls without one (EnrolSatellite).
  std::string key_file;
  // Of each call that does not say otherwise, all its tries together.
  absl::Duration timeout = absl::Seconds(20);
  std::string user_agent = "sluice";
};

struct CallOptions {
  // Zero: ClientOptions.timeout.
  absl::Duration timeout = absl::ZeroDuration();
  // Tries at most, the first included. Only UNAVAILABLE is tried again, so nothing happened or the request's request_id
  // makes a repeat harmless: set it on every mutation, or 1 here.
  int max_attempts = 4;
  // W3C; empty: a new trace.
  std::string traceparent;
};

// A TLS channel to a service with our error mapping. Thread-safe.
//
//   ASSIGN_OR_RETURN(auto client, Client::Connect(options));
//   auto stub = KafkaClusterService::NewStub(client->channel());
//   absl::StatusOr<KafkaCluster> cluster =
//       client->Call<KafkaCluster>(request, {}, [&](auto* context, const auto& request, auto* response) {
//         return stub->GetKafkaCluster(context, request, response);
//       });
class Client {
 public:
  // Does not wait for the connection. FAILED_PRECONDITION: CA_FILE_UNREADABLE, KEY_FILE_UNREADABLE (with field).
  static absl::StatusOr<std::unique_ptr<Client>> Connect(ClientOptions options,
                                                         const clock::Clock& clock = clock::RealClock(),
                                                         clock::Random& random = clock::CryptoRandom());

  const std::shared_ptr<::grpc::Channel>& channel() const { return channel_; }

  // A context with traceparent and, when `timeout` is not infinite, a deadline: for streams, and for calls by hand.
  std::unique_ptr<::grpc::ClientContext> NewContext(absl::Duration timeout = absl::InfiniteDuration(),
                                                    const std::string& traceparent = "") const;

  // One unary call, tried again as CallOptions says, with jittered back-off from 100 ms or as RetryInfo asks. Errors
  // are FromGrpcStatus's.
  template <typename Response, typename Request, typename Method>
  absl::StatusOr<Response> Call(const Request& request, const CallOptions& options, Method method) const {
    Response response;
    absl::Status status = CallWithRetry(options, [&](::grpc::ClientContext* context) {
      response.Clear();
      return method(context, request, &response);
    });
    if (!status.ok()) return status;
    return response;
  }

 private:
  Client(ClientOptions options, std::shared_ptr<::grpc::Channel> channel, const clock::Clock& clock,
         clock::Random& random)
      : options_(std::move(options)), channel_(std::move(channel)), clock_(clock), random_(random) {}

  absl::Status CallWithRetry(const CallOptions& options,
                             absl::FunctionRef<::grpc::Status(::grpc::ClientContext*)> attempt) const;

  const ClientOptions options_;
  const std::shared_ptr<::grpc::Channel> channel_;
  const clock::Clock& clock_;
  clock::Random& random_;
};

}  // namespace sluice::rpc
