#include <gtest/gtest.h>

#include "libs/planner/testing/facts_mutation.h"

namespace sluice::planner {
namespace {

constexpr uint64_t kSeeds = 4000;

TEST(FuzzedSnapshot, IsRefusedByNameOrPlannedAroundSafely) {
  int refused = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    testing::Numbers numbers(seed);
    testing::SnapshotFacts facts = testing::RandomFacts(numbers.Next());
    testing::Mutate(facts, numbers);
    ASSERT_EQ(testing::WrongWith(facts), "") << "seed " << seed;
    refused += !facts.Build().ok();
  }
  EXPECT_GT(refused, static_cast<int>(kSeeds) / 5) << "the mutations must break something";
  EXPECT_LT(refused, static_cast<int>(kSeeds) * 9 / 10) << "and not everything";
}

}  // namespace
}  // namespace sluice::planner
