#include "libs/planner/snapshot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::planner {
namespace {

absl::Status Invalid(std::string message, std::string field, std::string remedy) {
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   {.reason = "INVALID_SNAPSHOT", .field = std::move(field), .remedy = std::move(remedy)});
}

// Beyond any disk (10^15 MB is a zettabyte) or link, and far from where squares of floats overflow.
constexpr double kMostAmount = 1e15;
constexpr double kLeastCapacity = 1e-3;

bool IsAmount(double value) { return value >= 0 && value <= kMostAmount; }
bool IsCapacity(double value) { return value >= kLeastCapacity && value <= kMostAmount; }

absl::Status CheckLogDirs(const Broker& broker, const std::string& field) {
  if (broker.log_dirs.size() > std::numeric_limits<uint8_t>::max()) {
    return Invalid(absl::StrCat("broker ", broker.id, " has more than 255 log dirs"), field + ".log_dirs",
                   "Give those that hold replicas.");
  }
  for (size_t i = 0; i < broker.log_dirs.size(); ++i) {
    const LogDir& dir = broker.log_dirs[i];
    const std::string place = absl::StrCat(field, ".log_dirs[", i, "]");
    if (!IsCapacity(dir.capacity_mb)) {
      return Invalid(absl::StrCat("log dir ", dir.path, " of broker ", broker.id, " has no capacity"),
                     place + ".capacity_mb", "Give a number above 0.");
    }
    if (!IsAmount(dir.reserved_mb)) {
      return Invalid(absl::StrCat("log dir ", dir.path, " of broker ", broker.id, " reserves what is no amount"),
                     place + ".reserved_mb", "Give 0 or more.");
    }
  }
  return absl::OkStatus();
}

std::string NameOf(const Snapshot& snapshot, int32_t topic, int32_t number) {
  return absl::StrCat(snapshot.topics[topic], "-", number);
}

std::string FieldOf(const std::string& partition) { return absl::StrCat("partitions[", partition, "]"); }

}  // namespace

double Snapshot::LogDirLimit(size_t broker, size_t log_dir) const {
  const Broker& facts = brokers[broker];
  if (facts.log_dirs.empty()) return LimitOf(broker, kDisk);
  return facts.log_dirs[log_dir].capacity_mb * limits[kDisk] - facts.log_dirs[log_dir].reserved_mb;
}

bool Snapshot::HasSource(size_t partition) const {
  for (size_t slot = first_replica[partition]; slot < first_replica[partition + 1]; ++slot) {
    if (InSync(slot)) return true;
  }
  return false;
}

absl::Status SnapshotBuilder::AddBroker(Broker broker) {
  const std::string field = absl::StrCat("brokers[", broker.id, "]");
  if (snapshot_.brokers.size() >= std::numeric_limits<uint16_t>::max()) {
    return Invalid("more than 65535 brokers", "brokers", "Plan for a part of the cluster.");
  }
  if (snapshot_.partitions() > 0) {
    return Invalid(absl::StrCat("broker ", broker.id, " comes after partitions"), field, "Give all brokers first.");
  }
  RETURN_IF_ERROR(CheckLogDirs(broker, field));
  double sum = 0, reserved = 0;
  for (const LogDir& dir : broker.log_dirs) sum += dir.capacity_mb, reserved += dir.reserved_mb;
  if (broker.capacity[kDisk] == 0) broker.capacity[kDisk] = sum;
  if (broker.reserved[kDisk] == 0) broker.reserved[kDisk] = reserved;
  for (int resource = 0; resource < kResources; ++resource) {
    if (!IsCapacity(broker.capacity[resource])) {
      return Invalid(absl::StrCat("broker ", broker.id, " has no capacity for ", kResourceNames[resource]),
                     absl::StrCat(field, ".capacity.", kResourceNames[resource]), "Give a number above 0.");
    }
    if (!IsAmount(broker.reserved[resource])) {
      return Invalid(absl::StrCat("broker ", broker.id, " reserves what is no amount of ", kResourceNames[resource]),
                     absl::StrCat(field, ".reserved.", kResourceNames[resource]), "Give 0 or more.");
    }
  }
  if (!broker_index_.emplace(broker.id, snapshot_.brokers.size()).second) {
    return Invalid(absl::StrCat("broker ", broker.id, " is there twice"), field, "Give each broker once.");
  }
  several_log_dirs_ |= broker.log_dirs.size() > 1;
  snapshot_.brokers.push_back(std::move(broker));
  return absl::OkStatus();
}

int32_t SnapshotBuilder::AddTopic(std::string name, bool excluded) {
  snapshot_.topics.push_back(std::move(name));
  topic_excluded_.push_back(excluded);
  return static_cast<int32_t>(snapshot_.topics.size()) - 1;
}

