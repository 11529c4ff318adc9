#include "services/provisioner/core/topics/topic_news.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace sluice::provisioner {
namespace {

// A placed cluster whose last status lists `topics`.
ClusterFamily FamilyWith(std::vector<SeenTopic> topics, int64_t version = 5) {
  ClusterFamily family;
  family.cluster.meta.uid = "lkc-1";
  family.cluster.meta.name = "organizations/acme/environments/prod/kafkaClusters/orders";
  family.cluster.organization = "acme";
  family.cluster.environment = "prod";
  family.cluster.placement = {.data_plane = "local", .physical_cluster = "pkc-1"};
  DesiredDocument document;
  document.meta.uid = "pkc-1/lkc-1";
  document.meta.generation = 3;
  document.wish = LogicalSpec{};
  family.documents.push_back(document);
  SeenStatus status;
  status.meta.version = version;
  status.key = "pkc-1/lkc-1";
  status.cluster_uid = "lkc-1";
  status.sequence = version;
  status.seen = SeenLogical{
      .state = SeenLogicalState::kReady, .topics = topics, .topic_count = static_cast<int32_t>(topics.size())};
  family.statuses.push_back(status);
  return family;
}

SeenTopic Seen(const std::string& name, int32_t partitions = 1) {
  return {.name = name, .partitions = partitions, .replication_factor = 3};
}

SeenLogical& SeenOf(ClusterFamily& family) { return std::get<SeenLogical>(family.statuses[0].seen); }

std::vector<TopicWish>& WishesOf(ClusterFamily& family) {
  return std::get<LogicalSpec>(family.documents[0].wish).topic_wishes;
}

// "+a" new or changed, "-a" gone.
std::string Told(const std::vector<TopicNews>& news) {
  std::string told;
  for (const TopicNews& one : news) absl::StrAppend(&told, one.erased ? "-" : "+", one.topic.id, " ");
  return told;
}

TEST(TopicNews, TellsWhatAStatusShowsForTheFirstTimeOtherwiseOrNoMore) {
  const ClusterFamily before = FamilyWith({Seen("a"), Seen("b"), Seen("c")});
  // A status is numbered when it is written.
  ClusterFamily after = FamilyWith({Seen("a"), Seen("b", 6), Seen("d")});
  after.statuses[0].sequence = 6;
  const std::vector<TopicNews> news = TopicNewsOf(before, after);
  EXPECT_EQ(Told(news), "-c +b +d ");
  EXPECT_EQ(news[1].topic.partitions, 6);
  EXPECT_EQ(news[1].topic.name, "organizations/acme/environments/prod/kafkaClusters/orders/topics/b");
  EXPECT_EQ(news[1].organization, "acme");
  EXPECT_EQ(news[1].environment, "prod");
  EXPECT_EQ(news[1].version, 3 + 5 + 1);
  EXPECT_EQ(Told(TopicNewsOf(before, before)), "");
}

TEST(TopicNews, TheNextStatusHasAHigherVersionThanAWishBeforeIt) {
  const ClusterFamily start = FamilyWith({});
  ClusterFamily wished = start;
  WishesOf(wished).push_back({.wish_id = "op-1", .topic = "t", .partitions = 2, .must_create = true});
  ++wished.documents[0].meta.generation;
  const std::vector<TopicNews> creating = TopicNewsOf(start, wished);
  ASSERT_EQ(Told(creating), "+t ");
  EXPECT_EQ(creating[0].topic.state, TopicState::kCreating);
  ClusterFamily made = wished;
  WishesOf(made).clear();
  ++made.documents[0].meta.generation;
  SeenOf(made).topics = {Seen("t", 2)};
  made.statuses[0].sequence = 9;
  const std::vector<TopicNews> ready = TopicNewsOf(wished, made);
  ASSERT_EQ(Told(ready), "+t ");
  EXPECT_EQ(ready[0].topic.state, TopicState::kReady);
  EXPECT_GT(ready[0].version, creating[0].version);
  // What the snapshot shows of it is not older than its event.
  ++made.statuses[0].meta.version;
  EXPECT_EQ(PresentTopicsOf(made)[0].version, ready[0].version);
}

TEST(TopicNews, ARefusedWishTakesItsTopicBack) {
  ClusterFamily wished = FamilyWith({});
  WishesOf(wished).push_back({.wish_id = "op-1", .topic = "t", .partitions = 2, .must_create = true});
  ClusterFamily refused = wished;
  WishesOf(refused).clear();
  EXPECT_EQ(Told(TopicNewsOf(wished, refused)), "-t ");
}

TEST(TopicNews, ACellThatCouldNotBeLookedAtTakesNothingAway) {
  const ClusterFamily before = FamilyWith({Seen("a"), Seen("b")});
  ClusterFamily blind = FamilyWith({}, 6);
  SeenOf(blind).state = SeenLogicalState::kProvisioning;
  EXPECT_EQ(Told(TopicNewsOf(before, blind)), "");
  ClusterFamily empty = FamilyWith({}, 6);
  EXPECT_EQ(Told(TopicNewsOf(before, empty)), "-a -b ");
}

TEST(TopicNews, WhatFallsOffTheEndOfALongListIsNotGone) {
  const ClusterFamily before = FamilyWith({Seen("b"), Seen("c")});
  ClusterFamily after = FamilyWith({Seen("a"), Seen("b")}, 6);
  SeenOf(after).topic_count = 3;
  EXPECT_EQ(Told(TopicNewsOf(before, after)), "+a ");
}

TEST(TopicNews, AnErasedClusterTakesItsTopicsAlong) {
  const ClusterFamily before = FamilyWith({Seen("a")});
  ClusterFamily after = before;
  after.statuses.clear();
  after.erased = true;
  const std::vector<TopicNews> news = TopicNewsOf(before, after);
  EXPECT_EQ(Told(news), "-a ");
  EXPECT_GT(news[0].version, PresentTopicsOf(before)[0].version);
}

}  // namespace
}  // namespace sluice::provisioner
