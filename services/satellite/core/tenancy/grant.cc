#include "services/satellite/core/tenancy/grant.h"

namespace sluice::satellite {

std::set<Grant> WantedGrants(std::string_view prefix, bool creation_withdrawn) {
  using enum Grant::Operation;
  const bool prefixed = !prefix.empty();
  const std::string name = prefixed ? std::string(prefix) : "*";
  std::set<Grant> grants = {
      {Grant::Resource::kGroup, name, prefixed, kAll},
      {Grant::Resource::kTransactionalId, name, prefixed, kAll},
  };
  if (creation_withdrawn) {
    for (const auto operation : {kRead, kWrite, kDelete, kAlterConfigs}) {
      grants.insert({Grant::Resource::kTopic, name, prefixed, operation});
    }
  } else {
    grants.insert({Grant::Resource::kTopic, name, prefixed, kAll});
  }
  if (prefixed) return grants;
  for (const auto operation : {kDescribe, kDescribeConfigs}) {
    grants.insert({Grant::Resource::kCluster, "kafka-cluster", false, operation});
  }
  // A tenant that deletes or rewrites these breaks its own cluster, and the satellite's sight of it.
  for (const char* internal : {"__consumer_offsets", "__transaction_state", "__share_group_state"}) {
    for (const auto operation : {kWrite, kCreate, kDelete, kAlter, kAlterConfigs}) {
      grants.insert({Grant::Resource::kTopic, internal, false, operation, /*deny=*/true});
    }
  }
  return grants;
}

}  // namespace sluice::satellite
