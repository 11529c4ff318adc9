#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/admin_client.h"
#include "libs/operator/moves/rebalance_machine.h"

namespace sluice::satellite {

// What a rebalance and a shrink ask of Kafka. All of it may be asked again.
class KafkaMoves {
 public:
  KafkaMoves(kafka_admin::AdminClient& admin, absl::Duration timeout) : admin_(admin), timeout_(timeout) {}

  // OK once all of it is in force. A topic that is gone needs no throttle.
  absl::Status SetThrottle(const op::Throttle& change);
  // Gives those that Kafka will never do: an unknown broker, a topic that is gone. An error: try again.
  absl::StatusOr<std::set<op::PartitionId>> Assign(const std::vector<op::NewReplicas>& moves);
  // What does not move any more is fine; what cannot go back goes on.
  absl::Status Cancel(const std::vector<op::PartitionId>& partitions);
  // To the first replica of each, which Kafka gives the leadership only while it is in sync.
  absl::Status Elect(const std::vector<op::PartitionId>& partitions);
  // Bytes that have arrived on the brokers named. What cannot be asked is absent.
  std::map<op::PartitionId, int64_t> Arrived(const std::vector<op::NewReplicas>& copying);

  absl::Status SetCordoned(int32_t broker, bool cordoned);
  // Fine when it is not registered.
  absl::Status Unregister(int32_t broker);

 private:
  kafka_admin::AdminClient& admin_;
  const absl::Duration timeout_;
};

}  // namespace sluice::satellite
