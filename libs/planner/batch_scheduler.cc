#include "libs/planner/batch_scheduler.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::planner {
namespace {

constexpr double kRounding = 1e-6;  // MB or KB/s

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
      limit_(end.brokers()),
      load_(end.brokers(), Amounts{}),
      gain_(end.brokers()),
      change_(end.brokers()),
      receives_(end.brokers()),
      sends_(end.brokers()),
      touched_(end.brokers()),
      received_mb_(end.brokers()),
      sent_mb_(end.brokers()) {
  const Snapshot& snapshot = end.snapshot();
  for (size_t b = 0; b < end.brokers(); ++b) {
    for (int r = 0; r < kResources; ++r) limit_[b][r] = snapshot.LimitOf(b, r);
  }
  for (size_t p = 0; p < snapshot.partitions(); ++p) {
    const auto replicas = snapshot.ReplicasOf(p);
    for (size_t i = 0; i < replicas.size(); ++i) {
      const auto& load = i == 0 ? snapshot.leader_load[p] : snapshot.follower_load[p];
      for (int r = 0; r < kResources; ++r) load_[replicas[i]][r] += load[r];
    }
  }
}

void BatchScheduler::Collect() {
  const Snapshot& snapshot = end_.snapshot();
  for (uint32_t p = 0; p < snapshot.partitions(); ++p) {
    const auto before = snapshot.ReplicasOf(p);
    const uint32_t first = end_.FirstSlot(p), leader = end_.LeaderSlot(p);
    bool copies = false;
    for (uint32_t slot = first; slot < end_.EndSlot(p); ++slot) {
      copies |= std::find(before.begin(), before.end(), end_.BrokerOf(slot)) == before.end();
    }
    if (!copies && end_.BrokerOf(leader) == before[0]) continue;
    Pending step{
        .partition = p, .from = {before.begin(), before.end()}, .to = {}, .reason = {}, .urgency = 2, .bytes_mb = 0};
    step.to.push_back(end_.BrokerOf(leader));
    // Those that stay keep their order, so that the preferred order changes no more than it must.
    for (uint16_t broker : before) {
      if (broker != step.to[0] && end_.Holds(p, broker)) step.to.push_back(broker);
    }
    for (uint32_t slot = first; slot < end_.EndSlot(p); ++slot) {
      const uint16_t broker = end_.BrokerOf(slot);
      const bool added = !Contains(step.from, broker);
      if (added && broker != step.to[0]) step.to.push_back(broker);
      if (!added) continue;
      step.bytes_mb += snapshot.follower_load[p][kDisk];
      if (auto found = reasons_.copies.find(slot); found != reasons_.copies.end()) {
        const int urgency = UrgencyOf(found->second);
        if (step.reason.kind == Reason::kNone || urgency < step.urgency) {
          step.reason = found->second;
          step.urgency = urgency;
        }
      }
    }
    if (!copies) {
      if (auto found = reasons_.leaders.find(p); found != reasons_.leaders.end()) step.reason = found->second;
    }
    (copies ? copies_ : leader_changes_).push_back(std::move(step));
  }
  std::stable_sort(copies_.begin(), copies_.end(), [](const Pending& a, const Pending& b) {
    return a.urgency != b.urgency ? a.urgency < b.urgency : a.bytes_mb > b.bytes_mb;
  });
}

BatchScheduler::Result BatchScheduler::Run() {
  Collect();
  Result result;
  Drain(leader_changes_, result);
  Drain(copies_, result);
  Drain(leader_changes_, result);  // those that had to wait for room
  for (const auto* left : {&copies_, &leader_changes_}) {
    for (const Pending& step : *left) {
      result.unresolved.push_back(
          {step.partition, step.bytes_mb > 0
                               ? absl::StrCat("at ", throttle_kbps_,
                                              " KB/s no order of steps keeps every broker below its limits on the way")
                               : "no order of leader changes keeps every broker below its limits on the way"});
    }
  }
  return result;
}

void BatchScheduler::Drain(std::vector<Pending>& pending, Result& result) {
  while (!pending.empty()) {
    Batch batch = Fill(pending, &BatchScheduler::FitsAnyOrder);
    if (batch.steps.empty()) batch = Fill(pending, &BatchScheduler::FitsAlone);
    if (batch.steps.empty()) {
      if (HandOver(pending, result)) continue;
      return;
    }
    result.batches.push_back(std::move(batch));
  }
}

BatchScheduler::Amounts BatchScheduler::RoleLoad(uint32_t partition, bool leads) const {
  const auto& load = leads ? end_.snapshot().leader_load[partition] : end_.snapshot().follower_load[partition];
  return {load[0], load[1], load[2], load[3]};
}

double BatchScheduler::Roof(uint16_t broker, int resource) const {
  return std::max(limit_[broker][resource], load_[broker][resource]) + kRounding;
}

void BatchScheduler::EffectsOf(const Pending& step) {
  effects_.clear();
  const Amounts leader = RoleLoad(step.partition, true), follower = RoleLoad(step.partition, false);
  const bool copies =
      step.bytes_mb > 0 || step.to.size() != step.from.size() ||
      std::any_of(step.to.begin(), step.to.end(), [&](uint16_t broker) { return !Contains(step.from, broker); });
  for (size_t i = 0; i < step.to.size(); ++i) {
    const uint16_t broker = step.to[i];
    Effect effect{broker, i == 0 ? leader : follower, !Contains(step.from, broker), copies && broker == step.from[0]};
    if (!effect.receives) {
      const Amounts& had = broker == step.from[0] ? leader : follower;
      for (int r = 0; r < kResources; ++r) effect.change[r] -= had[r];
    }
    effects_.push_back(effect);
  }
  for (uint16_t broker : step.from) {
    if (Contains(step.to, broker)) continue;
    Effect effect{broker, {}, false, copies && broker == step.from[0]};
    const Amounts& had = broker == step.from[0] ? leader : follower;
    for (int r = 0; r < kResources; ++r) effect.change[r] = -had[r];
    effects_.push_back(effect);
  }
}

bool BatchScheduler::FitsAnyOrder() const {
  for (const Effect& effect : effects_) {
    const uint16_t b = effect.broker;
    for (int r = 0; r < kResources; ++r) {
      double most = load_[b][r] + gain_[b][r] + std::max(0.0, effect.change[r]);
      if (r == kNetworkIn && (effect.receives || receives_[b])) most += throttle_kbps_;
      if (r == kNetworkOut && (effect.sends || sends_[b])) most += throttle_kbps_;
      const bool adds = effect.change[r] > 0 || (r == kNetworkIn && effect.receives && !receives_[b]) ||
                        (r == kNetworkOut && effect.sends && !sends_[b]);
      if (adds && most > Roof(b, r)) return false;
    }
  }
  return true;
}

bool BatchScheduler::FitsAlone() const {
  for (const Effect& effect : effects_) {
    const uint16_t b = effect.broker;
    if (touched_[b]) return false;
    for (int r = 0; r < kResources; ++r) {
      double during = load_[b][r];
      if (r == kDisk && effect.receives) during += effect.change[r];
      if (r == kNetworkIn && effect.receives) during += throttle_kbps_;
      if (r == kNetworkOut && effect.sends) during += throttle_kbps_;
      if (std::max(during, load_[b][r] + effect.change[r]) > Roof(b, r)) return false;
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
  for (const Effect& effect : effects_) {
    const uint16_t b = effect.broker;
    touched_[b] = 1;
    receives_[b] |= effect.receives;
    sends_[b] |= effect.sends;
    if (effect.receives) {
      taken.adding.push_back(b);
      received_mb_[b] += copy_mb;
    }
    if (effect.sends) sent_mb_[b] += step.bytes_mb;
    for (int r = 0; r < kResources; ++r) {
      gain_[b][r] += std::max(0.0, effect.change[r]);
      change_[b][r] += effect.change[r];
    }
  }
  taken.replicas = step.to;
  batch.bytes_mb += step.bytes_mb;
  batch.steps.push_back(std::move(taken));
}

void BatchScheduler::EndBatch(Batch& batch) {
  double busiest = 0;
  for (size_t b = 0; b < load_.size(); ++b) {
    for (int r = 0; r < kResources; ++r) load_[b][r] += change_[b][r];
    busiest = std::max({busiest, received_mb_[b], sent_mb_[b]});
  }
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
    if (step.bytes_mb <= 0) continue;
    const uint16_t sender = step.from[0];
    if (load_[sender][kNetworkOut] + throttle_kbps_ <= Roof(sender, kNetworkOut)) continue;
    for (size_t i = 1; i < step.from.size(); ++i) {
      const uint16_t heir = step.from[i];
      const double out = RoleLoad(step.partition, true)[kNetworkOut];
      if (!MayLead(step.partition, heir)) continue;
      if (load_[heir][kNetworkOut] + gain_[heir][kNetworkOut] + out + throttle_kbps_ > Roof(heir, kNetworkOut))
        continue;
      Pending hand_over{.partition = step.partition,
                        .from = step.from,
                        .to = step.from,
                        .reason = {Reason::kOverLimit, kOut},
                        .urgency = 0,
                        .bytes_mb = 0};
      std::swap(hand_over.to[0], hand_over.to[i]);
      EffectsOf(hand_over);
      if (!FitsAnyOrder()) continue;
      Take(hand_over, batch);
      step.from = hand_over.to;
      break;
    }
  }
  EndBatch(batch);
  if (batch.steps.empty()) return false;
  result.batches.push_back(std::move(batch));
  return true;
}

bool BatchScheduler::MayLead(uint32_t, uint16_t broker) const {
  return end_.snapshot().brokers[broker].state != BrokerState::kDead;
}

}  // namespace sluice::planner
