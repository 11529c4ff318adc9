#include "services/satellite/app/bus/status_publisher.h"

#include <gtest/gtest.h>

namespace sluice::satellite {
namespace {

using satellite::v1::StatusDocument;

class StatusPublisherTest : public testing::Test {
 protected:
  StatusDocument Draft(const std::string& key, const std::string& ready = "TRUE") {
    StatusDocument draft;
    draft.set_key(key);
    draft.set_observed_generation(1);
    auto* condition = draft.add_conditions();
    condition->set_type("Ready");
    condition->set_status(ready);
    return draft;
  }
  std::vector<StatusDocument> Said() {
    std::vector<StatusDocument> said;
    for (const auto& message : bus_.Take()) {
      EXPECT_EQ(message.topic, "sluice.dp.local.status.v1");
      EXPECT_TRUE(message.compacted);
      said.emplace_back();
      EXPECT_TRUE(said.back().ParseFromString(message.payload.value()));
      EXPECT_EQ(message.key, said.back().key());
    }
    return said;
  }

  bus::FakePublisher bus_;
  clock::FakeClock clock_;
  metrics::Registry metrics_;
  StatusPublisher publisher_{{.data_plane = "local", .epoch = 7, .most_repeats_per_second = 10},
                             {bus_, clock_, metrics_}};
};

TEST_F(StatusPublisherTest, SaysWhatChangedAtOnceAndOnce) {
  publisher_.Publish(Draft("pkc-1"), "00-trace");
  publisher_.Publish(Draft("pkc-1"), "");
  publisher_.Publish(Draft("pkc-1", "FALSE"), "");
  const auto said = Said();
  ASSERT_EQ(said.size(), 2);
  EXPECT_EQ(said[0].satellite_epoch(), 7);
  EXPECT_EQ(said[0].data_plane(), "local");
  EXPECT_LT(said[0].sequence(), said[1].sequence());
}

TEST_F(StatusPublisherTest, ConditionKeepsTheTimeOfItsLastChange) {
  publisher_.Publish(Draft("pkc-1"), "");
  const auto first = Said()[0].conditions(0).last_transition_time().seconds();
  clock_.Advance(absl::Seconds(10));
  StatusDocument draft = Draft("pkc-1");
  draft.set_observed_generation(2);
  publisher_.Publish(draft, "");
  EXPECT_EQ(Said()[0].conditions(0).last_transition_time().seconds(), first);
  publisher_.Publish(Draft("pkc-1", "FALSE"), "");
  EXPECT_EQ(Said()[0].conditions(0).last_transition_time().seconds(), first + 10);
}

TEST_F(StatusPublisherTest, RepeatsEverythingWithinItsBounds) {
  for (int i = 0; i < 30; ++i) publisher_.Publish(Draft("pkc-" + std::to_string(i)), "");
  Said();
  publisher_.Repeat();
  EXPECT_EQ(Said().size(), 0);
  clock_.Advance(absl::Seconds(30));
  publisher_.Repeat();
  EXPECT_EQ(Said().size(), 10);
  publisher_.Repeat();
  EXPECT_EQ(Said().size(), 0);
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(absl::Milliseconds(100));
    publisher_.Repeat();
    for (const auto& document : Said()) keys.insert(document.key());
  }
  EXPECT_EQ(keys.size(), 20);
}

TEST_F(StatusPublisherTest, ForgottenKeyGetsATombstoneAndIsNotRepeated) {
  publisher_.Publish(Draft("pkc-1"), "");
  bus_.Take();
  publisher_.Forget("pkc-1");
  publisher_.Forget("pkc-1");
  const auto messages = bus_.Take();
  ASSERT_EQ(messages.size(), 1);
  EXPECT_FALSE(messages[0].payload.has_value());
  clock_.Advance(absl::Minutes(1));
  publisher_.Repeat();
  EXPECT_TRUE(bus_.Take().empty());
}

TEST_F(StatusPublisherTest, SaysAllAgainAtOnceWhenWhatItSaidMayBeLost) {
  publisher_.Publish(Draft("pkc-1"), "");
  publisher_.Publish(Draft("pkc-2"), "");
  Said();
  clock_.Advance(absl::Seconds(1));
  publisher_.Repeat();
  EXPECT_EQ(Said().size(), 0);
  publisher_.SayAllAgain();
  publisher_.Repeat();
  EXPECT_EQ(Said().size(), 2);
}

TEST_F(StatusPublisherTest, GenerationOfTheRecordGrows) {
  publisher_.Publish(Draft("pkc-1"), "");
  const int64_t first = bus_.Take()[0].generation;
  publisher_.Publish(Draft("pkc-1", "FALSE"), "");
  EXPECT_GT(bus_.Take()[0].generation, first);
  StatusPublisher successor({.data_plane = "local", .epoch = 8}, {bus_, clock_, metrics_});
  successor.Publish(Draft("pkc-1"), "");
  EXPECT_GT(bus_.Take()[0].generation, first + 1'000'000);
}

TEST_F(StatusPublisherTest, WhatTheBusHadNoRoomForIsSaidLater) {
  bus_.SetStatus(absl::ResourceExhaustedError("full"));
  publisher_.Publish(Draft("pkc-1"), "");
  bus_.SetStatus(absl::OkStatus());
  clock_.Advance(absl::Seconds(31));
  publisher_.Repeat();
  EXPECT_EQ(Said().size(), 1);
}

}  // namespace
}  // namespace sluice::satellite
