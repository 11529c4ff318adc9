#include "libs/bus/reader/latest_of_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::bus {
namespace {

using ::testing::ElementsAre;

ReceivedEvent Of(const std::string& key, std::int64_t generation) {
  ReceivedEvent event;
  event.key = key;
  event.generation = generation;
  return event;
}

std::vector<std::string> Names(const std::vector<ReceivedEvent>& events) {
  std::vector<std::string> names;
  for (const ReceivedEvent& event : events) names.push_back(event.key + "@" + std::to_string(event.generation));
  return names;
}

TEST(LatestOfKeysTest, TheLastOfEachKeyInTheOrderOfTheLasts) {
  LatestOfKeys latest;
  latest.Put(Of("a", 1));
  latest.Put(Of("b", 2));
  latest.Put(Of("a", 3));
  latest.Put(Of("c", 4));
  EXPECT_THAT(Names(latest.TakeFirst(10)), ElementsAre("b@2", "a@3", "c@4"));
  EXPECT_TRUE(latest.empty());
}

TEST(LatestOfKeysTest, InPortionsAndAKeyThatWasTakenBeginsAnew) {
  LatestOfKeys latest;
  latest.Put(Of("a", 1));
  latest.Put(Of("b", 2));
  EXPECT_THAT(Names(latest.TakeFirst(1)), ElementsAre("a@1"));
  latest.Put(Of("a", 3));
  EXPECT_FALSE(latest.empty());
  EXPECT_THAT(Names(latest.TakeFirst(2)), ElementsAre("b@2", "a@3"));
}

}  // namespace
}  // namespace sluice::bus
