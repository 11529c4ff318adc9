#include "libs/operator/moves/move_sight.h"

#include <algorithm>

namespace sluice::op {
namespace {

bool Has(const std::vector<int32_t>& ids, int32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

std::vector<int32_t> Without(const std::vector<int32_t>& ids, const std::vector<int32_t>& gone) {
  std::vector<int32_t> left;
  for (int32_t id : ids) {
    if (!Has(gone, id)) left.push_back(id);
  }
  return left;
}

bool SameSet(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  return a.size() == b.size() && Without(a, b).empty() && Without(b, a).empty();
}

// A list that Kafka could take: brokers, each once.
bool Sane(const std::vector<int32_t>& replicas) {
  const std::set<int32_t> distinct(replicas.begin(), replicas.end());
  return !replicas.empty() && distinct.size() == replicas.size() && *distinct.begin() >= 0;
}

}  // namespace

PartitionIndex::PartitionIndex(const std::vector<PartitionHealth>& partitions) {
  for (const PartitionHealth& partition : partitions) by_name_[{partition.topic, partition.partition}] = &partition;
}

const PartitionHealth* PartitionIndex::Find(const PartitionId& id) const {
  const auto found = by_name_.find({id.topic, id.partition});
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<int32_t> MoveSight::Adding() const { return Without(wish->after, wish->before); }

std::set<int32_t> MoveSight::Busies() const {
  const std::vector<int32_t> adding = Adding();
  std::set<int32_t> brokers(adding.begin(), adding.end());
  if (!adding.empty() && partition != nullptr && partition->leader >= 0) brokers.insert(partition->leader);
  return brokers;
}

MoveSight LookAtMove(const MoveWish& wish, const PartitionIndex& partitions, const std::set<int32_t>& live) {
  MoveSight sight{.wish = &wish};
  sight.partition = partitions.Find(wish.partition);
  if (sight.partition == nullptr || !Sane(wish.after)) return sight;
  const PartitionHealth& seen = *sight.partition;
  if (seen.reassigning) {
    const bool ours = SameSet(Without(seen.replicas, seen.removing), wish.after);
    sight.state = ours ? MoveState::kMoving : MoveState::kForeign;
    return sight;
  }
  if (!SameSet(seen.replicas, wish.after)) {
    sight.state = SameSet(seen.replicas, wish.before) ? MoveState::kToBegin : MoveState::kSkipped;
    return sight;
  }
  const int32_t leader = wish.after.front();
  sight.needs_order = seen.replicas != wish.after;
  const bool led = seen.leader == leader || !live.contains(leader);
  sight.needs_leader = !led && !sight.needs_order && Has(seen.in_sync, leader);
  sight.state = led && !sight.needs_order ? MoveState::kDone : MoveState::kToFinish;
  return sight;
}

}  // namespace sluice::op
