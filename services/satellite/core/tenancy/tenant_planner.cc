#include "services/satellite/core/tenancy/tenant_planner.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "services/satellite/core/tenancy/quota.h"

namespace sluice::satellite {
namespace {

// Kafka's own rule (org.apache.kafka.common.internals.Topic): 1–249 of these characters, not "." or "..".
constexpr size_t kMaxTopicName = 249;

std::string TopicNameFault(std::string_view name, std::string_view topic) {
  if (topic.empty() || name == "." || name == "..") return "a topic needs a name";
  if (name.size() > kMaxTopicName) return "the topic's name with its prefix is longer than 249 characters";
  for (const char c : name) {
    const bool legal =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!legal) return "a topic's name holds letters, digits, '.', '_' and '-' only";
  }
  return "";
}

template <typename T>
std::set<T> Minus(const std::set<T>& a, const std::set<T>& b) {
  std::set<T> result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(result, result.end()));
  return result;
}

WishRecord Done(WishRecord record) {
  record.done = true;
  return record;
}

WishRecord Failed(WishRecord record, std::string reason, std::string message) {
  record.error_reason = std::move(reason);
  record.error_message = std::move(message);
  return record;
}

// Judges the open topic wishes of one tenant in turn.
class TopicWishPlanner {
 public:
  TopicWishPlanner(const TenantWish& wish, const TenantSeen& seen, const WishJournal& journal, TenantPlan& plan)
      : wish_(wish), journal_(journal), topics_(seen.topics), plan_(plan), partitions_(PartitionCount(seen)) {}

  void Plan() {
    for (const TenantTopicWish& one : wish_.topic_wishes) {
      const auto found = journal_.find(one.id);
      const WishRecord record = found == journal_.end() ? WishRecord{} : found->second;
      if (record.open()) Judge(one, record);
    }
  }
  int32_t partitions() const { return partitions_; }

 private:
  void Judge(const TenantTopicWish& one, const WishRecord& record) {
    const std::string name = wish_.prefix + one.topic;
    // One wish at a time for a topic: the next one is judged by what this one has left.
    if (touched_.contains(name)) return;
    const auto there = topics_.find(name);
    if (one.verb == TenantTopicWish::Verb::kRemove) {
      Remove(one, record, name, there != topics_.end());
    } else if (const std::string fault = TopicNameFault(name, one.topic); !fault.empty()) {
      plan_.decided[one.id] = Failed(record, "TOPIC_NAME_INVALID", fault);
    } else if (there == topics_.end()) {
      Create(one, record, name);
    } else if (one.must_create && !record.attempted) {
      plan_.decided[one.id] = Failed(record, "TOPIC_EXISTS", "a topic of this name exists already");
    } else if (one.must_create) {
      plan_.decided[one.id] = Done(record);
    } else {
      Change(one, record, name, there->second);
    }
  }

  void Remove(const TenantTopicWish& one, const WishRecord& record, const std::string& name, bool there) {
    if (!there) {
      plan_.decided[one.id] = Done(record);
      return;
    }
    touched_.insert(name);
    plan_.topic_steps.push_back({TopicStep::Kind::kRemove, one.id, name, 0, {}, "wished gone"});
    partitions_ -= topics_.at(name).partitions;
  }

  void Create(const TenantTopicWish& one, const WishRecord& record, const std::string& name) {
    const int32_t partitions = std::max(1, one.partitions);
    if (OverLimit(partitions)) {
      plan_.decided[one.id] = LimitReached(record, partitions);
      return;
    }
    touched_.insert(name);
    plan_.topic_steps.push_back(
        {TopicStep::Kind::kCreate, one.id, name, partitions, one.configs, "wished, and not there"});
    partitions_ += partitions;
  }

  void Change(const TenantTopicWish& one, const WishRecord& record, const std::string& name, const SeenTopic& there) {
    bool acts = false;
    if (one.partitions > there.partitions) {
      const int32_t more = one.partitions - there.partitions;
      if (OverLimit(more)) {
        plan_.decided[one.id] = LimitReached(record, more);
        return;
      }
      plan_.topic_steps.push_back({TopicStep::Kind::kGrow, one.id, name, one.partitions, {}, "more partitions wished"});
      partitions_ += more;
      acts = true;
    }
    const bool differs = std::any_of(one.configs.begin(), one.configs.end(), [&](const auto& entry) {
      const auto set = there.configs.find(entry.first);
      return set == there.configs.end() || set->second != entry.second;
    });
    if (differs) {
      plan_.topic_steps.push_back({TopicStep::Kind::kConfigure, one.id, name, 0, one.configs, "other configs wished"});
      acts = true;
    }
    if (acts) {
      touched_.insert(name);
    } else {
      plan_.decided[one.id] = Done(record);
    }
  }

