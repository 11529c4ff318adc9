#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sluice::satellite {

// 0 in any of them: no limit of ours.
struct TenantLimits {
  int64_t ingress_bytes_per_second = 0;
  int64_t egress_bytes_per_second = 0;
  int32_t request_percent = 0;  // of one broker's request threads
  int32_t controller_mutations_per_second = 0;
  int32_t partitions = 0;  // before replication
};

struct TenantKey {
  std::string uid;
  std::string username;
  bool deleted = false;
};

// "This shall be so", see TopicWish in proto/sluice/provisioner/v1/desired.proto.
struct TenantTopicWish {
  enum class Verb { kEnsure, kRemove };

  std::string id;
  Verb verb = Verb::kEnsure;
  std::string topic;  // without the prefix
  int32_t partitions = 0;
  std::map<std::string, std::string> configs;
  bool must_create = false;
};

// What the control plane wants of one logical cluster.
struct TenantWish {
  std::string logical_cluster;  // lkc-…
  std::string prefix;           // "lkc-….", or "" when the physical cluster is its own
  TenantLimits limits;
  std::vector<TenantKey> keys;
  std::vector<TenantTopicWish> topic_wishes;
  bool suspended = false;
  bool deleted = false;
};

// What has become of a topic wish; kept on disk, written before the act, so that it is never done twice.
struct WishRecord {
  bool attempted = false;  // the topic was seen not to exist, and then its creation was begun
  bool done = false;
  std::string error_reason;  // not done, and it never will be
  std::string error_message;

  bool open() const { return !done && error_reason.empty(); }

  friend bool operator==(const WishRecord&, const WishRecord&) = default;
};

// By wish id.
using WishJournal = std::map<std::string, WishRecord>;

}  // namespace sluice::satellite
