#include "libs/planner/step_checker.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace sluice::planner {
namespace {

constexpr double kRounding = 1e-3;  // MB or KB/s; loads are summed from floats
constexpr double kFloatError = 1e-12;

using Amounts = std::array<double, kResources>;

class Paper {
 public:
  Paper(const Snapshot& snapshot, double throttle_kbps)
      : snapshot_(snapshot), throttle_kbps_(throttle_kbps), load_(snapshot.brokers.size(), Amounts{}) {
    std::map<std::string, int> racks;
    std::set<int> staying_racks;
    for (size_t b = 0; b < snapshot.brokers.size(); ++b) {
      rack_.push_back(racks.emplace(snapshot.brokers[b].rack, racks.size()).first->second);
      if (snapshot.brokers[b].stays()) staying_racks.insert(rack_[b]);
      disk_.emplace_back(snapshot.LogDirsOf(b), 0.0);
    }
    racks_ = staying_racks.size();
    for (size_t p = 0; p < snapshot.partitions(); ++p) {
      for (size_t slot = snapshot.first_replica[p]; slot < snapshot.first_replica[p + 1]; ++slot) {
        const bool leads = slot == snapshot.first_replica[p];
        Add(load_[snapshot.replicas[slot]], p, leads, 1);
        disk_[snapshot.replicas[slot]][snapshot.LogDirOf(slot)] += DiskOf(p, leads);
      }
    }
  }

  void Carry(const Batch& batch, StepViolations& found) {
    std::vector<Changes> changes(load_.size());
    absl::flat_hash_set<uint32_t> seen;
    for (const Step& step : batch.steps) {
      if (!seen.insert(step.partition).second) Report(found.twice, found, step, "is in two steps of one batch");
      CheckPartition(step, found);
      Gather(step, changes);
    }
    for (size_t b = 0; b < load_.size(); ++b) {
      if (changes[b].steps > 0 || changes[b].sends) CheckBroker(b, changes[b], found);
      for (int r = 0; r < kResources; ++r) load_[b][r] += changes[b].end[r];
      for (const auto& [dir, mb] : changes[b].disk_end) disk_[b][dir] += mb;
    }
    for (const Step& step : batch.steps) now_.insert_or_assign(step.partition, After(step, Now(step.partition)));
  }

 private:
  struct Placement {
    std::vector<uint16_t> replicas;
    std::vector<uint16_t> log_dirs;
    std::vector<char> in_sync;
  };
  // What a batch does to one broker.
  struct Changes {
    int steps = 0;
    bool receives = false, sends = false;
    Amounts gains = {}, end = {};                             // disk: of the broker as a whole
    std::map<uint16_t, double> disk_gains, disk_end, copied;  // by log dir
  };

