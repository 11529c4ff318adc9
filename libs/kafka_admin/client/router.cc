#include "libs/kafka_admin/client/router.h"

#include <algorithm>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/kafka_admin/client_error.h"
#include "libs/kafka_admin/message/metadata.h"

namespace sluice::kafka_admin {

bool IsTransientStatus(const absl::Status& status) {
  if (status.ok()) return false;
  std::optional<ErrorDetail> detail = GetErrorDetail(status);
  return detail.has_value() && (detail->retry_after.has_value() || detail->reason == "KAFKA_TIMEOUT");
}

Router::Router(AdminClientOptions options)
    : options_(std::move(options)),
      jitter_(options_.random_seed),
      pool_({.client_id = options_.client_id,
             .tls = options_.tls,
             .sasl = options_.sasl,
             .connect_timeout = options_.connect_timeout,
             .limits = {.max_response_bytes = options_.max_response_bytes, .silence = options_.request_timeout}}) {}

absl::StatusOr<std::map<int32_t, BrokerAddress>> Router::Brokers(Deadline deadline) {
  ASSIGN_OR_RETURN(View view, CurrentView(deadline));
  return std::move(view.brokers);
}

absl::StatusOr<Router::View> Router::CurrentView(Deadline deadline) {
  {
    std::lock_guard lock(mutex_);
    if (view_ && !view_->stale) return *view_;
  }
  return Refresh(deadline);
}

absl::StatusOr<Router::View> Router::Refresh(Deadline deadline) {
  ASSIGN_OR_RETURN(std::shared_ptr<BrokerConnection> connection, ConnectAny(deadline));
  message::MetadataRequest request;  // its empty list of topics means none
  request.allow_auto_topic_creation = false;
  ASSIGN_OR_RETURN(auto response, connection->Call<message::MetadataResponse>(request, deadline));
  RETURN_IF_ERROR(KafkaStatus(response.error_code));
  View view{.controller_id = response.controller_id};
  std::set<BrokerAddress> addresses(options_.bootstrap.begin(), options_.bootstrap.end());
  for (const auto& broker : response.brokers) {
    BrokerAddress address{.host = broker.host, .port = static_cast<uint16_t>(broker.port)};
    view.brokers[broker.node_id] = address;
    addresses.insert(std::move(address));
  }
  pool_.KeepOnly(addresses);
  std::lock_guard lock(mutex_);
  view_ = view;
  return view;
}

absl::StatusOr<std::shared_ptr<BrokerConnection>> Router::ConnectAny(Deadline deadline) {
  if (std::shared_ptr<BrokerConnection> open = pool_.AnyOpen()) return open;
  std::vector<BrokerAddress> candidates;
  {
    std::lock_guard lock(mutex_);
    if (view_) {
      for (const auto& [id, address] : view_->brokers) candidates.push_back(address);
    }
  }
  jitter_.Shuffle(candidates);
  std::vector<BrokerAddress> bootstrap = options_.bootstrap;
  jitter_.Shuffle(bootstrap);
  candidates.insert(candidates.end(), bootstrap.begin(), bootstrap.end());
  absl::Status last = ConnectionError("no broker is known");
  for (const BrokerAddress& address : candidates) {
    absl::StatusOr<std::shared_ptr<BrokerConnection>> connection = pool_.Get(address, deadline);
    if (connection.ok()) return connection;
    last = connection.status();
    // Another broker would refuse the same login too, and count it.
    if (absl::IsUnauthenticated(last)) return last;
  }
  return last;
}

absl::StatusOr<std::shared_ptr<BrokerConnection>> Router::Connect(Target target, Deadline deadline) {
  if (target.kind == Target::Kind::kAny) return ConnectAny(deadline);
  ASSIGN_OR_RETURN(View view, CurrentView(deadline));
  if (target.kind == Target::Kind::kController) {
    auto controller = view.brokers.find(view.controller_id);
    if (controller == view.brokers.end()) return KafkaStatus(kNotController, "no controller is known");
    return pool_.Get(controller->second, deadline);
  }
  auto broker = view.brokers.find(target.broker_id);
  if (broker == view.brokers.end()) {
    // It may have come since.
    ASSIGN_OR_RETURN(view, Refresh(deadline));
    broker = view.brokers.find(target.broker_id);
  }
  if (broker == view.brokers.end()) {
    return BrokerNotAvailableError(target.broker_id);
  }
  return pool_.Get(broker->second, deadline);
}

absl::Status Router::Retry(Deadline deadline, const std::function<absl::Status(Attempt&)>& attempt) {
  absl::Status last;
  absl::Duration backoff = options_.retry_backoff;
  while (true) {
    if (deadline.Expired()) return last.ok() ? TimeoutError("the call had no time left") : last;
    Attempt next{.deadline = deadline.Sooner(options_.request_timeout)};
    last = attempt(next);
    if (!IsTransientStatus(last)) return last;
    {
      std::lock_guard lock(mutex_);
      if (view_) view_->stale = true;
    }
    absl::Duration pause = std::max(jitter_.Around(backoff), next.wait);
    if (pause >= deadline.Remaining()) return last;
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(pause));
    backoff = std::min(backoff * 2, options_.max_retry_backoff);
  }
}

int32_t Router::BrokerTimeoutMs(Deadline deadline) const {
  absl::Duration timeout = std::min(deadline.Remaining(), options_.request_timeout);
  return static_cast<int32_t>(std::max<int64_t>(1, absl::ToInt64Milliseconds(timeout)));
}

}  // namespace sluice::kafka_admin