  bool OverLimit(int32_t more) const {
    return wish_.limits.partitions > 0 && int64_t{partitions_} + more > wish_.limits.partitions;
  }
  WishRecord LimitReached(const WishRecord& record, int32_t more) const {
    return Failed(record, "PARTITION_LIMIT",
                  "the cluster has " + std::to_string(partitions_) + " of " + std::to_string(wish_.limits.partitions) +
                      " partitions, " + std::to_string(more) + " more are too many");
  }

  const TenantWish& wish_;
  const WishJournal& journal_;
  const std::map<std::string, SeenTopic>& topics_;
  TenantPlan& plan_;
  std::set<std::string> touched_;
  int32_t partitions_;
};

void PlanAccess(const TenantWish& wish, const TenantSeen& seen, int brokers, TenantPlan& plan) {
  const bool open = !wish.deleted && !wish.suspended;
  const std::set<Grant> grants = open ? WantedGrants(wish.prefix, plan.creation_withdrawn) : std::set<Grant>{};
  std::set<std::string> users;
  for (const TenantKey& key : wish.keys) {
    if (open && !key.deleted) users.insert(key.username);
  }
  const std::map<std::string, double> quotas =
      wish.deleted ? std::map<std::string, double>{} : WantedQuotas(wish.limits, brokers);

  plan.grants_to_add = Minus(grants, seen.grants);
  plan.grants_to_remove = Minus(seen.grants, grants);
  plan.users_to_make = Minus(users, seen.users);
  plan.users_to_remove = Minus(seen.users, users);
  for (const auto& [key, value] : quotas) {
    const auto set = seen.quotas.find(key);
    if (set == seen.quotas.end() || set->second != value) plan.quotas[key] = value;
  }
  for (const auto& [key, value] : seen.quotas) {
    if (!quotas.contains(key)) plan.quotas[key] = std::nullopt;
  }
}

void Explain(const TenantWish& wish, TenantPlan& plan) {
  const std::string why = wish.deleted ? "deleted" : wish.suspended ? "suspended" : "differs from the wish";
  const auto say = [&](size_t count, const std::string& what) {
    if (count > 0) plan.reasons.push_back(std::to_string(count) + " " + what + ": " + why);
  };
  say(plan.grants_to_add.size(), "rights to give");
  say(plan.grants_to_remove.size(),
      plan.creation_withdrawn ? "rights to take, the partition limit is reached" : "rights to take");
  say(plan.users_to_make.size(), "keys to make");
  say(plan.users_to_remove.size(), "keys to remove");
  say(plan.quotas.size(), "quotas to set");
  for (const TopicStep& step : plan.topic_steps) plan.reasons.push_back("topic " + step.name + ": " + step.reason);
  say(plan.topics_to_remove.size(), "topics to remove");
  say(plan.groups_to_remove.size(), "groups to remove");
}

bool OwnUser(std::string_view user, std::string_view logical_cluster, std::string_view uid) {
  return user.size() == logical_cluster.size() + 1 + uid.size() && user.starts_with(logical_cluster) &&
         user[logical_cluster.size()] == '.' && user.ends_with(uid);
}

}  // namespace

bool TenantPlan::empty() const {
  return grants_to_add.empty() && grants_to_remove.empty() && users_to_make.empty() && users_to_remove.empty() &&
         quotas.empty() && topic_steps.empty() && topics_to_remove.empty() && groups_to_remove.empty();
}

int32_t PartitionCount(const TenantSeen& seen) {
  int32_t count = 0;
  for (const auto& [name, topic] : seen.topics) count += topic.partitions;
  return count;
}

TenantPlan PlanTenant(const TenantWish& wish, const TenantSeen& seen, const WishJournal& journal, int brokers) {
  TenantPlan plan;
  if (!wish.deleted && !wish.suspended) {
    TopicWishPlanner topics(wish, seen, journal, plan);
    topics.Plan();
    plan.creation_withdrawn = wish.limits.partitions > 0 && topics.partitions() >= wish.limits.partitions;
  }
  PlanAccess(wish, seen, brokers, plan);
  // Data goes only when nobody can write any more: what a last request would create would be left behind.
  if (wish.deleted && seen.grants.empty() && seen.users.empty()) {
    for (const auto& [name, topic] : seen.topics) plan.topics_to_remove.push_back(name);
    plan.groups_to_remove.assign(seen.groups.begin(), seen.groups.end());
  }
  Explain(wish, plan);
  return plan;
}

std::string RefusalOf(const TenantWish& wish, bool shared_cell) {
  if (!wish.logical_cluster.starts_with("lkc-")) return "a logical cluster's id begins with lkc-";
  if (wish.prefix.empty() && shared_cell) return "a logical cluster without a prefix cannot be on a shared cell";
  if (!wish.prefix.empty() && wish.prefix != wish.logical_cluster + ".") {
    return "a prefix is the logical cluster's id and a dot";
  }
  for (const TenantKey& key : wish.keys) {
    if (!key.uid.starts_with("key-") || !OwnUser(key.username, wish.logical_cluster, key.uid)) {
      return "the user of " + key.uid + " is not this logical cluster's";
    }
  }
  return "";
}

}  // namespace sluice::satellite
