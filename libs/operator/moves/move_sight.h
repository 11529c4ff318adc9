#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/operator/moves/rebalance_wish.h"
#include "libs/operator/snapshot.h"

namespace sluice::op {

// The partitions of one look, by name; refers to it.
class PartitionIndex {
 public:
  explicit PartitionIndex(const std::vector<PartitionHealth>& partitions);
  // Null: there is no such partition.
  const PartitionHealth* Find(const PartitionId& id) const;

 private:
  std::map<std::pair<std::string_view, int32_t>, const PartitionHealth*> by_name_;
};

enum class MoveState {
  // Its replicas are those before the move.
  kToBegin,
  // Kafka copies it.
  kMoving,
  // Its replicas are there, the order or the leader is not yet.
  kToFinish,
  kDone,
  // Gone, or with other replicas than before or after the move: it is left alone.
  kSkipped,
  // Somebody else moves it elsewhere.
  kForeign,
};

// How far one move is, by what Kafka shows alone: so it is found again after any crash.
struct MoveSight {
  const MoveWish* wish = nullptr;
  MoveState state = MoveState::kSkipped;
  // Null where the partition is gone.
  const PartitionHealth* partition = nullptr;
  // Of kToFinish: what is left to do; neither: its new leader is not in sync yet.
  bool needs_order = false;
  bool needs_leader = false;

  // Replicas that are copied: in `after` and not in `before`.
  std::vector<int32_t> Adding() const;
  // Brokers that the move costs something: where copies arrive, and the leader that sends them.
  std::set<int32_t> Busies() const;
};

// `live`: brokers that serve. A leader that is not live cannot be handed to: the move counts as done without it.
MoveSight LookAtMove(const MoveWish& wish, const PartitionIndex& partitions, const std::set<int32_t>& live);

}  // namespace sluice::op