  Placement Now(uint32_t partition) const {
    if (const auto found = now_.find(partition); found != now_.end()) return found->second;
    const auto replicas = snapshot_.ReplicasOf(partition);
    Placement place{{replicas.begin(), replicas.end()}, {}, {}};
    for (size_t i = 0; i < replicas.size(); ++i) {
      place.log_dirs.push_back(snapshot_.LogDirOf(snapshot_.first_replica[partition] + i));
      place.in_sync.push_back(snapshot_.InSync(snapshot_.first_replica[partition] + i));
    }
    return place;
  }
  static Placement After(const Step& step, const Placement& old) {
    Placement after{step.replicas, step.log_dirs, {}};
    after.log_dirs.resize(step.replicas.size(), 0);
    for (uint16_t b : step.replicas) {
      const size_t at = Find(old.replicas, b);
      after.in_sync.push_back(at == old.replicas.size() || old.in_sync[at]);
    }
    return after;
  }
  void Gather(const Step& step, std::vector<Changes>& changes) const {
    const Placement old = Now(step.partition);
    const Placement after = After(step, old);
    for (uint16_t b : Union(old.replicas, step.replicas)) {
      Changes& here = changes[b];
      const size_t was = Find(old.replicas, b), is = Find(after.replicas, b);
      const bool had = was < old.replicas.size(), has = is < after.replicas.size();
      ++here.steps;
      Amounts change = {};
      if (had) Add(change, step.partition, was == 0, -1);
      if (has) Add(change, step.partition, is == 0, 1);
      for (int r = 0; r < kResources; ++r) {
        here.gains[r] += std::max(0.0, change[r]);
        here.end[r] += change[r];
      }
      if (had && has && old.log_dirs[was] == after.log_dirs[is]) {
        here.disk_gains[after.log_dirs[is]] += std::max(0.0, change[kDisk]);
        here.disk_end[after.log_dirs[is]] += change[kDisk];
        continue;
      }
      if (had) here.disk_end[old.log_dirs[was]] -= DiskOf(step.partition, was == 0);
      if (!has) continue;
      const double copy = DiskOf(step.partition, is == 0);
      for (auto* amounts : {&here.disk_gains, &here.disk_end, &here.copied}) (*amounts)[after.log_dirs[is]] += copy;
      if (!had) here.receives = changes[old.replicas[0]].sends = true;
    }
  }
  static size_t Find(const std::vector<uint16_t>& brokers, uint16_t broker) {
    return std::find(brokers.begin(), brokers.end(), broker) - brokers.begin();
  }
  double DiskOf(size_t partition, bool leads) const {
    return (leads ? snapshot_.leader_load : snapshot_.follower_load)[partition][kDisk];
  }
  static bool Has(const std::vector<uint16_t>& brokers, uint16_t broker) {
    return Find(brokers, broker) < brokers.size();
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
    std::vector<int> racks;
    for (uint16_t b : replicas) {
      if (!staying_only || snapshot_.brokers[b].stays()) racks.push_back(rack_[b]);
    }
    std::sort(racks.begin(), racks.end());
    return std::min<size_t>(std::unique(racks.begin(), racks.end()) - racks.begin(), racks_);
  }
  void Report(int64_t& counter, StepViolations& found, const Step& step, std::string what) const {
    ++counter;
    if (!found.first.empty()) return;
    found.first = absl::StrCat(snapshot_.topics[snapshot_.topic_of[step.partition]], "-",
                               snapshot_.number_of[step.partition], " ", what);
  }
  void CheckPartition(const Step& step, StepViolations& found) const {
    const Placement place = Now(step.partition);
    const std::vector<uint16_t>& old = place.replicas;
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
    const Placement after = After(step, place);
    if (!after.in_sync[0] && step.replicas[0] != old[0]) {
      Report(found.in_sync, found, step, "would be led by a replica that is not in sync");
    }
    const auto before = std::count(place.in_sync.begin(), place.in_sync.end(), 1);
    const auto left = std::count(after.in_sync.begin(), after.in_sync.end(), 1);
    if (left < std::min<ptrdiff_t>(before, snapshot_.min_in_sync[step.partition])) {
      Report(found.in_sync, found, step, "would have fewer in sync than min ISR asks");
    }
  }
  void CheckBroker(size_t b, const Changes& here, StepViolations& found) const {
    for (int r = 0; r < kResources; ++r) {
      double during = load_[b][r];
      if (here.steps > 1 || (r == kDisk && here.receives)) during += here.gains[r];
      // Who gains nothing and has no traffic of the moves is not made worse by the batch.
      if (r == kNetworkIn && here.receives) during += throttle_kbps_;
      if (r == kNetworkOut && here.sends) during += throttle_kbps_;
      CheckLimit(b, r, std::max(snapshot_.LimitOf(b, r), load_[b][r]), during, load_[b][r] + here.end[r], found);
    }
    for (const auto& [dir, end] : here.disk_end) {
      const double load = disk_[b][dir];
      const auto& more = here.steps > 1 ? here.disk_gains : here.copied;
      const auto gain = more.find(dir);
      CheckLimit(b, kDisk, std::max(snapshot_.LogDirLimit(b, dir), load),
                 load + (gain == more.end() ? 0 : gain->second), load + end, found);
    }
  }
  void CheckLimit(size_t b, int resource, double limit, double during, double after, StepViolations& found) const {
    const double roof = limit + kRounding + limit * kFloatError;
    const char* moment = during > roof ? "during" : after > roof ? "after" : nullptr;
    if (moment == nullptr) return;
    ++(during > roof ? found.over_during : found.over_after);
    if (!found.first.empty()) return;
    found.first = absl::StrCat("broker ", snapshot_.brokers[b].id, " would be over its limit for ",
                               kResourceNames[resource], " ", moment, " a batch");
  }

  const Snapshot& snapshot_;
  const double throttle_kbps_;
  size_t racks_ = 0;
  std::vector<Amounts> load_;
  std::vector<std::vector<double>> disk_;  // by broker and log dir
  std::vector<int> rack_;
  absl::flat_hash_map<uint32_t, Placement> now_;  // of partitions that a step has changed
};

}  // namespace

StepViolations CheckSteps(const Snapshot& snapshot, std::span<const Batch> batches, double throttle_kbps) {
  StepViolations found;
  Paper paper(snapshot, throttle_kbps);
  for (const Batch& batch : batches) paper.Carry(batch, found);
  return found;
}

}  // namespace sluice::planner
