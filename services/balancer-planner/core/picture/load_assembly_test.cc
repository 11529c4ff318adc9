#include "services/balancer-planner/core/picture/load_assembly.h"

#include <gtest/gtest.h>

namespace sluice::balancer_planner {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

SeenLoad Part(absl::Time time, int32_t partition) {
  SeenLoad load{.physical_cluster = "pkc-1", .time = time};
  load.partitions.push_back({.topic = "t", .partition = partition, .replicas = {1}});
  if (partition == 1) load.brokers.push_back({.id = 1});
  return load;
}

TEST(LoadAssembly, OnePartIsWhole) {
  LoadAssembly assembly;
  ASSERT_TRUE(assembly.Add(Part(kNow, 1), 1, 1).has_value());
}

TEST(LoadAssembly, AllPartsInAnyOrderAreWhole) {
  LoadAssembly assembly;
  EXPECT_FALSE(assembly.Add(Part(kNow, 3), 3, 3));
  EXPECT_FALSE(assembly.Add(Part(kNow, 1), 1, 3));
  EXPECT_FALSE(assembly.Add(Part(kNow, 1), 1, 3)) << "it came already";
  const auto whole = assembly.Add(Part(kNow, 2), 2, 3);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->partitions.size(), 3u);
  EXPECT_EQ(whole->brokers.size(), 1u);
}

TEST(LoadAssembly, ASampleThatLacksAPartIsGivenUpForANewerOne) {
  LoadAssembly assembly;
  EXPECT_FALSE(assembly.Add(Part(kNow, 1), 1, 2));
  EXPECT_FALSE(assembly.Add(Part(kNow + absl::Seconds(15), 1), 1, 2));
  EXPECT_FALSE(assembly.Add(Part(kNow, 2), 2, 2)) << "too late";
  const auto whole = assembly.Add(Part(kNow + absl::Seconds(15), 2), 2, 2);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->time, kNow + absl::Seconds(15));
}

TEST(LoadAssembly, PartsThatCannotBeAreDropped) {
  LoadAssembly assembly;
  EXPECT_FALSE(assembly.Add(Part(kNow, 1), 0, 1));
  EXPECT_FALSE(assembly.Add(Part(kNow, 1), 2, 1));
  EXPECT_FALSE(assembly.Add(Part(kNow, 1), 1, 0));
  EXPECT_FALSE(assembly.Add(Part(kNow, 1), 1, 100'000));
}

}  // namespace
}  // namespace sluice::balancer_planner
