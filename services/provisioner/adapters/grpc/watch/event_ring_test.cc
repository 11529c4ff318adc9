#include "services/provisioner/adapters/grpc/watch/event_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/base/error.h"

namespace sluice::provisioner {
namespace {

std::shared_ptr<const RingEvent> Event(int slot, int64_t offset) {
  return std::make_shared<RingEvent>(slot, offset, Kind::kEnvironment, absl::UnixEpoch(), "x");
}

// "slot:offset" of all that a reader gets.
std::vector<std::string> ReadAll(const EventRing& ring, EventRing::Place& place) {
  std::vector<std::string> read;
  std::shared_ptr<const RingEvent> event;
  while (ring.Next(place, event) == EventRing::Reading::kEvent) {
    read.push_back(std::to_string(event->slot()) + ":" + std::to_string(event->offset()));
  }
  return read;
}

TEST(EventRing, IsNotReadyBeforeItBegins) {
  const EventRing ring({});
  EXPECT_EQ(ErrorReason(ring.End().status()), "WATCH_NOT_READY");
  EXPECT_EQ(ErrorReason(ring.Resume({0}).status()), "WATCH_NOT_READY");
}

TEST(EventRing, GivesAReaderEachEventOnceInOrder) {
  EventRing ring({});
  ring.Begin({10, 20});
  EventRing::Place place = *ring.End();
  ring.Append(Event(0, 10));
  ring.Append(Event(1, 20));
  ring.Append(Event(0, 11));
  EXPECT_EQ(ReadAll(ring, place), (std::vector<std::string>{"0:10", "1:20", "0:11"}));
  EXPECT_EQ(place.offsets, (std::vector<int64_t>{12, 21}));
  ring.Append(Event(1, 25));
  EXPECT_EQ(ReadAll(ring, place), (std::vector<std::string>{"1:25"}));
}

TEST(EventRing, ResumesFromOffsetsAfterARestart) {
  EventRing ring({});
  // A new process that took in some of the past.
  ring.Begin({5, 5});
  for (int i = 5; i < 10; ++i) {
    ring.Append(Event(0, i));
    ring.Append(Event(1, i));
  }
  auto place = ring.Resume({8, 9});
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(ReadAll(ring, *place), (std::vector<std::string>{"0:8", "0:9", "1:9"}));
  EXPECT_EQ(ErrorReason(ring.Resume({4, 9}).status()), "RESUME_TOKEN_EXPIRED");
  EXPECT_EQ(ErrorReason(ring.Resume({8}).status()), "RESUME_TOKEN_EXPIRED");
}

TEST(EventRing, IsBoundedAndSaysWhenAReaderLostItsPlace) {
  EventRing ring({.events = 100, .bytes = 1'000'000});
  ring.Begin({0});
  EventRing::Place slow = *ring.End();
  for (int i = 0; i < 50; ++i) ring.Append(Event(0, i));
  EXPECT_NEAR(ring.Lag(slow), 0.5, 0.01);
  for (int i = 50; i < 500; ++i) ring.Append(Event(0, i));
  std::shared_ptr<const RingEvent> event;
  EXPECT_EQ(ring.Next(slow, event), EventRing::Reading::kLost);
  EXPECT_EQ(ErrorReason(ring.Resume({399}).status()), "RESUME_TOKEN_EXPIRED");
  auto place = ring.Resume({400});
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(ReadAll(ring, *place).size(), 100u);
}

TEST(EventRing, IsBoundedByBytesToo) {
  EventRing ring({.events = 1'000'000, .bytes = 100'000});
  ring.Begin({0});
  for (int i = 0; i < 1000; ++i) {
    ring.Append(std::make_shared<RingEvent>(0, i, Kind::kEnvironment, absl::UnixEpoch(), std::string(9'800, 'x')));
  }
  EXPECT_EQ(ErrorReason(ring.Resume({989}).status()), "RESUME_TOKEN_EXPIRED");
  EXPECT_TRUE(ring.Resume({990}).ok());
}

TEST(EventRing, WhoReadBeforeItBeganAnewHasLostItsPlace) {
  EventRing ring({});
  ring.Begin({0});
  EventRing::Place place = *ring.End();
  ring.Begin({7});
  std::shared_ptr<const RingEvent> event;
  EXPECT_EQ(ring.Next(place, event), EventRing::Reading::kLost);
}

TEST(EventRing, WakesThoseWhoSubscribed) {
  EventRing ring({});
  int woken = 0;
  const int64_t subscription = ring.Subscribe([&woken] { ++woken; });
  ring.WakeReaders();
  ring.Unsubscribe(subscription);
  ring.WakeReaders();
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace sluice::provisioner
