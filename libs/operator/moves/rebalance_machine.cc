#include "libs/operator/moves/rebalance_machine.h"

#include <algorithm>
#include <iterator>
#include <type_traits>

#include "absl/strings/str_cat.h"

namespace sluice::op {
namespace {

// One look's worth of thought.
class Decider {
 public:
  Decider(const RebalancePolicy& policy, const RebalanceInput& input) : policy_(policy), in_(input) {
    out_.memory = in_.memory;
    out_.pace = in_.pace;
  }

  RebalanceDecision Run() {
    seen_ = FreshHealth();
    if (in_.wish == nullptr) {
      out_.memory = {};
      if (seen_ != nullptr) out_.under_way = AnyMoves();
    } else {
      Recall();
      if (seen_ == nullptr) {
        HoldBlind();
      } else {
        Look();
        Judge();
      }
      Tell();
    }
    SetThrottle();
    return std::move(out_);
  }

 private:
  using State = RebalanceState;

  // Missing data is not good news.
  const KafkaHealth* FreshHealth() const {
    const KafkaHealth* health = in_.health;
    const bool fresh = health != nullptr && health->partitions && in_.now - health->sampled_at <= policy_.oldest_sample;
    return fresh ? health : nullptr;
  }

  bool AnyMoves() const {
    return std::any_of(seen_->partitions->begin(), seen_->partitions->end(),
                       [](const PartitionHealth& p) { return p.reassigning; });
  }

  RebalanceMemory& Memory() { return out_.memory; }
  bool Ended() const { return out_.memory.ended != State::kNone; }

  void Recall() {
    if (Memory().rebalance != in_.wish->rebalance) Memory() = {.rebalance = in_.wish->rebalance};
    if (Ended() && Memory().ended != State::kDone && in_.wish->generation > Memory().ended_generation) {
      Memory().ended = State::kNone;
    }
    Memory().batches_done = std::max(Memory().batches_done, in_.wish->first_batch);
    if (in_.wish->first_batch > 0) Memory().begun = true;
  }

  void End(State state, std::string reason, std::string message) {
    Memory().ended = state;
    Memory().ended_generation = in_.wish->generation;
    Memory().reason = std::move(reason);
    Memory().message = std::move(message);
  }

  void Hold(State state, std::string reason, std::string message) {
    out_.progress.state = state;
    out_.progress.reason = std::move(reason);
    out_.progress.message = std::move(message);
  }

  void HoldBlind() {
    Hold(State::kRunning, "HEALTH_UNKNOWN", "the cluster's partitions are not known");
    // What was begun may still move.
    out_.under_way = Memory().begun && !Ended();
  }

  size_t Current() const { return static_cast<size_t>(out_.memory.batches_done - in_.wish->first_batch); }

  MoveSight SightOf(const MoveWish& wish, const PartitionIndex& index) const {
    MoveSight sight = LookAtMove(wish, index, in_.live);
    const bool ending = sight.state == MoveState::kSkipped && sight.partition != nullptr;
    if (ending && in_.lately_moving.contains(wish.partition)) sight.state = MoveState::kMoving;
    const bool open = sight.state == MoveState::kToBegin || sight.state == MoveState::kToFinish;
    if (open && in_.refused.contains(wish.partition)) sight.state = MoveState::kSkipped;
    return sight;
  }

  void LookAtBatch(const PartitionIndex& index) {
    batch_.clear();
    if (Current() >= in_.wish->batches.size()) return;
    for (const MoveWish& wish : in_.wish->batches[Current()]) batch_.push_back(SightOf(wish, index));
  }

  static bool Settled(const MoveSight& move) {
    return move.state == MoveState::kDone || move.state == MoveState::kSkipped;
  }

