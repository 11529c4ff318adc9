#include "libs/bus/reader/publish_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "libs/base/error.h"

namespace sluice::bus {
namespace {

QueuedMessage Status(const std::string& key, std::int64_t generation) {
  return {.ce_id = key + std::to_string(generation),
          .message = {.topic = "status", .key = key, .generation = generation, .compacted = true}};
}
QueuedMessage Sample(std::int64_t number) {
  return {.ce_id = std::to_string(number), .message = {.topic = "load", .key = "pkc-1", .generation = number}};
}

TEST(PublishQueueTest, TheNewestOfAKeyTakesThePlaceOfTheOlder) {
  PublishQueue queue(10);
  queue.Add(Status("a", 1));
  queue.Add(Status("b", 1));
  queue.Add(Status("a", 2));
  EXPECT_EQ(queue.waiting(), 2);
  EXPECT_EQ(queue.Take()->ce_id, "a2");
  EXPECT_EQ(queue.Take()->ce_id, "b1");
}

TEST(PublishQueueTest, OneOfAKeyInFlightAtATime) {
  PublishQueue queue(10);
  queue.Add(Status("a", 1));
  const auto first = queue.Take();
  queue.Add(Status("a", 2));
  queue.Add(Status("a", 3));
  EXPECT_FALSE(queue.Take().has_value());
  queue.Delivered(*first);
  EXPECT_EQ(queue.Take()->ce_id, "a3");
}

TEST(PublishQueueTest, AFailedOneComesAgainUnlessANewerWaits) {
  PublishQueue queue(10);
  queue.Add(Status("a", 1));
  EXPECT_TRUE(queue.Failed(*queue.Take()));
  auto again = queue.Take();
  EXPECT_EQ(again->ce_id, "a1");
  queue.Add(Status("a", 2));
  EXPECT_TRUE(queue.Failed(*again));
  EXPECT_EQ(queue.Take()->ce_id, "a2");
  EXPECT_EQ(queue.waiting(), 0);
}

TEST(PublishQueueTest, FullDropsTheOldestSampleAndNeverAStatus) {
  PublishQueue queue(3);
  queue.Add(Status("a", 1));
  queue.Add(Sample(1));
  queue.Add(Sample(2));
  const auto put = queue.Add(Sample(3));
  EXPECT_TRUE(put.status.ok());
  EXPECT_TRUE(put.dropped);
  EXPECT_EQ(queue.Take()->ce_id, "a1");
  EXPECT_EQ(queue.Take()->ce_id, "2");
}

TEST(PublishQueueTest, FullOfStatusRefuses) {
  PublishQueue queue(2);
  queue.Add(Status("a", 1));
  queue.Add(Status("b", 1));
  EXPECT_EQ(ErrorReason(queue.Add(Status("c", 1)).status), "BUS_BACKLOG");
  EXPECT_TRUE(queue.Add(Status("a", 2)).status.ok());
}

TEST(PublishQueueTest, AFailedSampleIsLost) {
  PublishQueue queue(10);
  queue.Add(Sample(1));
  EXPECT_FALSE(queue.Failed(*queue.Take()));
  EXPECT_TRUE(queue.empty());
}

// Whatever fails and whenever: the last that arrives of a key is the newest that was accepted, and the bound holds.
TEST(PublishQueueTest, TheLastToArriveIsTheNewest) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    PublishQueue queue(8);
    std::map<std::string, std::int64_t> newest, arrived;
    std::vector<QueuedMessage> in_flight;
    std::int64_t generation = 0;
    const auto land = [&](bool may_fail) {
      const std::size_t which = random() % in_flight.size();
      QueuedMessage message = std::move(in_flight[which]);
      in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(which));
      if (may_fail && random() % 3 == 0) {
        queue.Failed(std::move(message));
      } else {
        queue.Delivered(message);
        arrived[message.message.key] = message.message.generation;
      }
    };
    for (int i = 0; i < 200; ++i) {
      const std::string key(1, static_cast<char>('a' + random() % 5));
      if (queue.Add(Status(key, ++generation)).status.ok()) newest[key] = generation;
      if (random() % 2 == 0) {
        if (auto message = queue.Take()) in_flight.push_back(*std::move(message));
      }
      if (!in_flight.empty() && random() % 2 == 0) land(/*may_fail=*/true);
    }
    while (!queue.empty()) {
      while (auto message = queue.Take()) in_flight.push_back(*std::move(message));
      land(/*may_fail=*/false);
    }
    ASSERT_EQ(arrived, newest);
  }
}

}  // namespace
}  // namespace sluice::bus
