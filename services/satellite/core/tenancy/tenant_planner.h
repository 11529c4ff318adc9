#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/satellite/core/tenancy/tenant_seen.h"
#include "services/satellite/core/tenancy/tenant_wish.h"

namespace sluice::satellite {

// What to do to a topic for a wish. The caller writes `attempted` into the journal before a kCreate of a wish that must
// create, and the outcome after each.
struct TopicStep {
  enum class Kind { kCreate, kGrow, kConfigure, kRemove };

  Kind kind = Kind::kCreate;
  std::string wish_id;
  std::string name;        // on the wire
  int32_t partitions = 0;  // kCreate, kGrow: in all
  std::map<std::string, std::string> configs;
  std::string reason;
};

// What has to change, as a whole. An order that keeps every moment safe: rights are added before others are taken, all
// access is taken before data is removed, and `topics_to_remove` and `groups_to_remove` come last.
struct TenantPlan {
  std::set<Grant> grants_to_add;
  std::set<Grant> grants_to_remove;
  std::set<std::string> users_to_make;
  std::set<std::string> users_to_remove;
  std::map<std::string, std::optional<double>> quotas;  // nothing removes one
  std::vector<TopicStep> topic_steps;
  // Wishes that need no act: their record as it shall be kept.
  WishJournal decided;
  std::vector<std::string> topics_to_remove;
  std::vector<std::string> groups_to_remove;
  bool creation_withdrawn = false;
  // Why, for the log: one sentence per kind of change.
  std::vector<std::string> reasons;

  // Nothing is to be changed on the physical cluster.
  bool empty() const;
};

// Partitions over all topics seen.
int32_t PartitionCount(const TenantSeen& seen);

// The difference between what is wished and what is seen of one logical cluster. `seen.topics` must be fresh (no older
// than a few milliseconds) for the topics that open wishes name. Topic wishes are judged in their order, each with the
// partitions of those before it counted against the limit. O(keys + topics + wishes).
TenantPlan PlanTenant(const TenantWish& wish, const TenantSeen& seen, const WishJournal& journal, int brokers);

// Whether the document may be acted on at all: "" when it may, else why not. A prefix is the cluster's own id and a
// dot; without one the physical cluster must not be shared; keys' users are the cluster's own.
std::string RefusalOf(const TenantWish& wish, bool shared_cell);

}  // namespace sluice::satellite
