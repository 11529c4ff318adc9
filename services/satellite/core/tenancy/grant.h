#pragma once

#include <compare>
#include <set>
#include <string>
#include <string_view>

namespace sluice::satellite {

// One line of a tenant's rights; the principal is always its logical cluster, the host always any.
struct Grant {
  enum class Resource { kTopic, kGroup, kTransactionalId, kCluster };
  enum class Operation { kAll, kRead, kWrite, kCreate, kDelete, kAlter, kDescribe, kDescribeConfigs, kAlterConfigs };

  Resource resource = Resource::kTopic;
  std::string name;
  bool prefixed = false;
  Operation operation = Operation::kAll;
  bool deny = false;

  friend auto operator<=>(const Grant&, const Grant&) = default;
};

// What a tenant may do. With a prefix: everything below it. Without (the physical cluster is its own): everything on
// topics, groups and transactional ids but to change Kafka's internal topics, and to describe the cluster.
// While creation is withdrawn: nothing that adds partitions, which is CREATE and, for CreatePartitions, ALTER. An
// idempotent producer needs no right on the cluster: WRITE on a topic is enough since Kafka 3.0 (KIP-679).
std::set<Grant> WantedGrants(std::string_view prefix, bool creation_withdrawn);

}  // namespace sluice::satellite
