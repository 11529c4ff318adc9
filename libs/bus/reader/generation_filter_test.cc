#include "libs/bus/reader/generation_filter.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sluice::bus {
namespace {

TEST(GenerationFilterTest, OnlyUpwards) {
  GenerationFilter filter(10);
  EXPECT_TRUE(filter.Admit("k", 3, false));
  EXPECT_FALSE(filter.Admit("k", 3, false));
  EXPECT_FALSE(filter.Admit("k", 2, false));
  EXPECT_TRUE(filter.Admit("k", 4, false));
  EXPECT_TRUE(filter.Admit("other", 1, false));
}

TEST(GenerationFilterTest, ALateDocumentDoesNotRaiseTheDead) {
  GenerationFilter filter(10);
  EXPECT_TRUE(filter.Admit("k", 5, false));
  EXPECT_TRUE(filter.Admit("k", 6, true));
  EXPECT_FALSE(filter.Admit("k", 5, false));
  EXPECT_TRUE(filter.Admit("k", 7, false));
}

TEST(GenerationFilterTest, WithoutGenerationAlways) {
  GenerationFilter filter(10);
  EXPECT_TRUE(filter.Admit("k", 0, false));
  EXPECT_TRUE(filter.Admit("k", 0, false));
}

TEST(GenerationFilterTest, TombstonesAreBoundedAndTheLivingAreKept) {
  GenerationFilter filter(2);
  EXPECT_TRUE(filter.Admit("live", 1, true));
  EXPECT_TRUE(filter.Admit("live", 2, false));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(filter.Admit("dead" + std::to_string(i), 1, true));
  EXPECT_LE(filter.size(), 4u);
  EXPECT_FALSE(filter.Admit("live", 1, false));
  EXPECT_FALSE(filter.Admit("dead99", 1, false));
}

TEST(GenerationFilterTest, AnyOrderAndDuplicatesEndAtTheHighest) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    GenerationFilter filter(1000);
    std::map<std::string, std::int64_t> last, highest;
    for (int i = 0; i < 300; ++i) {
      const std::string key(1, static_cast<char>('a' + random() % 5));
      const auto generation = static_cast<std::int64_t>(random() % 50 + 1);
      highest[key] = std::max(highest[key], generation);
      if (!filter.Admit(key, generation, random() % 4 == 0)) continue;
      ASSERT_GT(generation, last[key]);
      last[key] = generation;
    }
    ASSERT_EQ(last, highest);
  }
}

}  // namespace
}  // namespace sluice::bus
