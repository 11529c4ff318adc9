#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/bus/inbox/inbox_consumer.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_client/connection.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/pool.h"
#include "services/provisioner/app/status_handler.h"

namespace sluice::provisioner {

struct StatusConsumersOptions {
  kafka_client::ConnectionOptions kafka;
  // See InboxOptions.
  std::vector<absl::Duration> retry_waits = bus::InboxOptions{}.retry_waits;
  std::string instance = {};
};

struct StatusConsumersPorts {
  StatusHandlerPorts handler;
  // Of their own, so that a storm of statuses takes no connection from the API.
  postgres::Pool& pool;
  // What is heard is also said: rings the relay.
  std::function<void()> committed;
};

// One consumer, with its own thread and group, for each data plane whose topics exist: what one of them fills, slows or
// poisons is its own. Follows the fleet each second.
class StatusConsumers {
 public:
  StatusConsumers(StatusConsumersOptions options, StatusConsumersPorts ports);
  ~StatusConsumers();

  // Starts and ends consumers as data planes come and go, until `stop`; then ends all. A status that is not OK is a
  // fatal error of Kafka's: end the process.
  absl::Status Run(clock::StopSignal& stop);

 private:
  class Consumer;
  absl::Status Follow();

  const StatusConsumersOptions options_;
  StatusConsumersPorts ports_;
  metrics::Gauge& listened_to_;
  std::map<std::string, std::unique_ptr<Consumer>> consumers_;  // by data plane uid
};

}  // namespace sluice::provisioner
