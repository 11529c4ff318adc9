#include "services/satellite/app/bus/desired_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::satellite {
namespace {

using provisioner::v1::DesiredDocument;
using testing::ElementsAre;
using testing::IsEmpty;

class RecordingHandler final : public WishHandler {
 public:
  void OnWish(AcceptedWish wish) override {
    seen.push_back(wish.document.key() + "@" + std::to_string(wish.document.generation()));
    traceparent = wish.traceparent;
  }
  void OnForgotten(const std::string& key) override { seen.push_back("-" + key); }
  std::vector<std::string> seen;
  std::string traceparent;
};

DesiredDocument Logical(int64_t generation, bool deleted = false) {
  DesiredDocument document;
  document.set_key("pkc-1/lkc-a");
  document.set_data_plane("local");
  document.set_generation(generation);
  document.set_deleted(deleted);
  document.mutable_logical_cluster()->set_logical_cluster("lkc-a");
  return document;
}

DesiredDocument Physical(int64_t generation) {
  DesiredDocument document;
  document.set_key("pkc-1");
  document.set_data_plane("local");
  document.set_generation(generation);
  document.mutable_physical_cluster()->set_brokers(3);
  return document;
}

bus::ReceivedEvent Record(const DesiredDocument& document) {
  return {.traceparent = "00-trace", .key = document.key(), .payload = document.SerializeAsString()};
}

class DesiredIntakeTest : public testing::Test {
 protected:
  double Dropped() { return metrics_.CounterOf("sluice_satellite_documents_dropped_total", "").Value(); }

  FakeDesiredStore store_;
  RecordingHandler physical_;
  RecordingHandler logical_;
  metrics::Registry metrics_;
  DesiredIndex index_;
  DesiredIntake intake_{"local", {store_, index_, physical_, logical_, metrics_}};
};

TEST_F(DesiredIntakeTest, HandsOnByKindAndKeepsOnDiskFirst) {
  ASSERT_TRUE(intake_.Accept(Record(Physical(1))).ok());
  ASSERT_TRUE(intake_.Accept(Record(Logical(1))).ok());
  EXPECT_THAT(physical_.seen, ElementsAre("pkc-1@1"));
  EXPECT_THAT(logical_.seen, ElementsAre("pkc-1/lkc-a@1"));
  EXPECT_EQ(logical_.traceparent, "00-trace");
  EXPECT_EQ(store_.LoadAll()->size(), 2);
}

TEST_F(DesiredIntakeTest, NeverGoesBack) {
  ASSERT_TRUE(intake_.Accept(Record(Logical(5))).ok());
  ASSERT_TRUE(intake_.Accept(Record(Logical(4))).ok());
  ASSERT_TRUE(intake_.Accept(Record(Logical(5))).ok());
  ASSERT_TRUE(intake_.Accept(Record(Logical(6))).ok());
  EXPECT_THAT(logical_.seen, ElementsAre("pkc-1/lkc-a@5", "pkc-1/lkc-a@6"));
  EXPECT_EQ(Dropped(), 0);
}

TEST_F(DesiredIntakeTest, NothingIsHandedOnThatIsNotOnDisk) {
  store_.SetStatus(absl::ResourceExhaustedError("full"));
  EXPECT_FALSE(intake_.Accept(Record(Logical(1))).ok());
  EXPECT_THAT(logical_.seen, IsEmpty());
  store_.SetStatus(absl::OkStatus());
  EXPECT_TRUE(intake_.Accept(Record(Logical(1))).ok());
  EXPECT_THAT(logical_.seen, ElementsAre("pkc-1/lkc-a@1"));
}

TEST_F(DesiredIntakeTest, ForgedRecordsAreDropped) {
  DesiredDocument foreign = Logical(1);
  foreign.set_data_plane("other");
  DesiredDocument kind = Physical(1);
  kind.mutable_logical_cluster();
  DesiredDocument none = Logical(0);
  DesiredDocument tenant = Logical(1);
  tenant.mutable_logical_cluster()->set_logical_cluster("lkc-b");
  DesiredDocument empty = Physical(1);
  empty.clear_wish();
  for (const DesiredDocument& document : {foreign, kind, none, tenant, empty}) {
    ASSERT_TRUE(intake_.Accept(Record(document)).ok());
  }
  for (const char* key : {"pkc-2", "../etc", "pkc-1/lkc-a/b", "pkc-/lkc-a", "pkc-1/../lkc-a", ""}) {
    DesiredDocument document = Logical(1);
    if (std::string(key) != "pkc-2") document.set_key(key);
    bus::ReceivedEvent record = Record(document);
    record.key = key;
    ASSERT_TRUE(intake_.Accept(record).ok());
  }
  bus::ReceivedEvent garbage = Record(Logical(1));
  garbage.payload = "\xff\xff garbage";
  ASSERT_TRUE(intake_.Accept(garbage).ok());
  EXPECT_THAT(physical_.seen, IsEmpty());
  EXPECT_THAT(logical_.seen, IsEmpty());
  EXPECT_THAT(*store_.LoadAll(), IsEmpty());
  EXPECT_EQ(Dropped(), 12);
}

TEST_F(DesiredIntakeTest, TombstoneOnlyOfWhatIsDeleted) {
  ASSERT_TRUE(intake_.Accept(Record(Logical(1))).ok());
  ASSERT_TRUE(intake_.Accept({.key = "pkc-1/lkc-a"}).ok());
  EXPECT_EQ(store_.LoadAll()->size(), 1);
  EXPECT_EQ(Dropped(), 1);
  ASSERT_TRUE(intake_.Accept(Record(Logical(2, true))).ok());
  ASSERT_TRUE(intake_.Accept({.key = "pkc-1/lkc-a"}).ok());
  EXPECT_THAT(*store_.LoadAll(), IsEmpty());
  EXPECT_THAT(logical_.seen, ElementsAre("pkc-1/lkc-a@1", "pkc-1/lkc-a@2", "-pkc-1/lkc-a"));
}

TEST_F(DesiredIntakeTest, StartsFromDisk) {
  ASSERT_TRUE(store_.Save({Logical(3), ""}).ok());
  ASSERT_TRUE(store_.Save({Physical(2), ""}).ok());
  ASSERT_TRUE(intake_.Start().ok());
  EXPECT_THAT(physical_.seen, ElementsAre("pkc-1@2"));
  EXPECT_THAT(logical_.seen, ElementsAre("pkc-1/lkc-a@3"));
  ASSERT_TRUE(intake_.Accept(Record(Logical(3))).ok());
  EXPECT_EQ(logical_.seen.size(), 1);
}

TEST_F(DesiredIntakeTest, GoneIsSaidOnlyWhenAllIsKnown) {
  EXPECT_FALSE(index_.IsGone("pkc-1"));
  index_.SetComplete();
  EXPECT_TRUE(index_.IsGone("pkc-1"));
  ASSERT_TRUE(intake_.Accept(Record(Physical(1))).ok());
  EXPECT_FALSE(index_.IsGone("pkc-1"));
}

}  // namespace
}  // namespace sluice::satellite