absl::Status SnapshotBuilder::CheckReplicas(const PartitionFacts& facts) const {
  // Built only when something is wrong: this runs once for each of a million partitions.
  auto name = [&] { return NameOf(snapshot_, facts.topic, facts.partition); };
  auto refuse = [&](std::string what, std::string remedy) {
    return Invalid(absl::StrCat(name(), what), absl::StrCat(FieldOf(name()), ".replicas"), std::move(remedy));
  };
  if (facts.replicas.empty()) return refuse(" has no replicas", "Leave it out, or repair it first.");
  if (!facts.replica_facts.empty() && facts.replica_facts.size() != facts.replicas.size()) {
    return refuse(" has not as many states as replicas", "Give one for each replica, or none.");
  }
  for (size_t i = 0; i < facts.replicas.size(); ++i) {
    const int32_t id = facts.replicas[i];
    const auto found = broker_index_.find(id);
    if (found == broker_index_.end()) {
      return refuse(absl::StrCat(" has a replica on broker ", id, ", which is not listed"),
                    "List the broker, as DEAD if it is gone.");
    }
    if (std::find(facts.replicas.begin(), facts.replicas.begin() + i, id) != facts.replicas.begin() + i) {
      return refuse(absl::StrCat(" has two replicas on broker ", id), "Name each broker once.");
    }
    if (facts.replica_facts.empty()) continue;
    const int32_t dir = facts.replica_facts[i].log_dir;
    if (dir < 0 || static_cast<size_t>(dir) >= snapshot_.LogDirsOf(found->second)) {
      return refuse(
          absl::StrCat(" is in log dir ", dir, " of broker ", id, ", which has ", snapshot_.LogDirsOf(found->second)),
          "List the broker's log dirs.");
    }
  }
  return absl::OkStatus();
}

absl::Status SnapshotBuilder::CheckLoads(const PartitionFacts& facts) const {
  auto refuse = [&](std::string what, std::string member, std::string remedy) {
    const std::string name = NameOf(snapshot_, facts.topic, facts.partition);
    return Invalid(absl::StrCat(name, what), absl::StrCat(FieldOf(name), member), std::move(remedy));
  };
  for (int resource = 0; resource < kResources; ++resource) {
    const bool leader_is_fine = IsAmount(facts.leader_load[resource]);
    if (leader_is_fine && IsAmount(facts.follower_load[resource])) continue;
    return refuse(absl::StrCat(" has a negative or missing load for ", kResourceNames[resource]),
                  absl::StrCat(leader_is_fine ? ".follower_load." : ".leader_load.", kResourceNames[resource]),
                  "Give 0 or more.");
  }
  for (const ReplicaFacts& replica : facts.replica_facts) {
    if (replica.size_mb < 0 || IsAmount(replica.size_mb)) continue;
    return refuse(" has a replica of no size", ".replicas", "Give MB, or leave it out.");
  }
  if (facts.min_in_sync < 1 || facts.min_in_sync > std::numeric_limits<uint8_t>::max()) {
    return refuse(absl::StrCat(" has a min ISR of ", facts.min_in_sync), ".min_in_sync", "Give 1 or more.");
  }
  return absl::OkStatus();
}

void SnapshotBuilder::AddReplicas(const PartitionFacts& facts) {
  const size_t first = snapshot_.replicas.size();
  for (size_t i = 0; i < facts.replicas.size(); ++i) {
    const uint16_t broker = broker_index_.find(facts.replicas[i])->second;
    const ReplicaFacts replica = facts.replica_facts.empty() ? ReplicaFacts{} : facts.replica_facts[i];
    snapshot_.replicas.push_back(broker);
    if (several_log_dirs_) snapshot_.log_dir_of.push_back(replica.log_dir);
    snapshot_.out_of_sync.push_back(!replica.in_sync);
    all_in_sync_ &= replica.in_sync;
  }
  // The controller hands leadership of a dead broker over at once; a snapshot may be older than that.
  if (snapshot_.brokers[snapshot_.replicas[first]].state != BrokerState::kDead) return;
  for (size_t slot = first; slot < snapshot_.replicas.size(); ++slot) {
    if (!snapshot_.InSync(slot)) continue;
    std::swap(snapshot_.replicas[first], snapshot_.replicas[slot]);
    if (several_log_dirs_) std::swap(snapshot_.log_dir_of[first], snapshot_.log_dir_of[slot]);
    const bool out = snapshot_.out_of_sync[first];
    snapshot_.out_of_sync[first] = false;
    snapshot_.out_of_sync[slot] = out;
    return;
  }
}

