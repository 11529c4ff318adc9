#include "services/satellite/adapters/kafka_probe/health_sample.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/satellite/adapters/kafka_probe/call_budget.h"

namespace sluice::satellite {
namespace {

using kafka_admin::AdminClient;
using kafka_admin::ConfigEntry;

constexpr char kMinInSync[] = "min.insync.replicas";
constexpr char kLeaderReplicas[] = "leader.replication.throttled.replicas";
constexpr char kFollowerReplicas[] = "follower.replication.throttled.replicas";
constexpr char kLeaderRate[] = "leader.replication.throttled.rate";
constexpr char kFollowerRate[] = "follower.replication.throttled.rate";
constexpr char kCordoned[] = "cordoned.log.dirs";
// Each broker is asked itself: one that hangs must not use up the time of the whole look.
constexpr absl::Duration kBrokerSettings = absl::Seconds(2);

struct TopicFacts {
  std::optional<int32_t> min_in_sync;
  op::TopicThrottle throttle;
};

absl::StatusOr<std::map<std::string, TopicFacts>> TopicsFacts(AdminClient& admin,
                                                              const std::vector<std::string>& topics,
                                                              const CallBudget& budget) {
  std::vector<kafka_admin::ConfigResource> resources;
  for (const std::string& topic : topics) resources.push_back({kafka_admin::ConfigResourceType::kTopic, topic});
  std::map<std::string, TopicFacts> facts;
  if (resources.empty()) return facts;
  ASSIGN_OR_RETURN(const auto described,
                   admin.DescribeConfigs(resources, {kMinInSync, kLeaderReplicas, kFollowerReplicas}, budget.Left()));
  for (const kafka_admin::ConfigDescription& topic : described) {
    RETURN_IF_ERROR(topic.status);
    TopicFacts& one = facts[topic.resource.name];
    for (const ConfigEntry& entry : topic.entries) {
      int32_t value = 0;
      if (!entry.value) continue;
      if (entry.name == kMinInSync && absl::SimpleAtoi(*entry.value, &value)) one.min_in_sync = value;
      if (entry.name == kLeaderReplicas) one.throttle.leader = *entry.value;
      if (entry.name == kFollowerReplicas) one.throttle.follower = *entry.value;
    }
  }
  return facts;
}

absl::Status AddPartitions(AdminClient& admin, const CallBudget& budget, op::KafkaHealth& health) {
  // In this order: what ends in between is shown as moving once more, and not with replicas that nobody wished.
  ASSIGN_OR_RETURN(const auto moving, admin.ListReassignments(std::nullopt, budget.Left()));
  ASSIGN_OR_RETURN(const auto topics, admin.DescribeTopics(std::nullopt, budget.Left()));
  std::map<kafka_admin::TopicPartition, const kafka_admin::OngoingReassignment*> reassigning;
  for (const kafka_admin::OngoingReassignment& one : moving) reassigning[one.partition] = &one;
  std::vector<std::string> names;
  for (const kafka_admin::TopicDescription& topic : topics) {
    RETURN_IF_ERROR(topic.status);
    names.push_back(topic.name);
  }
  ASSIGN_OR_RETURN(const auto facts, TopicsFacts(admin, names, budget));
  std::vector<op::PartitionHealth> partitions;
  for (const kafka_admin::TopicDescription& topic : topics) {
    const auto found = facts.find(topic.name);
    if (found == facts.end() || !found->second.min_in_sync) {
      return absl::UnavailableError(absl::StrCat("min ISR of ", topic.name, " is unknown"));
    }
    if (found->second.throttle != op::TopicThrottle()) health.throttled_topics[topic.name] = found->second.throttle;
    for (const kafka_admin::PartitionDescription& p : topic.partitions) {
      op::PartitionHealth one{.topic = topic.name,
                              .partition = p.id,
                              .leader = p.leader,
                              .replicas = p.replicas,
                              .in_sync = p.isr,
                              .min_in_sync = *found->second.min_in_sync};
      if (const auto move = reassigning.find({topic.name, p.id}); move != reassigning.end()) {
        one.reassigning = true;
        // The controller's word: the broker that described the topic may be a moment behind.
        one.replicas = move->second->replicas;
        one.adding = move->second->adding;
        one.removing = move->second->removing;
      }
      partitions.push_back(std::move(one));
    }
  }
  health.partitions = std::move(partitions);
  return absl::OkStatus();
}

void AddSettings(AdminClient& admin, const CallBudget& budget, op::KafkaHealth& health) {
  std::vector<kafka_admin::ConfigResource> resources;
  for (int32_t broker : health.registered_brokers) {
    if (health.fenced_brokers.contains(broker)) continue;
    resources.push_back({kafka_admin::ConfigResourceType::kBroker, std::to_string(broker)});
  }
  const auto described =
      admin.DescribeConfigs(resources, {kLeaderRate, kFollowerRate, kCordoned}, budget.Left(kBrokerSettings));
  if (!described.ok()) return;
  for (const kafka_admin::ConfigDescription& broker : *described) {
    int32_t id = 0;
    if (!broker.status.ok() || !absl::SimpleAtoi(broker.resource.name, &id)) continue;
    op::BrokerSettings& settings = health.broker_settings[id];
    for (const ConfigEntry& entry : broker.entries) {
      if (entry.source != ConfigEntry::Source::kDynamicBroker || !entry.value) continue;
      int64_t rate = 0;
      const bool number = absl::SimpleAtoi(*entry.value, &rate);
      if (entry.name == kLeaderRate && number) settings.leader_rate = rate;
      if (entry.name == kFollowerRate && number) settings.follower_rate = rate;
      if (entry.name == kCordoned) settings.cordoned = !entry.value->empty();
    }
  }
}

void AddQuorum(AdminClient& admin, const CallBudget& budget, op::KafkaHealth& health) {
  const auto quorum = admin.DescribeQuorum(budget.Left());
  if (!quorum.ok()) return;
  health.active_controller = quorum->leader_id;
  std::optional<absl::Time> newest;
  for (const kafka_admin::QuorumReplica& voter : quorum->voters) {
    if (voter.last_fetch_time) newest = std::max(newest.value_or(absl::InfinitePast()), *voter.last_fetch_time);
  }
  for (const kafka_admin::QuorumReplica& voter : quorum->voters) {
    op::VoterHealth seen{voter.id, std::nullopt};
    // Against the leader's own clock, which stamps all of these.
    if (voter.last_caught_up_time && newest) {
      seen.behind = std::max(absl::ZeroDuration(), *newest - *voter.last_caught_up_time);
    }
    health.voters.push_back(seen);
  }
}

}  // namespace

absl::StatusOr<op::KafkaHealth> SampleHealth(AdminClient& admin, const clock::Clock& clock, absl::Duration timeout) {
  const CallBudget budget(clock, timeout);
  op::KafkaHealth health;
  health.sampled_at = clock.MonotonicNow();
  ASSIGN_OR_RETURN(const kafka_admin::ClusterDescription cluster, admin.DescribeCluster(true, budget.Left()));
  for (const kafka_admin::Broker& broker : cluster.brokers) {
    health.registered_brokers.insert(broker.id);
    if (broker.fenced) health.fenced_brokers.insert(broker.id);
  }
  // What is missing stays unset, and whoever needs it refuses.
  (void)AddPartitions(admin, budget, health);
  AddQuorum(admin, budget, health);
  AddSettings(admin, budget, health);
  return health;
}

}  // namespace sluice::satellite
