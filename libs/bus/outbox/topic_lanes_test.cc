#include "libs/bus/outbox/topic_lanes.h"

#include <gtest/gtest.h>

namespace sluice::bus {
namespace {

using ::testing::Test;

OutboxRow Row(std::int64_t id, const std::string& topic, const std::string& key, bool compacted = true) {
  OutboxRow row;
  row.id = id;
  row.message = {.topic = topic, .key = key, .generation = id, .compacted = compacted};
  return row;
}

class TopicLanesTest : public Test {
 protected:
  std::uint64_t Send(OutboxRow row) {
    const std::uint64_t tag = lanes_.NextTag(row.message.topic);
    lanes_.Sending(std::move(row));
    return tag;
  }
  static std::vector<std::int64_t> Ids(const std::vector<OutboxRow>& rows) {
    std::vector<std::int64_t> ids;
    for (const OutboxRow& row : rows) ids.push_back(row.id);
    return ids;
  }

  clock::SeededRandom random_{1};
  TopicLanes lanes_{random_};
  const absl::Duration now_ = absl::Seconds(10);
};

TEST_F(TopicLanesTest, ALaneFinishesWithItsLastReport) {
  const auto first = Send(Row(1, "a", "k"));
  const auto second = Send(Row(2, "a", "l"));
  lanes_.Report(second, true);
  EXPECT_TRUE(lanes_.TakeFinished(now_).done.empty());
  EXPECT_EQ(lanes_.Closed(now_), std::vector<std::string>{"a"});
  lanes_.Report(first, true);
  EXPECT_EQ(Ids(lanes_.TakeFinished(now_).done), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(lanes_.Closed(now_).empty());
  EXPECT_FALSE(lanes_.InFlight());
}

TEST_F(TopicLanesTest, ASlowTopicHoldsUpNoOther) {
  Send(Row(1, "slow", "k"));
  lanes_.Report(Send(Row(2, "quick", "k")), true);
  EXPECT_EQ(Ids(lanes_.TakeFinished(now_).done), std::vector<std::int64_t>{2});
  EXPECT_EQ(lanes_.Closed(now_), std::vector<std::string>{"slow"});
}

// Row 1 is sent again, so it would come behind row 3 of its key: that one is sent again too.
TEST_F(TopicLanesTest, BehindAFailedRowItsKeyIsSentAgain) {
  const auto a = Send(Row(1, "t", "k"));
  const auto b = Send(Row(2, "t", "other"));
  const auto c = Send(Row(3, "t", "k"));
  lanes_.Report(a, false);
  lanes_.Report(b, true);
  lanes_.Report(c, true);
  const auto finished = lanes_.TakeFinished(now_);
  EXPECT_EQ(Ids(finished.done), std::vector<std::int64_t>{2});
  EXPECT_EQ(Ids(finished.delivered), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(finished.failed, 1);
}

TEST_F(TopicLanesTest, AFailedRowBehindADeliveredOneOfItsKeyKeepsThatDone) {
  const auto a = Send(Row(1, "t", "k"));
  const auto b = Send(Row(2, "t", "k"));
  lanes_.Report(a, true);
  lanes_.Report(b, false);
  EXPECT_EQ(Ids(lanes_.TakeFinished(now_).done), std::vector<std::int64_t>{1});
}

TEST_F(TopicLanesTest, AFailedTopicStaysClosedForItsBackOffThenOpens) {
  lanes_.Report(Send(Row(1, "t", "k")), false);
  lanes_.TakeFinished(now_);
  EXPECT_EQ(lanes_.Closed(now_), std::vector<std::string>{"t"});
  const absl::Duration opens = lanes_.NextOpening(now_);
  EXPECT_GT(opens, now_);
  EXPECT_LE(opens, now_ + absl::Milliseconds(100));
  EXPECT_TRUE(lanes_.Closed(opens).empty());
  for (int i = 0; i < 20; ++i) {
    lanes_.Report(Send(Row(1, "t", "k")), false);
    lanes_.TakeFinished(now_);
    EXPECT_LE(lanes_.NextOpening(now_), now_ + absl::Seconds(3));
  }
  lanes_.Report(Send(Row(1, "t", "k")), true);
  lanes_.TakeFinished(opens);
  EXPECT_EQ(lanes_.NextOpening(now_ + absl::Seconds(3)), absl::InfiniteDuration());
}

TEST_F(TopicLanesTest, ASecondReportOfARowCountsOnce) {
  const auto a = Send(Row(1, "t", "k"));
  Send(Row(2, "t", "k"));
  lanes_.Report(a, true);
  lanes_.Report(a, true);
  EXPECT_TRUE(lanes_.TakeFinished(now_).done.empty());
  EXPECT_TRUE(lanes_.InFlight());
}

}  // namespace
}  // namespace sluice::bus