absl::Status SnapshotBuilder::AddPartition(const PartitionFacts& facts) {
  const size_t topics = snapshot_.topics.size();
  if (facts.topic < 0 || static_cast<size_t>(facts.topic) >= topics) {
    return Invalid(absl::StrCat("a partition names topic ", facts.topic, " of ", topics), "partitions",
                   "List the topic, or leave the partition out.");
  }
  if (facts.partition < 0) {
    return Invalid(absl::StrCat("a partition of ", snapshot_.topics[facts.topic], " has the number ", facts.partition),
                   "partitions", "Give 0 or more.");
  }
  RETURN_IF_ERROR(CheckReplicas(facts));
  RETURN_IF_ERROR(CheckLoads(facts));
  AddReplicas(facts);
  if (snapshot_.first_replica.empty()) snapshot_.first_replica.push_back(0);
  snapshot_.first_replica.push_back(snapshot_.replicas.size());
  snapshot_.topic_of.push_back(facts.topic);
  snapshot_.number_of.push_back(facts.partition);
  snapshot_.min_in_sync.push_back(facts.min_in_sync);
  const size_t partition = snapshot_.partitions() - 1;
  bool pinned = facts.pinned || topic_excluded_[facts.topic] || !snapshot_.HasSource(partition);
  for (size_t slot = snapshot_.first_replica[partition]; slot < snapshot_.replicas.size(); ++slot) {
    pinned |= snapshot_.out_of_sync[slot] && snapshot_.brokers[snapshot_.replicas[slot]].state != BrokerState::kDead;
  }
  snapshot_.pinned.push_back(pinned);
  std::array<float, kResources> leader, follower;
  std::copy(facts.leader_load.begin(), facts.leader_load.end(), leader.begin());
  std::copy(facts.follower_load.begin(), facts.follower_load.end(), follower.begin());
  for (const ReplicaFacts& replica : facts.replica_facts) {
    for (auto* load : {&leader, &follower}) (*load)[kDisk] = std::max<float>((*load)[kDisk], replica.size_mb);
  }
  snapshot_.leader_load.push_back(leader);
  snapshot_.follower_load.push_back(follower);
  return absl::OkStatus();
}

absl::Status SnapshotBuilder::SetLimits(const ResourceVector& limits) {
  for (int resource = 0; resource < kResources; ++resource) {
    if (!(limits[resource] > 0 && limits[resource] <= 1)) {
      return Invalid(absl::StrCat("the limit for ", kResourceNames[resource], " is ", limits[resource]),
                     absl::StrCat("capacity_threshold.", kResourceNames[resource]), "Give a share above 0, up to 1.");
    }
  }
  snapshot_.limits = limits;
  return absl::OkStatus();
}

void SnapshotBuilder::Reserve(size_t partitions, size_t replicas) {
  snapshot_.topic_of.reserve(partitions);
  snapshot_.number_of.reserve(partitions);
  snapshot_.first_replica.reserve(partitions + 1);
  snapshot_.leader_load.reserve(partitions);
  snapshot_.follower_load.reserve(partitions);
  snapshot_.pinned.reserve(partitions);
  snapshot_.min_in_sync.reserve(partitions);
  snapshot_.replicas.reserve(replicas);
}

absl::Status SnapshotBuilder::FindDuplicates() const {
  absl::flat_hash_set<std::string> names;
  for (const std::string& topic : snapshot_.topics) {
    if (!names.insert(topic).second) {
      return Invalid(absl::StrCat("topic ", topic, " is there twice"), "topics", "List each topic once.");
    }
  }
  std::vector<uint64_t> keys;
  keys.reserve(snapshot_.partitions());
  for (size_t p = 0; p < snapshot_.partitions(); ++p) {
    keys.push_back(static_cast<uint64_t>(snapshot_.topic_of[p]) << 32 | static_cast<uint32_t>(snapshot_.number_of[p]));
  }
  if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice == keys.end()) return absl::OkStatus();
  const std::string name = NameOf(snapshot_, *twice >> 32, static_cast<int32_t>(*twice));
  return Invalid(absl::StrCat(name, " is there twice"), FieldOf(name), "List each partition once.");
}

absl::StatusOr<Snapshot> SnapshotBuilder::Build() && {
  if (std::none_of(snapshot_.brokers.begin(), snapshot_.brokers.end(),
                   [](const Broker& broker) { return broker.stays(); })) {
    return Invalid("no broker stays", "brokers", "Keep at least one broker ALIVE or NEW.");
  }
  RETURN_IF_ERROR(FindDuplicates());
  if (snapshot_.first_replica.empty()) snapshot_.first_replica.push_back(0);
  if (all_in_sync_) snapshot_.out_of_sync = {};
  return std::move(snapshot_);
}

}  // namespace sluice::planner
