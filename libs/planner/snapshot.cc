#include "libs/planner/snapshot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::planner {
namespace {

absl::Status Invalid(std::string message, std::string field, std::string remedy) {
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   {.reason = "INVALID_SNAPSHOT", .field = std::move(field), .remedy = std::move(remedy)});
}

bool IsAmount(double value) { return std::isfinite(value) && value >= 0; }

}  // namespace

absl::Status SnapshotBuilder::AddBroker(Broker broker) {
  const std::string field = absl::StrCat("brokers[", broker.id, "]");
  if (snapshot_.brokers.size() >= std::numeric_limits<uint16_t>::max()) {
    return Invalid("more than 65535 brokers", "brokers", "Plan for a part of the cluster.");
  }
  for (int resource = 0; resource < kResources; ++resource) {
    const double capacity = broker.capacity[resource];
    if (!std::isfinite(capacity) || capacity <= 0) {
      return Invalid(absl::StrCat("broker ", broker.id, " has no capacity for ", kResourceNames[resource]),
                     absl::StrCat(field, ".capacity.", kResourceNames[resource]), "Give a number above 0.");
    }
  }
  if (!broker_index_.emplace(broker.id, snapshot_.brokers.size()).second) {
    return Invalid(absl::StrCat("broker ", broker.id, " is there twice"), field, "Give each broker once.");
  }
  snapshot_.brokers.push_back(std::move(broker));
  return absl::OkStatus();
}

int32_t SnapshotBuilder::AddTopic(std::string name) {
  snapshot_.topics.push_back(std::move(name));
  return static_cast<int32_t>(snapshot_.topics.size()) - 1;
}

absl::Status SnapshotBuilder::AddPartition(const PartitionFacts& facts) {
  const size_t topics = snapshot_.topics.size();
  if (facts.topic < 0 || static_cast<size_t>(facts.topic) >= topics) {
    return Invalid(absl::StrCat("a partition names topic ", facts.topic, " of ", topics), "partitions",
                   "List the topic, or leave the partition out.");
  }
  // Built only when something is wrong: this runs once for each of a million partitions.
  auto name = [&] { return absl::StrCat(snapshot_.topics[facts.topic], "-", facts.partition); };
  auto field = [&] { return absl::StrCat("partitions[", name(), "]"); };
  if (facts.replicas.empty()) {
    return Invalid(absl::StrCat(name(), " has no replicas"), field(), "Leave it out, or repair it first.");
  }
  for (size_t i = 0; i < facts.replicas.size(); ++i) {
    auto found = broker_index_.find(facts.replicas[i]);
    if (found == broker_index_.end()) {
      return Invalid(absl::StrCat(name(), " has a replica on broker ", facts.replicas[i], ", which is not listed"),
                     field(), "List the broker, as DEAD if it is gone.");
    }
    if (std::find(facts.replicas.begin(), facts.replicas.begin() + i, facts.replicas[i]) !=
        facts.replicas.begin() + i) {
      return Invalid(absl::StrCat(name(), " has two replicas on broker ", facts.replicas[i]), field(),
                     "Name each broker once.");
    }
    snapshot_.replicas.push_back(found->second);
  }
  for (int resource = 0; resource < kResources; ++resource) {
    if (!IsAmount(facts.leader_load[resource]) || !IsAmount(facts.follower_load[resource])) {
      return Invalid(absl::StrCat(name(), " has a negative or missing load for ", kResourceNames[resource]), field(),
                     "Give 0 or more.");
    }
  }
  if (snapshot_.first_replica.empty()) snapshot_.first_replica.push_back(0);
  snapshot_.first_replica.push_back(snapshot_.replicas.size());
  snapshot_.topic_of.push_back(facts.topic);
  snapshot_.number_of.push_back(facts.partition);
  snapshot_.pinned.push_back(facts.pinned);
  std::array<float, kResources> leader, follower;
  std::copy(facts.leader_load.begin(), facts.leader_load.end(), leader.begin());
  std::copy(facts.follower_load.begin(), facts.follower_load.end(), follower.begin());
  snapshot_.leader_load.push_back(leader);
  snapshot_.follower_load.push_back(follower);
  if (facts.replicas.size() > most_replicas_) {
    most_replicas_ = facts.replicas.size();
    most_replicated_ = snapshot_.partitions() - 1;
  }
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
  snapshot_.replicas.reserve(replicas);
}

absl::StatusOr<Snapshot> SnapshotBuilder::Build() && {
  const size_t staying = std::count_if(snapshot_.brokers.begin(), snapshot_.brokers.end(),
                                       [](const Broker& broker) { return broker.stays(); });
  if (staying == 0) {
    return Invalid("no broker stays", "brokers", "Keep at least one broker ALIVE or NEW.");
  }
  if (most_replicas_ > staying) {
    return Invalid(
        absl::StrCat(snapshot_.topics[snapshot_.topic_of[most_replicated_]], "-", snapshot_.number_of[most_replicated_],
                     " has ", most_replicas_, " replicas but only ", staying, " brokers stay"),
        "brokers", "Keep more brokers, or lower the topic's replication factor first.");
  }
  if (snapshot_.first_replica.empty()) snapshot_.first_replica.push_back(0);
  return std::move(snapshot_);
}

}  // namespace sluice::planner