  // The moves of the batch under way, and those of any batch that Kafka copies now.
  void Look() {
    const PartitionIndex index(*seen_->partitions);
    for (size_t i = Current(); i < in_.wish->batches.size(); ++i) {
      for (const MoveWish& wish : in_.wish->batches[i]) {
        MoveSight sight = SightOf(wish, index);
        if (sight.state == MoveState::kMoving) moving_.push_back(sight);
      }
    }
    if (!moving_.empty()) Memory().begun = true;
    LookAtBatch(index);
    if (Memory().begun && !Ended()) GoOn(index);
  }

  // A batch has ended when nothing of it is left to do.
  void GoOn(const PartitionIndex& index) {
    while (Current() < in_.wish->batches.size() && std::all_of(batch_.begin(), batch_.end(), Settled)) {
      for (const MoveSight& move : batch_) Count(move, Memory());
      ++Memory().batches_done;
      LookAtBatch(index);
    }
  }

  template <typename Counts>
  static void Count(const MoveSight& move, Counts& counts) {
    if (move.state == MoveState::kSkipped) ++counts.moves_skipped;
    if (move.state != MoveState::kDone) return;
    ++counts.moves_done;
    counts.bytes_done += move.wish->bytes;
  }

  bool Stale() const { return in_.wish->desired_generation < in_.desired_generation; }
  std::string WhyStale() const {
    return absl::StrCat("it was made for generation ", in_.wish->desired_generation, " of the cluster, which is at ",
                        in_.desired_generation);
  }

  void Judge() {
    const bool all_moved = moving_.empty();
    out_.under_way = AnyMoves();
    if (Ended()) return;
    if (!Memory().begun) {
      if (RefuseAtTheStart()) return;
      // All of it may be done already.
      if (in_.wish->intent == RebalanceWish::Intent::kRun) GoOn(PartitionIndex(*seen_->partitions));
    }
    if (Memory().batches_done >= in_.wish->batches_total && all_moved) return End(State::kDone, "DONE", "");
    if (in_.wish->intent == RebalanceWish::Intent::kCancel) return Cancel(all_moved);
    Finish();
    if (in_.wish->intent == RebalanceWish::Intent::kPause) {
      return Hold(State::kPaused, "PAUSED", all_moved ? "" : "what moves now ends first");
    }
    out_.pace =
        in_.load == nullptr ? out_.pace : NextPace(policy_.pace, out_.pace, in_.load->stress, in_.load->sampled_at);
    if (Stale()) {
      if (all_moved) return End(State::kFailed, "STALE_GENERATION", WhyStale());
      return Hold(State::kRunning, "STALE_GENERATION", WhyStale());
    }
    out_.under_way = out_.under_way || Memory().begun;
    Begin(all_moved);
  }

  bool RefuseAtTheStart() {
    if (in_.wish->intent == RebalanceWish::Intent::kCancel) {
      End(State::kCancelled, "CANCELLED", "before anything was begun");
    } else if (Stale()) {
      End(State::kRefused, "STALE_GENERATION", WhyStale());
    } else if (in_.expired) {
      End(State::kRefused, "EXPIRED", "its time to begin is over");
    } else if (in_.wish->intent == RebalanceWish::Intent::kRun && !StartsFresh().empty() && FreshLoad()) {
      // Known before the first byte: the whole window is looked at.
      const PartitionIndex index(*seen_->partitions);
      std::vector<MoveSight> all;
      for (const auto& batch : in_.wish->batches) {
        for (const MoveWish& wish : batch) all.push_back(SightOf(wish, index));
      }
      if (auto why = WhyTooLow(policy_.throttle, all, Rate(all), in_.load->received)) {
        End(State::kRefused, "THROTTLE_TOO_LOW", *std::move(why));
      }
    }
    return Ended();
  }

  void Cancel(bool all_moved) {
    if (all_moved) return End(State::kCancelled, "CANCELLED", "");
    for (const MoveSight& move : moving_) out_.cancel.push_back(move.wish->partition);
    Hold(State::kCancelling, "CANCELLING", "what moves now goes back to where it was");
  }

