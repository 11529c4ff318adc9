#include "libs/planner/step_checker.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace sluice::planner {
namespace {

constexpr double kRounding = 1e-3;  // MB or KB/s; loads are summed from floats

using Amounts = std::array<double, kResources>;

class Paper {
 public:
  Paper(const Snapshot& snapshot, double throttle_kbps)
      : snapshot_(snapshot), throttle_kbps_(throttle_kbps), load_(snapshot.brokers.size(), Amounts{}) {
    std::set<std::string> racks;
    for (const Broker& broker : snapshot.brokers) {
      if (broker.stays()) racks.insert(broker.rack);
    }
    racks_ = racks.size();
    for (size_t p = 0; p < snapshot.partitions(); ++p) {
      const auto replicas = snapshot.ReplicasOf(p);
      now_.emplace_back(replicas.begin(), replicas.end());
      for (size_t i = 0; i < replicas.size(); ++i) Add(load_[replicas[i]], p, i == 0, 1);
    }
  }

  void Carry(const Batch& batch, StepViolations& found) {
    const size_t brokers = load_.size();
    std::vector<Amounts> gains(brokers, Amounts{}), after = load_;
    std::vector<int> steps(brokers, 0);
    std::vector<char> receives(brokers, 0), sends(brokers, 0);
    std::vector<double> copied(brokers, 0.0);
    absl::flat_hash_set<uint32_t> seen;
    for (const Step& step : batch.steps) {
      if (!seen.insert(step.partition).second) Report(found.twice, found, step, "is in two steps of one batch");
      const std::vector<uint16_t>& old = now_[step.partition];
      CheckPartition(step, old, found);
      for (uint16_t b : Union(old, step.replicas)) {
        Amounts change = {};
        if (Has(old, b)) Add(change, step.partition, old[0] == b, -1);
        if (Has(step.replicas, b)) Add(change, step.partition, step.replicas[0] == b, 1);
        ++steps[b];
        for (int r = 0; r < kResources; ++r) {
          gains[b][r] += std::max(0.0, change[r]);
          after[b][r] += change[r];
        }
        if (!Has(old, b)) {
          receives[b] = sends[old[0]] = 1;
          copied[b] += snapshot_.follower_load[step.partition][kDisk];
        }
      }
    }
    for (size_t b = 0; b < brokers; ++b) {
      if (steps[b] == 0 && !sends[b]) continue;
      CheckBroker(b, gains[b], after[b], steps[b], receives[b], sends[b], copied[b], found);
    }
    load_ = std::move(after);
    for (const Step& step : batch.steps) now_[step.partition] = step.replicas;
  }

 private:
  static bool Has(const std::vector<uint16_t>& brokers, uint16_t broker) {
    return std::find(brokers.begin(), brokers.end(), broker) != brokers.end();
  }
  static std::vector<uint16_t> Union(std::vector<uint16_t> a, const std::vector<uint16_t>& b) {
    for (uint16_t broker : b) {
      if (!Has(a, broker)) a.push_back(broker);
    }
    return a;
  }
  void Add(Amounts& amounts, size_t partition, bool leads, double sign) const {
    const auto& load = leads ? snapshot_.leader_load[partition] : snapshot_.follower_load[partition];
    for (int r = 0; r < kResources; ++r) amounts[r] += sign * load[r];
  }
  size_t RacksOf(const std::vector<uint16_t>& replicas, bool staying_only) const {
    std::set<std::string> racks;
    for (uint16_t b : replicas) {
      if (!staying_only || snapshot_.brokers[b].stays()) racks.insert(snapshot_.brokers[b].rack);
    }
    return std::min(racks.size(), racks_);
  }
  void Report(int64_t& counter, StepViolations& found, const Step& step, std::string what) const {
    ++counter;
    if (!found.first.empty()) return;
    found.first = absl::StrCat(snapshot_.topics[snapshot_.topic_of[step.partition]], "-",
                               snapshot_.number_of[step.partition], " ", what);
  }
  void CheckPartition(const Step& step, const std::vector<uint16_t>& old, StepViolations& found) const {
    std::set<uint16_t> distinct(step.replicas.begin(), step.replicas.end());
    if (distinct.size() != step.replicas.size() || step.replicas.size() < old.size()) {
      Report(found.fewer, found, step, "would have fewer replicas");
    }
    if (RacksOf(step.replicas, false) < RacksOf(old, true)) Report(found.rack, found, step, "would be on fewer racks");
    for (uint16_t b : step.replicas) {
      const Broker& broker = snapshot_.brokers[b];
      if (!Has(old, b) && (!broker.stays() || broker.excluded)) {
        Report(found.gone_broker, found, step, absl::StrCat("would get a copy on broker ", broker.id));
      }
    }
    if (snapshot_.brokers[step.replicas[0]].state == BrokerState::kDead) {
      Report(found.gone_broker, found, step, "would be led by a dead broker");
    }
  }
  void CheckBroker(size_t b, const Amounts& gains, const Amounts& after, int steps, bool receives, bool sends,
                   double copied, StepViolations& found) const {
    for (int r = 0; r < kResources; ++r) {
      const double roof = std::max(snapshot_.LimitOf(b, r), load_[b][r]) + kRounding;
      double during = load_[b][r];
      if (steps > 1) {
        during += gains[r];
      } else if (r == kDisk) {
        during += copied;
      }
      // Who gains nothing and has no traffic of the moves is not made worse by the batch.
      if (r == kNetworkIn && receives) during += throttle_kbps_;
      if (r == kNetworkOut && sends) during += throttle_kbps_;
      const char* moment = during > roof ? "during" : after[r] > roof ? "after" : nullptr;
      if (moment == nullptr) continue;
      ++(during > roof ? found.over_during : found.over_after);
      if (found.first.empty()) {
        found.first = absl::StrCat("broker ", snapshot_.brokers[b].id, " would be over its limit for ",
                                   kResourceNames[r], " ", moment, " a batch");
      }
    }
  }

  const Snapshot& snapshot_;
  const double throttle_kbps_;
  size_t racks_ = 0;
  std::vector<Amounts> load_;
  std::vector<std::vector<uint16_t>> now_;
};

}  // namespace

StepViolations CheckSteps(const Snapshot& snapshot, std::span<const Batch> batches, double throttle_kbps) {
  StepViolations found;
  Paper paper(snapshot, throttle_kbps);
  for (const Batch& batch : batches) paper.Carry(batch, found);
  return found;
}

}  // namespace sluice::planner
