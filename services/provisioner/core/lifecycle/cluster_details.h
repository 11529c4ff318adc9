#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/provisioner/core/lifecycle/operation_machine.h"
#include "services/provisioner/core/model/cluster_family.h"

// Keys, topics and physical clusters: the parts of a cluster that a status tells of besides the cluster itself.
namespace sluice::provisioner {

// --- keys: PROVISIONING ─► READY, FAILED heals; DELETING ─► erased ---

inline constexpr int kMaxKeysPerCluster = 200;

// Adds a key (with its sealed credential) and its operation. ABORTED OPERATION_IN_PROGRESS never: keys do not wait for
// one another. FAILED_PRECONDITION CLUSTER_NOT_READY while it is not placed, CLUSTER_DELETED; RESOURCE_EXHAUSTED
// KEY_LIMIT.
absl::Status CanHaveKey(ClusterFamily& family);
void AddKey(ClusterFamily& family, KafkaKey key, const OperationStart& start);
// ABORTED OPERATION_IN_PROGRESS while its create runs.
absl::Status DeleteKey(ClusterFamily& family, const std::string& key_uid, const OperationStart& start);
void ApplyToKeys(ClusterFamily& family, const SeenLogical& seen, int64_t observed_generation, absl::Time now);
// Keys sealed for another data plane than the cluster is now on can never be ready.
void FailForeignKeys(ClusterFamily& family, absl::Time now);

// --- topics: Kafka owns them; a wish stays in the document until a status confirms or refuses it ---

// At most so many wishes wait at once, so that a document stays small.
inline constexpr int kMaxTopicWishes = 100;

struct TopicChange {
  Verb verb = Verb::kCreate;
  std::string id;
  std::string name;  // resource name
  int32_t partitions = 0;
  std::map<std::string, std::string> configs;
};
// Adds a wish and its operation. FAILED_PRECONDITION CLUSTER_NOT_READY, CLUSTER_DELETED; ABORTED OPERATION_IN_PROGRESS
// while another wish is about that topic; RESOURCE_EXHAUSTED PARTITION_LIMIT, TOO_MANY_WISHES.
absl::Status WishTopic(ClusterFamily& family, const TopicChange& change, const OperationStart& start);
void ApplyToWishes(ClusterFamily& family, const SeenLogical& seen, absl::Time now);
// Gives up all wishes: the cluster goes.
void DropWishes(ClusterFamily& family, absl::Time now);

// --- physical clusters ---

// What a status says of a physical cluster, its own or a cell. REJECTED and GONE are the caller's to act on.
void ApplyToPhysical(PhysicalCluster& physical, const SeenStatus& status);

// Whether `status` is newer than `previous` by (satellite_epoch, sequence).
bool IsNewer(const SeenStatus& status, const SeenStatus& previous);

}  // namespace sluice::provisioner