  // Order and leader of what has been copied: the end of those moves, whatever is wished now.
  void Finish() {
    for (const MoveSight& move : batch_) {
      if (move.state == MoveState::kToFinish && !move.Adding().empty()) HandOver(move);
    }
  }

  bool HandOver(const MoveSight& move) {
    if (move.needs_order) out_.assign.push_back({move.wish->partition, move.wish->after});
    if (move.needs_leader) out_.elect.push_back(move.wish->partition);
    if (move.needs_order || move.needs_leader) Memory().begun = true;
    return move.needs_order || move.needs_leader;
  }

  // Of the batch under way: copies, and changes of leaders alone.
  std::vector<const MoveSight*> StartsFresh() const {
    std::vector<const MoveSight*> starts;
    for (const MoveSight& move : batch_) {
      const bool leader = move.state == MoveState::kToFinish && move.Adding().empty();
      if (move.state == MoveState::kToBegin || (leader && (move.needs_order || move.needs_leader))) {
        starts.push_back(&move);
      }
    }
    return starts;
  }

  bool FreshLoad() const { return in_.load != nullptr && in_.now - in_.load->sampled_at <= policy_.oldest_sample; }

  int64_t Rate(const std::vector<MoveSight>& moves) const {
    if (in_.wish->throttle_bytes_per_second > 0) return in_.wish->throttle_bytes_per_second;
    double most = 0;
    for (const MoveSight& move : moves) {
      if (in_.load == nullptr || move.Adding().empty()) continue;
      const auto found = in_.load->received.find(move.wish->partition);
      if (found != in_.load->received.end()) most = std::max(most, found->second);
    }
    const int64_t own = OwnThrottle(policy_.throttle, in_.link, most);
    // Not for every little change of the load.
    const int64_t now = ThrottleInForce(*seen_);
    return now >= own * 7 / 10 && now <= own * 3 / 2 ? now : own;
  }

  // Why nothing new is begun, or nothing.
  bool HeldBack() {
    if (in_.paused) {
      Hold(State::kPaused, "CLUSTER_PAUSED", "the cluster is paused");
    } else if (!in_.busy.empty()) {
      Hold(State::kRunning, "OTHER_WORK_FIRST", in_.busy);
    } else if (in_.wish->desired_generation > in_.desired_generation) {
      Hold(State::kRunning, "GENERATION_AHEAD", "the cluster's document that it was made for is not here yet");
    } else if (const std::string why = WhyNodesHold(); !why.empty()) {
      Hold(State::kRunning, "NODE_NOT_READY", why);
    } else if (const PartitionHealth* other = ForeignMove()) {
      Hold(State::kRunning, "FOREIGN_MOVE", absl::StrCat(other->Name(), " is moved by somebody else"));
    } else {
      return false;
    }
    return true;
  }

  // A node that is not ready holds everything up, but for the moves that leave it.
  std::string WhyNodesHold() const {
    const auto starts = StartsFresh();
    for (int32_t node : in_.not_ready) {
      const auto has = [node](const std::vector<int32_t>& ids) {
        return std::find(ids.begin(), ids.end(), node) != ids.end();
      };
      const bool left = std::any_of(starts.begin(), starts.end(), [&](const MoveSight* move) {
        return has(move->wish->before) && !has(move->wish->after);
      });
      const bool filled =
          std::any_of(starts.begin(), starts.end(), [&](const MoveSight* move) { return has(move->Adding()); });
      if (!left || filled) return absl::StrCat("node ", node, " is not ready, and repair comes first");
    }
    return "";
  }

  const PartitionHealth* ForeignMove() const {
    for (const PartitionHealth& partition : *seen_->partitions) {
      if (!partition.reassigning) continue;
      const bool ours = std::any_of(moving_.begin(), moving_.end(),
                                    [&](const MoveSight& move) { return move.partition == &partition; });
      if (!ours) return &partition;
    }
    return nullptr;
  }

