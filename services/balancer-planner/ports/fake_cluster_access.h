#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "libs/base/error.h"
#include "services/balancer-planner/ports/cluster_access.h"

namespace sluice::balancer_planner {

// Keys and rights that a test gives. Thread-safe.
class FakeClusterAccess final : public ClusterAccess {
 public:
  void AddKey(const std::string& bearer, const std::string& organization) {
    std::lock_guard lock(mutex_);
    keys_[bearer] = organization;
  }
  void AddCluster(const AllowedCluster& cluster) {
    std::lock_guard lock(mutex_);
    clusters_[cluster.name] = cluster;
  }
  void Grant(const std::string& bearer, const std::string& cluster, Right right) {
    std::lock_guard lock(mutex_);
    rights_.insert({bearer, cluster, right});
  }
  void RemoveCluster(const std::string& name) {
    std::lock_guard lock(mutex_);
    clusters_.erase(name);
  }

  absl::StatusOr<Caller> WhoIs(const std::string& bearer, absl::Time) override {
    std::lock_guard lock(mutex_);
    const auto found = keys_.find(bearer);
    if (found == keys_.end()) {
      return MakeError(absl::StatusCode::kUnauthenticated, "the key is not valid", {.reason = "KEY_INVALID"});
    }
    return Caller{.bearer = bearer, .principal = "apiKeys/" + bearer, .organization = found->second};
  }

  absl::StatusOr<AllowedCluster> Allow(const Caller& caller, const std::string& cluster, Right right,
                                       absl::Time) override {
    std::lock_guard lock(mutex_);
    const auto found = clusters_.find(cluster);
    if (found == clusters_.end() || !rights_.contains({caller.bearer, cluster, Right::kView})) {
      return MakeError(absl::StatusCode::kNotFound, cluster + " does not exist", {.reason = "RESOURCE_NOT_FOUND"});
    }
    if (!rights_.contains({caller.bearer, cluster, right})) {
      return MakeError(absl::StatusCode::kPermissionDenied, "too weak", {.reason = "ROLE_TOO_WEAK"});
    }
    return found->second;
  }

 private:
  struct Given {
    std::string bearer, cluster;
    Right right;
    friend auto operator<=>(const Given&, const Given&) = default;
  };
  std::mutex mutex_;
  std::map<std::string, std::string> keys_;
  std::map<std::string, AllowedCluster> clusters_;
  std::set<Given> rights_;
};

}  // namespace sluice::balancer_planner
