#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/operator/cluster_state.h"
#include "libs/operator/physical_spec.h"

namespace sluice::op {

// A moment on the monotonic clock (clock::Clock::MonotonicNow): only differences mean anything.
using Moment = absl::Duration;

// How a node's process ended last.
struct NodeExit {
  Moment at;
  // We stopped it on purpose, so that it counts as no crash.
  bool wanted = false;
  // For people: "exit code 1", "signal 9".
  std::string description;
};

// One node as it is now, on whatever substrate.
struct NodeSeen {
  enum class Process { kNone, kRunning, kStopping };

  int32_t node_id = 0;
  NodeRole role = NodeRole::kBroker;
  Process process = Process::kNone;
  // The process that runs answers: brokers on their internal and client listener, unfenced; controllers listen.
  bool ready = false;
  // Of the process that runs; empty when none does.
  std::string running_digest;
  // What a start now would run: version, static configuration, heap.
  std::string wanted_digest;
  Moment started_at;
  // When the running process was ready first; unset before.
  std::optional<Moment> ready_since;
  // When a graceful stop was asked for; unset when none was.
  std::optional<Moment> stop_asked_at;
  std::optional<NodeExit> last_exit;
  // Unwanted exits without a stable time between them (see restart_policy.h).
  int crashes_in_a_row = 0;
  // 0 to 1, drawn once per exit by the caller: the core has no dice.
  double jitter = 0;
};

struct PartitionHealth {
  std::string topic;
  int32_t partition = 0;
  int32_t leader = -1;
  std::vector<int32_t> replicas;
  std::vector<int32_t> in_sync;
  // Of its topic, as in force.
  int32_t min_in_sync = 1;
  bool reassigning = false;
  // Of the move under way; `replicas` holds both, those to come and those to go.
  std::vector<int32_t> adding;
  std::vector<int32_t> removing;

  std::string Name() const { return topic + "-" + std::to_string(partition); }
};

struct VoterHealth {
  int32_t id = 0;
  // How long ago it had all that the leader had; unset where the leader does not know.
  std::optional<absl::Duration> behind;
};

// What is set for one broker alone, of what we set.
struct BrokerSettings {
  // Replication throttle in bytes per second.
  std::optional<int64_t> leader_rate;
  std::optional<int64_t> follower_rate;
  // No new replica is placed on it.
  bool cordoned = false;
};

// Which replicas of a topic are throttled, as Kafka writes it: "partition:broker,…".
struct TopicThrottle {
  std::string leader;
  std::string follower;

  friend bool operator==(const TopicThrottle&, const TopicThrottle&) = default;
};

// One look at a running cluster through Kafka itself. What could not be learnt is unset, which is not the same as fine.
struct KafkaHealth {
  Moment sampled_at;
  std::set<int32_t> registered_brokers;
  std::set<int32_t> fenced_brokers;
  std::optional<std::vector<PartitionHealth>> partitions;
  // The quorum's leader: the active controller.
  std::optional<int32_t> active_controller;
  std::vector<VoterHealth> voters;
  // Of those brokers that could be asked.
  std::map<int32_t, BrokerSettings> broker_settings;
  // Topics that have a throttle; all of them where `partitions` is set.
  std::map<std::string, TopicThrottle> throttled_topics;
  // Per broker, 0 to 1, with the moment that the load was sampled.
  std::map<int32_t, double> request_handler_idle;
  std::map<int32_t, double> disk_used_fraction;
  std::optional<Moment> load_sampled_at;
};

// What is in force cluster-wide, of the keys that we set.
using DynamicConfigs = std::map<std::string, std::string>;

struct Snapshot {
  Moment now;
  int64_t generation = 0;
  bool deleted = false;
  PhysicalSpec spec;
  // Nodes that exist on the substrate: a folder and ports of their own, running or not.
  std::vector<NodeSeen> nodes;
  // Something of the cluster is left on the substrate, were it an empty folder.
  bool anything_left = false;
  // All of the first wish was ready once.
  bool provisioned = false;
  std::optional<KafkaHealth> health;
  // Unset while unknown.
  std::optional<DynamicConfigs> dynamic_configs;
  // When a healthy node was last stopped by our hand, over all nodes of the cluster.
  std::optional<Moment> last_disruption_at;
  // A rebalance has begun and has not ended: nothing else disruptive is begun.
  bool rebalancing = false;
};

}  // namespace sluice::op