  void Begin(bool all_moved) {
    if (Current() >= in_.wish->batches.size()) {
      return Hold(State::kRunning, "NEXT_BATCHES_AWAITED", "these batches are done, the next ones have not been said");
    }
    const std::vector<const MoveSight*> starts = StartsFresh();
    if (starts.empty() && all_moved) return Hold(State::kRunning, "HANDING_OVER", "leaders are handed over");
    if (!starts.empty() && HeldBack()) return;
    const bool copies =
        std::any_of(starts.begin(), starts.end(), [](const MoveSight* m) { return !m->Adding().empty(); });
    if (copies && !FreshLoad()) return Hold(State::kRunning, "LOAD_UNKNOWN", "no load sample of the last 15 s");
    const int64_t rate = Rate(batch_);
    if (FreshLoad()) {
      if (auto why = WhyTooLow(policy_.throttle, Unsettled(), rate, in_.load->received)) {
        if (all_moved) return End(State::kFailed, "THROTTLE_TOO_LOW", *std::move(why));
        return Hold(State::kRunning, "THROTTLE_TOO_LOW", *std::move(why));
      }
    }
    Hold(State::kRunning, copies || !all_moved ? "MOVING" : "HANDING_OVER", "");
    Start(starts, rate);
  }

  std::vector<MoveSight> Unsettled() const {
    std::vector<MoveSight> left;
    std::copy_if(batch_.begin(), batch_.end(), std::back_inserter(left),
                 [](const MoveSight& m) { return !Settled(m); });
    return left;
  }

  void Start(const std::vector<const MoveSight*>& starts, int64_t rate) {
    std::map<int32_t, int> at_once;
    std::map<int32_t, double> arriving;
    for (const MoveSight& move : moving_) Occupy(move, at_once, arriving);
    bool handed_over = false;
    for (const MoveSight* move : starts) {
      if (move->state == MoveState::kToFinish) {
        handed_over = HandOver(*move) || handed_over;
        continue;
      }
      if (!Fits(*move, rate, at_once, arriving)) continue;
      Occupy(*move, at_once, arriving);
      begun_.push_back(*move);
      out_.assign.push_back({move->wish->partition, move->wish->after});
    }
    if (begun_.empty() && moving_.empty() && !handed_over && !starts.empty()) {
      return Hold(State::kRunning, "DISK_FULL", "no broker that a copy goes to has room for it");
    }
    if (!begun_.empty() || handed_over) Memory().begun = out_.under_way = true;
  }

  double Received(const MoveSight& move) const {
    if (in_.load == nullptr) return 0;
    const auto found = in_.load->received.find(move.wish->partition);
    return found == in_.load->received.end() ? 0 : found->second;
  }

  void Occupy(const MoveSight& move, std::map<int32_t, int>& at_once, std::map<int32_t, double>& arriving) const {
    for (int32_t broker : move.Busies()) ++at_once[broker];
    for (int32_t broker : move.Adding()) arriving[broker] += Received(move);
  }

  // Within the pace, within the disk, and so that all copies that a broker takes can still catch up together.
  bool Fits(const MoveSight& move, int64_t rate, const std::map<int32_t, int>& at_once,
            const std::map<int32_t, double>& arriving) const {
    const auto value = [](const auto& map, int32_t broker) {
      const auto found = map.find(broker);
      return found == map.end() ? typename std::decay_t<decltype(map)>::mapped_type{} : found->second;
    };
    for (int32_t broker : move.Busies()) {
      if (value(at_once, broker) >= std::max(1, out_.pace.at_once)) return false;
    }
    for (int32_t broker : move.Adding()) {
      const double together = value(arriving, broker) + Received(move);
      const bool alone = value(at_once, broker) == 0;
      if (!alone && together * policy_.throttle.room_to_catch_up > static_cast<double>(rate)) return false;
      if (in_.disk_bytes <= 0) continue;
      const double used = value(seen_->disk_used_fraction, broker) +
                          static_cast<double>(move.wish->bytes) / static_cast<double>(in_.disk_bytes);
      if (used > policy_.most_disk_used) return false;
    }
    return true;
  }

