#include "libs/planner/testing/facts_mutation.h"

#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/planner/planner.h"
#include "libs/planner/step_checker.h"

namespace sluice::planner::testing {
namespace {

double StrangeAmount(Numbers& numbers) {
  constexpr double kStrange[] = {-1, 0, 1e-300, 1e-3, 1e14, 1e15, 1e39, 1e300};
  switch (numbers.Below(4)) {
    case 0:
      return std::numeric_limits<double>::quiet_NaN();
    case 1:
      return std::numeric_limits<double>::infinity();
    default:
      return kStrange[numbers.Below(std::size(kStrange))];
  }
}

void MutateBroker(Broker& broker, Numbers& numbers) {
  switch (numbers.Below(7)) {
    case 0:
      broker.id = numbers.Between(-1, 9);
      return;
    case 1:
      broker.capacity[numbers.Below(kResources)] = StrangeAmount(numbers);
      return;
    case 2:
      broker.reserved[numbers.Below(kResources)] = StrangeAmount(numbers);
      return;
    case 3:
      broker.state = static_cast<BrokerState>(numbers.Below(4));
      return;
    case 4:
      broker.excluded = !broker.excluded;
      return;
    case 5:
      broker.rack = numbers.OneIn(2) ? "" : "rack0";
      return;
    default:
      broker.log_dirs.push_back({"/data/x", StrangeAmount(numbers), numbers.OneIn(3) ? StrangeAmount(numbers) : 0});
  }
}

void MutatePartition(PartitionFacts& partition, Numbers& numbers) {
  switch (numbers.Below(8)) {
    case 0:
      partition.topic = numbers.Between(-1, 6);
      return;
    case 1:
      partition.partition = numbers.Between(-1, 5);
      return;
    case 2:
      partition.replicas.push_back(numbers.Between(-1, 9));
      return;
    case 3:
      if (!partition.replicas.empty()) partition.replicas.pop_back();
      return;
    case 4:
      partition.leader_load[numbers.Below(kResources)] = StrangeAmount(numbers);
      return;
    case 5:
      partition.follower_load[numbers.Below(kResources)] = StrangeAmount(numbers);
      return;
    case 6:
      partition.replica_facts.push_back({numbers.Between(-1, 3), numbers.OneIn(2), StrangeAmount(numbers)});
      return;
    default:
      partition.min_in_sync = numbers.Between(-1, 300);
  }
}

}  // namespace

void Mutate(SnapshotFacts& facts, Numbers& numbers) {
  for (int changes = numbers.Between(1, 3); changes > 0; --changes) {
    switch (numbers.Below(5)) {
      case 0:
        if (!facts.brokers.empty()) MutateBroker(facts.brokers[numbers.Below(facts.brokers.size())], numbers);
        break;
      case 1:
        if (numbers.OneIn(4) && !facts.brokers.empty()) facts.brokers.pop_back();
        break;
      case 2:
        if (numbers.OneIn(4)) facts.limits[numbers.Below(kResources)] = StrangeAmount(numbers);
        break;
      default:
        if (!facts.partitions.empty())
          MutatePartition(facts.partitions[numbers.Below(facts.partitions.size())], numbers);
    }
  }
}

std::string WrongWith(const SnapshotFacts& facts) {
  const absl::StatusOr<Snapshot> snapshot = facts.Build();
  if (!snapshot.ok()) {
    const bool says_what = ErrorReason(snapshot.status()) == "INVALID_SNAPSHOT";
    return says_what ? "" : absl::StrCat("refused without a reason: ", snapshot.status().ToString());
  }
  const absl::StatusOr<Plan> plan = MakePlan(*snapshot, {.window = 0.1, .work = 60'000});
  if (!plan.ok()) return absl::StrCat("no plan: ", plan.status().ToString());
  const StepViolations found = CheckSteps(*snapshot, plan->batches, plan->throttle_kbps);
  return found.total() == 0 ? "" : found.first;
}

}  // namespace sluice::planner::testing
