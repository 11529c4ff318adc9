#include "libs/planner/batch_scheduler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/planner/end_state.h"

namespace sluice::planner {
namespace {

constexpr double kRounding = 1e-6;  // MB or KB/s
// As the search does, a little less, so that what it came to is not refused.
constexpr double kBelowLimit = 0.5e-7;

int UrgencyOf(const Reason& reason) {
  switch (reason.kind) {
    case Reason::kBrokerDead:
    case Reason::kRackRule:
      return 0;
    case Reason::kOverLimit:
    case Reason::kBrokerLeaving:
      return 1;
    default:
      return 2;
  }
}

bool Contains(const std::vector<uint16_t>& brokers, uint16_t broker) {
  return std::find(brokers.begin(), brokers.end(), broker) != brokers.end();
}

}  // namespace

BatchScheduler::BatchScheduler(const ClusterState& end, const ReasonLog& reasons, double throttle_kbps)
    : end_(end),
      reasons_(reasons),
      throttle_kbps_(throttle_kbps),
      receives_(end.brokers()),
      sends_(end.brokers()),
      touched_(end.brokers()),
      received_mb_(end.brokers()),
      sent_mb_(end.brokers()) {
  const Snapshot& snapshot = end.snapshot();
  uint32_t log_dirs = 0;
  for (size_t b = 0; b < end.brokers(); ++b) {
    first_log_dir_.push_back(log_dirs);
    log_dirs += snapshot.LogDirsOf(b);
  }
  for (auto* amounts : {&limit_, &load_, &gain_, &change_}) amounts->resize(log_dirs, Amounts{});
  for (size_t b = 0; b < end.brokers(); ++b) {
    for (int r = kNetworkIn; r < kResources; ++r) limit_[b][r] = snapshot.LimitOf(b, r) * (1 - kBelowLimit);
    limit_[b][kWholeDisk] = snapshot.LimitOf(b, kDisk) * (1 - kBelowLimit);
    for (size_t d = 0; d < snapshot.LogDirsOf(b); ++d) {
      limit_[first_log_dir_[b] + d][kDisk] = snapshot.LogDirLimit(b, d) * (1 - kBelowLimit);
    }
  }
  for (size_t p = 0; p < snapshot.partitions(); ++p) {
    for (size_t slot = snapshot.first_replica[p]; slot < snapshot.first_replica[p + 1]; ++slot) {
      const auto& load = slot == snapshot.first_replica[p] ? snapshot.leader_load[p] : snapshot.follower_load[p];
      const uint16_t b = snapshot.replicas[slot];
      for (int r = kNetworkIn; r < kResources; ++r) load_[b][r] += load[r];
      load_[first_log_dir_[b] + snapshot.LogDirOf(slot)][kDisk] += load[kDisk];
      load_[b][kWholeDisk] += load[kDisk];
    }
  }
}

void BatchScheduler::Collect(Steps wanted) {
  const Snapshot& snapshot = end_.snapshot();
  Placement placement;
  for (uint32_t p = 0; p < snapshot.partitions(); ++p) {
    PlacementOf(end_, p, placement);
    if (!placement.changed) continue;
    const auto before = snapshot.ReplicasOf(p);
    Pending step{.partition = p,
                 .from = {before.begin(), before.end()},
                 .to = placement.replicas,
                 .to_dirs = placement.log_dirs,
                 .reason = {},
                 .urgency = 2,
                 .bytes_mb = 0};
    bool relieves_log_dir = false;
    for (uint32_t slot = end_.FirstSlot(p); slot < end_.EndSlot(p); ++slot) {
      if (snapshot.has_several_log_dirs()) step.from_dirs.push_back(snapshot.LogDirOf(slot));
      if (LogDirBefore(snapshot, p, end_.BrokerOf(slot)) == end_.LogDirOf(slot)) continue;
      step.bytes_mb += snapshot.follower_load[p][kDisk];
      if (auto found = reasons_.copies.find(slot); found != reasons_.copies.end()) {
        const int urgency = UrgencyOf(found->second);
        relieves_log_dir |= found->second.kind == Reason::kLogDirFull && IsFull(slot);
        if (step.reason.kind == Reason::kNone || urgency < step.urgency) {
          step.reason = found->second;
          step.urgency = urgency;
        }
      }
    }
    if (!placement.copies) {
      if (auto found = reasons_.leaders.find(p); found != reasons_.leaders.end()) step.reason = found->second;
    }
    if (wanted == Steps::kNeeded && step.urgency == 2 && !relieves_log_dir) continue;
    (placement.copies ? copies_ : leader_changes_).push_back(std::move(step));
  }
  std::stable_sort(copies_.begin(), copies_.end(), [](const Pending& a, const Pending& b) {
    return a.urgency != b.urgency ? a.urgency < b.urgency : a.bytes_mb > b.bytes_mb;
  });
}

// Log dirs that are only uneven can wait: they may be so for the sake of steps that are left out.
bool BatchScheduler::IsFull(uint32_t slot) const {
  const uint32_t log_dir = first_log_dir_[end_.OriginalBrokerOf(slot)] + end_.snapshot().LogDirOf(slot);
  return load_[log_dir][kDisk] > limit_[log_dir][kDisk];
}

BatchScheduler::Result BatchScheduler::Run(Steps wanted) {
  Collect(wanted);
  Result result;
  Drain(leader_changes_, result);
  Drain(copies_, result);
  Drain(leader_changes_, result);  // those that had to wait for room
  for (const auto* left : {&copies_, &leader_changes_}) {
    for (const Pending& step : *left) {
      result.unresolved.push_back(
          {step.partition,
           step.bytes_mb > 0 ? absl::StrCat("at ", throttle_kbps_,
                                            " KB/s no order of steps keeps every broker below its limits on the way")
                             : "no order of leader changes keeps every broker below its limits on the way",
           Constraint::kOrder});
    }
  }
  return result;
}

void BatchScheduler::Drain(std::vector<Pending>& pending, Result& result) {
  // Before leaders were handed over: to go back to where that has let nothing copy.
  struct Stuck {
    std::vector<Pending> pending;
    std::vector<Amounts> load;
    size_t batches;
  };
  std::optional<Stuck> stuck;
  while (!pending.empty()) {
    Batch batch = Fill(pending, &BatchScheduler::FitsAnyOrder);
    if (batch.steps.empty()) batch = Fill(pending, &BatchScheduler::FitsAlone);
    if (!batch.steps.empty()) {
      result.batches.push_back(std::move(batch));
      stuck.reset();
      continue;
    }
    if (!stuck) stuck = Stuck{pending, load_, result.batches.size()};
    if (HandOver(pending, result)) continue;
    pending = std::move(stuck->pending);
    load_ = std::move(stuck->load);
    result.batches.resize(stuck->batches);
    return;
  }
}

BatchScheduler::Amounts BatchScheduler::RoleLoad(uint32_t partition, bool leads) const {
  const auto& load = leads ? end_.snapshot().leader_load[partition] : end_.snapshot().follower_load[partition];
  return {load[kDisk], load[kNetworkIn], load[kNetworkOut], load[kCpu], load[kDisk]};
}

double BatchScheduler::Roof(const Effect& effect, int resource) const {
  const size_t at = resource == kDisk ? effect.log_dir : effect.broker;
  return std::max(limit_[at][resource], load_[at][resource]) + kRounding;
}

void BatchScheduler::AddEffect(const Pending& step, size_t i) {
  const Amounts leader = RoleLoad(step.partition, true), follower = RoleLoad(step.partition, false);
  const uint16_t broker = step.to[i];
  const uint32_t log_dir = LogDir(step.to_dirs, i, broker);
  Effect effect{broker, log_dir, i == 0 ? leader : follower, true, false, true};
  const size_t old = std::find(step.from.begin(), step.from.end(), broker) - step.from.begin();
  if (old < step.from.size()) {
    const Amounts& had = old == 0 ? leader : follower;
    const uint32_t old_dir = LogDir(step.from_dirs, old, broker);
    effect.receives = false;
    effect.copies = old_dir != log_dir;
    for (int r = effect.copies ? kNetworkIn : kDisk; r < kAmounts; ++r) effect.change[r] -= had[r];
    if (effect.copies) effects_.push_back({broker, old_dir, {-had[kDisk]}, false, false, false});
  }
  effects_.push_back(effect);
}

void BatchScheduler::EffectsOf(const Pending& step) {
  effects_.clear();
  for (size_t i = 0; i < step.to.size(); ++i) AddEffect(step, i);
  const bool copies = std::any_of(effects_.begin(), effects_.end(), [](const Effect& e) { return e.receives; });
  for (size_t i = 0; i < step.from.size(); ++i) {
    const uint16_t broker = step.from[i];
    if (Contains(step.to, broker)) continue;
    Effect effect{broker, LogDir(step.from_dirs, i, broker), RoleLoad(step.partition, i == 0), false, false, false};
    for (int r = 0; r < kAmounts; ++r) effect.change[r] = -effect.change[r];
    effects_.push_back(effect);
  }
  for (Effect& effect : effects_) effect.sends = copies && effect.broker == step.from[0];
}

bool BatchScheduler::FitsAnyOrder() const {
  for (const Effect& effect : effects_) {
    const uint16_t b = effect.broker;
    for (int r = 0; r < kAmounts; ++r) {
      const size_t at = r == kDisk ? effect.log_dir : b;
      double most = load_[at][r] + gain_[at][r] + std::max(0.0, effect.change[r]);
      if (r == kNetworkIn && (effect.receives || receives_[b])) most += throttle_kbps_;
      if (r == kNetworkOut && (effect.sends || sends_[b])) most += throttle_kbps_;
      const bool adds = effect.change[r] > 0 || (r == kNetworkIn && effect.receives && !receives_[b]) ||
                        (r == kNetworkOut && effect.sends && !sends_[b]);
      if (adds && most > Roof(effect, r)) return false;
    }
  }
  return true;
}

bool BatchScheduler::FitsAlone() const {
  for (const Effect& effect : effects_) {
    if (touched_[effect.broker]) return false;
    for (int r = 0; r < kAmounts; ++r) {
      double during = Load(effect, r);
      if ((r == kDisk && effect.copies) || (r == kWholeDisk && effect.receives)) during += effect.change[r];
      if (r == kNetworkIn && effect.receives) during += throttle_kbps_;
      if (r == kNetworkOut && effect.sends) during += throttle_kbps_;
      if (std::max(during, Load(effect, r) + effect.change[r]) > Roof(effect, r)) return false;
    }
  }
  return true;
}

void BatchScheduler::BeginBatch() {
  std::fill(gain_.begin(), gain_.end(), Amounts{});
  std::fill(change_.begin(), change_.end(), Amounts{});
  for (auto* flags : {&receives_, &sends_, &touched_}) std::fill(flags->begin(), flags->end(), 0);
  for (auto* amounts : {&received_mb_, &sent_mb_}) std::fill(amounts->begin(), amounts->end(), 0.0);
}

void BatchScheduler::Take(Pending& step, Batch& batch) {
  const double copy_mb = end_.snapshot().follower_load[step.partition][kDisk];
  Step taken{
      .partition = step.partition, .replicas = {}, .adding = {}, .bytes_mb = step.bytes_mb, .reason = step.reason};
  double sent_mb = 0;
  for (const Effect& effect : effects_) {
    const uint16_t b = effect.broker;
    touched_[b] = 1;
    receives_[b] |= effect.receives;
    sends_[b] |= effect.sends;
    // A copy within a broker is throttled like one between brokers and takes its disks as long.
    if (effect.copies) received_mb_[b] += copy_mb;
    if (effect.copies && effect.receives) sent_mb += copy_mb;
    if (effect.copies) (effect.receives ? taken.adding : taken.moving_within).push_back(b);
    for (int r = 0; r < kAmounts; ++r) {
      At(gain_, effect, r) += std::max(0.0, effect.change[r]);
      At(change_, effect, r) += effect.change[r];
    }
  }
  if (sent_mb > 0) sent_mb_[step.from[0]] += sent_mb;
  taken.replicas = step.to;
  taken.log_dirs = step.to_dirs;
  batch.bytes_mb += step.bytes_mb;
  batch.steps.push_back(std::move(taken));
}

void BatchScheduler::EndBatch(Batch& batch) {
  double busiest = 0;
  for (size_t at = 0; at < load_.size(); ++at) {
    for (int r = 0; r < kAmounts; ++r) load_[at][r] += change_[at][r];
  }
  for (size_t b = 0; b < received_mb_.size(); ++b) busiest = std::max({busiest, received_mb_[b], sent_mb_[b]});
  batch.hours = busiest * 1000 / throttle_kbps_ / 3600;
}

Batch BatchScheduler::Fill(std::vector<Pending>& pending, bool (BatchScheduler::*fits)() const) {
  Batch batch;
  BeginBatch();
  std::vector<Pending> left;
  for (Pending& step : pending) {
    EffectsOf(step);
    if ((this->*fits)()) {
      Take(step, batch);
    } else {
      left.push_back(std::move(step));
    }
  }
  EndBatch(batch);
  pending = std::move(left);
  return batch;
}

bool BatchScheduler::HandOver(std::vector<Pending>& pending, Result& result) {
  Batch batch;
  BeginBatch();
  for (Pending& step : pending) {
    if (std::all_of(step.to.begin(), step.to.end(), [&](uint16_t b) { return Contains(step.from, b); })) continue;
    const uint16_t sender = step.from[0];
    // One that could not take leadership back, when the copy is there, keeps it.
    if (!end_.snapshot().InSync(end_.FirstSlot(step.partition))) continue;
    if (load_[sender][kNetworkOut] + throttle_kbps_ <= limit_[sender][kNetworkOut]) continue;
    for (size_t i = 1; i < step.from.size(); ++i) {
      const uint16_t heir = step.from[i];
      const double out = RoleLoad(step.partition, true)[kNetworkOut];
      if (!MayLead(step.partition, heir)) continue;
      if (load_[heir][kNetworkOut] + gain_[heir][kNetworkOut] + out + throttle_kbps_ > limit_[heir][kNetworkOut])
        continue;
      Pending hand_over{.partition = step.partition,
                        .from = step.from,
                        .to = step.from,
                        .from_dirs = step.from_dirs,
                        .to_dirs = step.from_dirs,
                        .reason = {Reason::kOverLimit, kOut},
                        .urgency = 0,
                        .bytes_mb = 0};
      std::swap(hand_over.to[0], hand_over.to[i]);
      if (!hand_over.to_dirs.empty()) std::swap(hand_over.to_dirs[0], hand_over.to_dirs[i]);
      EffectsOf(hand_over);
      if (!FitsAnyOrder()) continue;
      Take(hand_over, batch);
      step.from = hand_over.to;
      step.from_dirs = hand_over.to_dirs;
      break;
    }
  }
  EndBatch(batch);
  if (batch.steps.empty()) return false;
  result.batches.push_back(std::move(batch));
  return true;
}

bool BatchScheduler::MayLead(uint32_t partition, uint16_t broker) const {
  const Snapshot& snapshot = end_.snapshot();
  for (size_t slot = snapshot.first_replica[partition]; slot < snapshot.first_replica[partition + 1]; ++slot) {
    if (snapshot.replicas[slot] == broker) return snapshot.InSync(slot) && end_.MayReceive(broker);
  }
  return false;
}

}  // namespace sluice::planner
