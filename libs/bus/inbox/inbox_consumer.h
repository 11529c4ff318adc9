#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/bus/inbox/event_handler.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_client/connection.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/pool.h"

namespace sluice::bus {

struct InboxOptions {
  kafka_client::ConnectionOptions kafka;
  // The Kafka consumer group, and the name under which the inbox and parked records are kept: <service>.<what>.
  std::string consumer;
  std::vector<std::string> topics;
  // Records of one transaction at most; what is there is taken, nothing is waited for.
  int batch_records = 200;
  // Who may say what; by default topics.h's CheckSource.
  std::function<absl::Status(std::string_view topic, std::string_view source)> check_source;
  // Waits before the second, third, … try of a failing key; after the last it is parked for good. 5 tries in 2 minutes.
  std::vector<absl::Duration> retry_waits = {absl::Seconds(1), absl::Seconds(6), absl::Seconds(25), absl::Seconds(88)};
  // Inbox rows older than this are pruned; longer than any record can come again.
  absl::Duration retention = absl::Hours(24 * 7);
  // The same for a process and for the one that takes its place after a restart, so that this one hears at once what is
  // new; another for each replica. Empty: it waits for session_timeout.
  std::string instance;
  // How long a process that died keeps its partitions from the others; the broker wants at least 6 s.
  absl::Duration session_timeout = absl::Seconds(6);
  // With so many parked records nothing more is read until some are released or discarded: an alert by then.
  int max_parked_records = 100'000;
};

struct InboxPorts {
  const clock::Clock& clock;
  clock::Random& random;
  metrics::Registry& metrics;
  postgres::Pool& pool;
};

// Reads topics as a member of a consumer group and has each event handled once in effect: the handler's changes and the
// inbox row (consumer, ce_source, ce_id) are one transaction, and the offset is committed after it. Several processes
// may run the same consumer. Run one per data plane, so that one plane's trouble stays its own.
//   cannot be decoded, or forged     set aside at once (ParkedRecords::ListRejected), others flow
//   the handler fails                its key is set aside in order, tried again by retry_waits, then parked
//   PostgreSQL or Kafka is away      waits with back-off; nothing is counted as a failure
class InboxConsumer {
 public:
  InboxConsumer(InboxOptions options, InboxPorts ports, EventHandler& handler);
  ~InboxConsumer();

  // Works until `stop`, then returns OK. Another status is a fatal error of Kafka's: end the process.
  absl::Status Run(clock::StopSignal& stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::bus
