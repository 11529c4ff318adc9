#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/status.h"
#include "libs/kafka_admin/client/broker_pool.h"
#include "libs/kafka_admin/client/jitter.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/kafka_admin/wire/error_code.h"

namespace sluice::kafka_admin {

// Where a request goes.
struct Target {
  enum class Kind { kAny, kController, kBroker };

  static Target Any() { return {.kind = Kind::kAny}; }
  static Target Controller() { return {.kind = Kind::kController}; }
  static Target Broker(int32_t id) { return {.kind = Kind::kBroker, .broker_id = id}; }

  Kind kind = Kind::kAny;
  int32_t broker_id = -1;
};

// One try of a call.
struct Attempt {
  Deadline deadline;
  // Set by the try when the broker asked for a pause (throttle_time_ms).
  absl::Duration wait = absl::ZeroDuration();
};

// Whether a repeat alone may help: Kafka's transient errors, a broken connection, no answer in time.
bool IsTransientStatus(const absl::Status& status);

// Knows the cluster's brokers, finds the connection for a target, and tries again. Thread-safe.
class Router {
 public:
  explicit Router(AdminClientOptions options);

  // Brokers by id, as last told; asks if nothing is known.
  absl::StatusOr<std::map<int32_t, BrokerAddress>> Brokers(Deadline deadline);

  absl::StatusOr<std::shared_ptr<BrokerConnection>> Connect(Target target, Deadline deadline);

  // Repeats `attempt` while its status is transient and time is left, with a pause between; the cluster is looked at
  // anew before each repeat. The last status, if it never succeeds.
  absl::Status Retry(Deadline deadline, const std::function<absl::Status(Attempt&)>& attempt);

  // One request with retries. A transient error_code of the response's own is retried; others are left to the caller.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(Target target, const Request& request, Deadline deadline) {
    std::optional<Response> response;
    absl::Status status = Retry(deadline, [&](Attempt& attempt) -> absl::Status {
      ASSIGN_OR_RETURN(response, CallOnce<Response>(target, request, attempt));
      if constexpr (requires { response->error_code; }) {
        if (IsTransient(response->error_code)) return KafkaStatus(response->error_code);
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return *std::move(response);
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> CallOnce(Target target, const Request& request, Attempt& attempt) {
    ASSIGN_OR_RETURN(std::shared_ptr<BrokerConnection> connection, Connect(target, attempt.deadline));
    ASSIGN_OR_RETURN(Response response, connection->Call<Response>(request, attempt.deadline));
    if constexpr (requires { response.throttle_time_ms; }) {
      attempt.wait = absl::Milliseconds(response.throttle_time_ms);
    }
    return response;
  }

  // What Kafka may take itself for a mutation: its timeout_ms.
  int32_t BrokerTimeoutMs(Deadline deadline) const;

  const AdminClientOptions& options() const { return options_; }

 private:
  struct View {
    std::map<int32_t, BrokerAddress> brokers;
    int32_t controller_id = -1;
    // To be asked for again before a request is routed by it; its brokers may still be dialled.
    bool stale = false;
  };

  absl::StatusOr<View> CurrentView(Deadline deadline);
  absl::StatusOr<View> Refresh(Deadline deadline);
  absl::StatusOr<std::shared_ptr<BrokerConnection>> ConnectAny(Deadline deadline);

  const AdminClientOptions options_;
  Jitter jitter_;
  BrokerPool pool_;
  std::mutex mutex_;
  std::optional<View> view_;
};

// A call over many items, each with a status of its own: `attempt` fills `results` at the indexes it is given, and
// those that stay transient are tried again. Fails only if no attempt got an answer at all.
template <typename Result>
absl::Status ForEachItem(Router& router, std::vector<Result>& results, Deadline deadline,
                         const std::function<absl::Status(Attempt&, const std::vector<size_t>&)>& attempt) {
  std::vector<size_t> pending(results.size());
  for (size_t i = 0; i < pending.size(); ++i) pending[i] = i;
  if (pending.empty()) return absl::OkStatus();
  bool answered = false;
  absl::Status last = router.Retry(deadline, [&](Attempt& next) -> absl::Status {
    RETURN_IF_ERROR(attempt(next, pending));
    answered = true;
    std::erase_if(pending, [&](size_t i) { return !IsTransientStatus(results[i].status); });
    return pending.empty() ? absl::OkStatus() : results[pending.front()].status;
  });
  return answered ? absl::OkStatus() : last;
}

}  // namespace sluice::kafka_admin
