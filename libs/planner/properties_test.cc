#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "libs/planner/planner.h"
#include "libs/planner/step_checker.h"
#include "libs/planner/testing/snapshot_facts.h"

namespace sluice::planner {
namespace {

using testing::PlanText;
using testing::RandomFacts;
using testing::SnapshotAfter;

constexpr int kSeeds = 300;

// What holds for every plan of every snapshot; the seed makes the snapshot again.
class OnAnySnapshot : public ::testing::TestWithParam<Mode> {
 protected:
  template <typename Check>
  void ForAllSeeds(Check check) {
    for (uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      const absl::StatusOr<Snapshot> snapshot = RandomFacts(seed).Build();
      ASSERT_TRUE(snapshot.ok()) << snapshot.status();
      const absl::StatusOr<Plan> plan = MakePlan(*snapshot, options_);
      ASSERT_TRUE(plan.ok()) << plan.status();
      check(*snapshot, *plan);
    }
  }
  const PlanOptions options_{.mode = GetParam(), .window = 0.05, .work = 400'000};
};

std::string NameOfMode(const ::testing::TestParamInfo<Mode>& info) {
  constexpr const char* kNames[] = {"EvenOut", "Fill", "Empty", "Repair", "Relieve"};
  return kNames[static_cast<int>(info.param)];
}

TEST_P(OnAnySnapshot, NoStepBreaksALimitTheRackRuleOrMinIsr) {
  ForAllSeeds([&](const Snapshot& snapshot, const Plan& plan) {
    const StepViolations found = CheckSteps(snapshot, plan.batches, plan.throttle_kbps);
    EXPECT_EQ(found.total(), 0) << found.first;
    EXPECT_EQ(plan.intermediate_violations, found.total());
  });
}

TEST_P(OnAnySnapshot, ASecondPlanFindsNothingToDo) {
  ForAllSeeds([&](const Snapshot& snapshot, const Plan& plan) {
    const bool left_steps_out = std::any_of(plan.unresolved.begin(), plan.unresolved.end(),
                                            [](const Unresolved& u) { return u.constraint == Constraint::kOrder; });
    if (left_steps_out || plan.work_spent) return;  // there may be more to do then
    const absl::StatusOr<Plan> second = MakePlan(SnapshotAfter(snapshot, plan), options_);
    ASSERT_TRUE(second.ok());
    EXPECT_TRUE(second->batches.empty()) << plan.summary << "\n" << second->summary;
  });
}

// Also where steps have to be left out: plans that are made again and again have to get somewhere.
TEST_P(OnAnySnapshot, PlansAfterPlansComeToAnEnd) {
  constexpr int kMostPlans = 12;
  ForAllSeeds([&](const Snapshot& snapshot, const Plan& plan) {
    Snapshot now = SnapshotAfter(snapshot, plan);
    absl::StatusOr<Plan> next = plan;
    for (int i = 0; i < kMostPlans && !next->batches.empty(); ++i) {
      next = MakePlan(now, options_);
      ASSERT_TRUE(next.ok());
      now = SnapshotAfter(now, *next);
    }
    EXPECT_TRUE(next->batches.empty()) << plan.summary << "\n" << next->summary;
  });
}

TEST_P(OnAnySnapshot, WhatIsOverALimitNeverGetsWorse) {
  ForAllSeeds([&](const Snapshot& snapshot, const Plan& plan) {
    constexpr int kDimensionOf[] = {kDiskUse, kIn, kOut, kCpuUse};
    for (size_t b = 0; b < snapshot.brokers.size(); ++b) {
      for (int r = 0; r < kResources; ++r) {
        const double before = plan.loads_before[b][kDimensionOf[r]], after = plan.loads_after[b][kDimensionOf[r]];
        EXPECT_LE(after, std::max(before, snapshot.LimitOf(b, r)) + 1e-3)
            << "broker " << snapshot.brokers[b].id << " " << kResourceNames[r];
      }
    }
  });
}

TEST_P(OnAnySnapshot, PinnedPartitionsOnlyLeaveBrokersThatGo) {
  ForAllSeeds([&](const Snapshot& snapshot, const Plan& plan) {
    for (const Batch& batch : plan.batches) {
      for (const Step& step : batch.steps) {
        if (!snapshot.pinned[step.partition]) continue;
        for (uint16_t b : snapshot.ReplicasOf(step.partition)) {
          const bool kept = std::find(step.replicas.begin(), step.replicas.end(), b) != step.replicas.end();
          EXPECT_TRUE(kept || !snapshot.brokers[b].stays()) << "partition " << step.partition;
        }
      }
    }
  });
}

TEST_P(OnAnySnapshot, TheSameSnapshotGivesTheSameBytes) {
  ForAllSeeds([&](const Snapshot& snapshot, const Plan& plan) {
    const absl::StatusOr<Plan> again = MakePlan(snapshot, options_);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(PlanText(plan), PlanText(*again));
  });
}

INSTANTIATE_TEST_SUITE_P(Modes, OnAnySnapshot,
                         ::testing::Values(Mode::kEvenOut, Mode::kFill, Mode::kEmpty, Mode::kRepair, Mode::kRelieve),
                         NameOfMode);

}  // namespace
}  // namespace sluice::planner