  void SetThrottle() {
    if (seen_ == nullptr) return;
    std::vector<MoveSight> ours = moving_;
    ours.insert(ours.end(), begun_.begin(), begun_.end());
    const bool foreign = in_.wish == nullptr ? AnyMoves() : ForeignMove() != nullptr;
    const Throttle wanted = ours.empty() ? Throttle() : ThrottleFor(ours, Rate(ours), in_.live);
    out_.throttle = ThrottleChange(wanted, *seen_, in_.live, foreign);
  }

  void Tell() {
    RebalanceProgress& p = out_.progress;
    const RebalanceMemory& m = out_.memory;
    if (Ended()) Hold(m.ended, m.reason, m.message);
    p.batches_done = m.batches_done;
    p.moves_done = m.moves_done;
    p.moves_skipped = m.moves_skipped;
    p.bytes_done = m.bytes_done;
    p.moves_at_once = out_.pace.at_once;
    if (seen_ == nullptr) return;
    p.throttle_bytes_per_second = ThrottleInForce(*seen_);
    p.moves_in_flight = static_cast<int32_t>(moving_.size());
    for (const MoveSight& move : moving_) out_.copying.push_back({move.wish->partition, move.Adding()});
    if (!Ended() || m.ended == State::kCancelled || m.ended == State::kFailed) TellBatch(p);
  }

  // What is left of the batch under way; the broker that has most to receive decides how long that takes.
  void TellBatch(RebalanceProgress& p) const {
    std::map<int32_t, double> arriving;
    for (const MoveSight& move : batch_) {
      Count(move, p);
      if (Settled(move) || Ended()) continue;
      ++p.moves_left;
      if (move.state == MoveState::kToFinish) {
        p.bytes_done += move.wish->bytes;
        continue;
      }
      const auto found = in_.copied.find(move.wish->partition);
      const bool moves = move.state == MoveState::kMoving && found != in_.copied.end();
      const int64_t copied = moves ? std::min(found->second, move.wish->bytes) : 0;
      p.bytes_done += copied;
      p.bytes_left += move.wish->bytes - copied;
      const std::vector<int32_t> adding = move.Adding();
      for (int32_t broker : adding) {
        arriving[broker] += static_cast<double>(move.wish->bytes - copied) / static_cast<double>(adding.size());
      }
    }
    const auto rate = static_cast<double>(Rate(batch_));
    for (const auto& [broker, bytes] : arriving) p.seconds_left = std::max(p.seconds_left, bytes / rate);
  }

  const RebalancePolicy& policy_;
  const RebalanceInput& in_;
  const KafkaHealth* seen_ = nullptr;
  // Of the batch under way; what moves now; what is begun now.
  std::vector<MoveSight> batch_, moving_, begun_;
  RebalanceDecision out_;
};

}  // namespace

std::string_view Name(RebalanceState state) {
  switch (state) {
    case RebalanceState::kNone:
      return "NONE";
    case RebalanceState::kRunning:
      return "RUNNING";
    case RebalanceState::kPaused:
      return "PAUSED";
    case RebalanceState::kCancelling:
      return "CANCELLING";
    case RebalanceState::kDone:
      return "DONE";
    case RebalanceState::kCancelled:
      return "CANCELLED";
    case RebalanceState::kFailed:
      return "FAILED";
    case RebalanceState::kRefused:
      return "REFUSED";
  }
  return "STATE_UNSPECIFIED";
}

RebalanceDecision DecideRebalance(const RebalancePolicy& policy, const RebalanceInput& input) {
  return Decider(policy, input).Run();
}

}  // namespace sluice::op
