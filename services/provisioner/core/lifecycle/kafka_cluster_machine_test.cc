#include "services/provisioner/core/lifecycle/kafka_cluster_machine.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "services/provisioner/core/lifecycle/cluster_details.h"
#include "services/provisioner/core/lifecycle/documents.h"

namespace sluice::provisioner {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const Placement kCell = {.data_plane = "local", .physical_cluster = "pkc-1"};
const Placement kOther = {.data_plane = "local", .physical_cluster = "pkc-2"};

ClusterFamily NewServerless() {
  KafkaCluster cluster;
  cluster.meta = {.uid = "lkc-1", .name = "organizations/a/environments/e/kafkaClusters/orders", .generation = 1};
  cluster.organization = "a";
  cluster.environment = "e";
  cluster.id = "orders";
  cluster.prefix = "lkc-1.";
  cluster.effective_limits.partitions = 10;
  return StartCluster({.cluster = cluster, .operation = {.uid = "op-create", .now = kNow}});
}

ClusterFamily PlacedServerless() {
  ClusterFamily family = NewServerless();
  PlaceOnCell(family, kCell, 3, 2, kNow);
  return family;
}

SeenStatus Says(const Placement& placement, SeenLogicalState state, int64_t generation) {
  SeenStatus status;
  status.data_plane = placement.data_plane;
  status.key = placement.physical_cluster + "/lkc-1";
  status.meta.uid = status.data_plane + ":" + status.key;
  status.cluster_uid = "lkc-1";
  status.observed_generation = generation;
  status.seen = SeenLogical{.state = state};
  return status;
}

SeenStatus OwnSays(SeenPhysicalState state, int64_t generation, int brokers_ready) {
  SeenStatus status;
  status.data_plane = "local";
  status.key = "pkc-own";
  status.meta.uid = "local:pkc-own";
  status.observed_generation = generation;
  status.seen = SeenPhysical{.state = state, .brokers_ready = brokers_ready};
  return status;
}

ClusterFamily ReadyServerless() {
  ClusterFamily family = PlacedServerless();
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 1), kNow);
  // What is done is not read again.
  std::erase_if(family.operations, [](const Operation& operation) { return operation.done; });
  return family;
}

ClusterFamily PlacedDedicated() {
  ClusterFamily family = NewServerless();
  family.cluster.type = ClusterType::kDedicated;
  family.cluster.prefix = "";
  family.cluster.brokers = 3;
  PhysicalCluster own;
  own.meta = {.uid = "pkc-own", .name = "pkc-own", .generation = 1};
  own.data_plane = "local";
  own.owner_cluster_uid = "lkc-1";
  own.spec = {.brokers = 3, .default_replication_factor = 3, .min_insync_replicas = 2};
  PlaceOnOwn(family, own, kNow);
  return family;
}

const Placement kOwn = {.data_plane = "local", .physical_cluster = "pkc-own"};

Operation& The(ClusterFamily& family, const std::string& uid) { return *FindOperation(family, uid); }

TEST(KafkaClusterMachine, ACreatePlacesSaysItsDocumentAndWaits) {
  ClusterFamily family = PlacedServerless();
  EXPECT_EQ(family.cluster.state, ClusterState::kProvisioning);
  ASSERT_EQ(family.documents.size(), 1u);
  EXPECT_EQ(family.documents[0].meta.uid, "pkc-1/lkc-1");
  EXPECT_EQ(family.documents[0].meta.generation, 1);
  EXPECT_EQ(std::get<LogicalSpec>(family.documents[0].wish).prefix, "lkc-1.");
  EXPECT_FALSE(The(family, "op-create").done);
  EXPECT_NE(The(family, "op-create").status_message.find("local"), std::string::npos);
}

TEST(KafkaClusterMachine, AReadyStatusEndsTheCreate) {
  ClusterFamily family = PlacedServerless();
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 1), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
  EXPECT_EQ(family.cluster.operation, "");
  EXPECT_TRUE(The(family, "op-create").done);
  EXPECT_FALSE(The(family, "op-create").error.has_value());
  EXPECT_EQ(family.cluster.observed_generation, 1);
}

TEST(KafkaClusterMachine, TheSameStatusAgainChangesNothing) {
  ClusterFamily family = ReadyServerless();
  const ClusterFamily before = family;
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 1), kNow + absl::Seconds(5));
  EXPECT_EQ(family, before);
}

TEST(KafkaClusterMachine, AReportFromAPlaceThatItDoesNotHaveIsIgnored) {
  ClusterFamily family = PlacedServerless();
  const ClusterFamily before = family;
  ApplyStatus(family, Says(kOther, SeenLogicalState::kReady, 1), kNow);
  SeenStatus foreign = Says(kCell, SeenLogicalState::kReady, 1);
  foreign.data_plane = "elsewhere";
  ApplyStatus(family, foreign, kNow);
  EXPECT_EQ(family, before);
}

TEST(KafkaClusterMachine, AFailureEndsTheOperationAndHealsLater) {
  ClusterFamily family = PlacedServerless();
  SeenStatus failed = Says(kCell, SeenLogicalState::kFailed, 1);
  failed.conditions = {
      {.type = "Accepted", .status = ConditionStatus::kFalse, .reason = "QUOTAS_REFUSED", .message = "no quotas"}};
  ApplyStatus(family, failed, kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kFailed);
  EXPECT_EQ(The(family, "op-create").error->reason, "QUOTAS_REFUSED");
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 1), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
}

TEST(KafkaClusterMachine, ARefusalAsksForAnotherPlaceAndTakesTheOldDocumentBack) {
  ClusterFamily family = PlacedServerless();
  ApplyStatus(family, Says(kCell, SeenLogicalState::kRejected, 1), kNow);
  ASSERT_TRUE(WantsPlace(family));
  EXPECT_EQ(family.cluster.refused_by, std::vector<Placement>{kCell});
  EXPECT_TRUE(FindDocument(family, "pkc-1/lkc-1")->deleted);
  PlaceOnCell(family, kOther, 3, 2, kNow);
  EXPECT_EQ(The(family, "op-create").document_key, "pkc-2/lkc-1");
  // The old place's word no longer counts, but for its being gone.
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 2), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kProvisioning);
  ApplyStatus(family, Says(kCell, SeenLogicalState::kGone, 2), kNow);
  EXPECT_EQ(family.documents.size(), 1u);
  ApplyStatus(family, Says(kOther, SeenLogicalState::kReady, 1), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
}

TEST(KafkaClusterMachine, ARefusalOfAnOldGenerationIsNotARefusalOfTheNewOne) {
  ClusterFamily family = PlacedServerless();
  family.documents[0].meta.generation = 2;
  ApplyStatus(family, Says(kCell, SeenLogicalState::kRejected, 1), kNow);
  EXPECT_FALSE(WantsPlace(family));
}

TEST(KafkaClusterMachine, WithoutAnyOtherPlaceTheCreateFails) {
  ClusterFamily family = PlacedServerless();
  ApplyStatus(family, Says(kCell, SeenLogicalState::kRejected, 1), kNow);
  FailPlacement(family, "nobody has room", kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kFailed);
  EXPECT_EQ(The(family, "op-create").error->reason, "NO_CAPACITY");
}

TEST(KafkaClusterMachine, AnUpdateOfLimitsWaitsForItsGeneration) {
  ClusterFamily family = ReadyServerless();
  KafkaCluster wished = family.cluster;
  wished.effective_limits.partitions = 99;
  ASSERT_TRUE(UpdateCluster(family, wished, {"op-update", kNow}).ok());
  EXPECT_EQ(family.cluster.state, ClusterState::kUpdating);
  EXPECT_EQ(family.cluster.meta.generation, 2);
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 1), kNow);
  EXPECT_FALSE(The(family, "op-update").done);
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 2), kNow);
  EXPECT_TRUE(The(family, "op-update").done);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
}

TEST(KafkaClusterMachine, AnUpdateOfLabelsIsDoneAtOnce) {
  ClusterFamily family = ReadyServerless();
  KafkaCluster wished = family.cluster;
  wished.labels["team"] = "a";
  ASSERT_TRUE(UpdateCluster(family, wished, {"op-update", kNow}).ok());
  EXPECT_TRUE(The(family, "op-update").done);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
  EXPECT_EQ(family.documents[0].meta.generation, 1);
}

TEST(KafkaClusterMachine, OneOperationAtATime) {
  ClusterFamily family = PlacedServerless();
  EXPECT_EQ(ErrorReason(UpdateCluster(family, family.cluster, {"op-2", kNow})), "OPERATION_IN_PROGRESS");
  EXPECT_EQ(ErrorReason(DeleteCluster(family, {}, {"op-2", kNow})), "OPERATION_IN_PROGRESS");
}

TEST(KafkaClusterMachine, ADeleteShutsClientsOutThenUndeleteLetsThemIn) {
  ClusterFamily family = ReadyServerless();
  ASSERT_TRUE(DeleteCluster(family, {}, {"op-delete", kNow}).ok());
  EXPECT_TRUE(std::get<LogicalSpec>(family.documents[0].wish).suspended);
  EXPECT_EQ(*family.cluster.meta.purge_time, kNow + kUndeleteWindow);
  ApplyStatus(family, Says(kCell, SeenLogicalState::kSuspended, 2), kNow);
  EXPECT_TRUE(The(family, "op-delete").done);
  ASSERT_TRUE(UndeleteCluster(family, {"op-undelete", kNow}).ok());
  EXPECT_FALSE(std::get<LogicalSpec>(family.documents[0].wish).suspended);
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 3), kNow);
  EXPECT_TRUE(The(family, "op-undelete").done);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
}

TEST(KafkaClusterMachine, APurgeWaitsUntilNothingIsLeft) {
  ClusterFamily family = ReadyServerless();
  ASSERT_TRUE(DeleteCluster(family, {.purge_now = true}, {"op-delete", kNow}).ok());
  EXPECT_TRUE(family.documents[0].deleted);
  EXPECT_FALSE(family.erased);
  ApplyStatus(family, Says(kCell, SeenLogicalState::kDeleting, 2), kNow);
  EXPECT_FALSE(family.erased);
  const int64_t last = family.documents[0].meta.generation;
  ApplyStatus(family, Says(kCell, SeenLogicalState::kGone, last - 1), kNow);
  EXPECT_FALSE(family.erased) << "gone, by an older wish";
  ApplyStatus(family, Says(kCell, SeenLogicalState::kGone, last), kNow);
  EXPECT_TRUE(family.erased);
  EXPECT_TRUE(family.documents.empty());
  EXPECT_TRUE(The(family, "op-delete").done);
  EXPECT_EQ(family.cluster.state, ClusterState::kDeleted);
}

TEST(KafkaClusterMachine, WhatMayNotBeDeleted) {
  ClusterFamily is_protected = ReadyServerless();
  is_protected.cluster.deletion_protection = true;
  EXPECT_EQ(ErrorReason(DeleteCluster(is_protected, {.force = true}, {"op", kNow})), "DELETION_PROTECTED");
  ClusterFamily with_topics = ReadyServerless();
  with_topics.cluster.topic_count = 2;
  EXPECT_EQ(ErrorReason(DeleteCluster(with_topics, {}, {"op", kNow})), "HAS_CHILDREN");
  EXPECT_TRUE(DeleteCluster(with_topics, {.force = true}, {"op", kNow}).ok());
}

TEST(KafkaClusterMachine, ACancelledCreateIsUndoneAndEndsCancelled) {
  ClusterFamily family = PlacedServerless();
  CancelOperation(family, "op-create", kNow);
  EXPECT_TRUE(family.documents[0].deleted);
  EXPECT_FALSE(The(family, "op-create").done);
  ApplyStatus(family, Says(kCell, SeenLogicalState::kGone, family.documents[0].meta.generation), kNow);
  EXPECT_TRUE(family.erased);
  EXPECT_EQ(The(family, "op-create").error->reason, "CANCELLED");
}

TEST(KafkaClusterMachine, ADedicatedClusterIsReadyWithAllItsBrokers) {
  ClusterFamily family = PlacedDedicated();
  EXPECT_EQ(family.documents.size(), 2u);
  ApplyStatus(family, Says(kOwn, SeenLogicalState::kReady, 1), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kProvisioning);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 1, 2), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kProvisioning);
  EXPECT_NE(The(family, "op-create").status_message.find("2 of 3"), std::string::npos);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 1, 3), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
  EXPECT_TRUE(The(family, "op-create").done);
}

TEST(KafkaClusterMachine, ADedicatedClusterGoesBeforeItsBrokers) {
  ClusterFamily family = PlacedDedicated();
  ApplyStatus(family, Says(kOwn, SeenLogicalState::kReady, 1), kNow);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 1, 3), kNow);
  ASSERT_TRUE(DeleteCluster(family, {.purge_now = true}, {"op-delete", kNow}).ok());
  EXPECT_TRUE(FindDocument(family, "pkc-own/lkc-1")->deleted);
  EXPECT_FALSE(FindDocument(family, "pkc-own")->deleted);
  ApplyStatus(family, Says(kOwn, SeenLogicalState::kGone, FindDocument(family, "pkc-own/lkc-1")->meta.generation),
              kNow);
  ASSERT_TRUE(FindDocument(family, "pkc-own")->deleted);
  EXPECT_FALSE(family.erased);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kGone, 2, 0), kNow);
  EXPECT_TRUE(family.erased);
  EXPECT_TRUE(family.physical_clusters.empty());
}

TEST(KafkaClusterMachine, AnExpandWaitsForTheNewBrokers) {
  ClusterFamily family = PlacedDedicated();
  ApplyStatus(family, Says(kOwn, SeenLogicalState::kReady, 1), kNow);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 1, 3), kNow);
  KafkaCluster wished = family.cluster;
  wished.brokers = 5;
  ASSERT_TRUE(UpdateCluster(family, wished, {"op-update", kNow}).ok());
  EXPECT_EQ(std::get<PhysicalSpec>(FindDocument(family, "pkc-own")->wish).brokers, 5);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kExpanding, 2, 4), kNow);
  EXPECT_FALSE(The(family, "op-update").done);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 2, 5), kNow);
  EXPECT_TRUE(The(family, "op-update").done);
}

TEST(KafkaClusterMachine, AnExpandIsDoneWhileTheNewBrokersAreFilled) {
  ClusterFamily family = PlacedDedicated();
  ApplyStatus(family, Says(kOwn, SeenLogicalState::kReady, 1), kNow);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 1, 3), kNow);
  KafkaCluster wished = family.cluster;
  wished.brokers = 4;
  ASSERT_TRUE(UpdateCluster(family, wished, {"op-update", kNow}).ok());
  ApplyStatus(family, OwnSays(SeenPhysicalState::kRebalancing, 2, 4), kNow);
  EXPECT_TRUE(The(family, "op-update").done);
}

TEST(KafkaClusterMachine, AShrinkIsDoneWhenTheBrokersAreGoneAndSaysWhatItWaitsFor) {
  ClusterFamily family = PlacedDedicated();
  ApplyStatus(family, Says(kOwn, SeenLogicalState::kReady, 1), kNow);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 1, 3), kNow);
  KafkaCluster wished = family.cluster;
  wished.brokers = 2;
  ASSERT_TRUE(UpdateCluster(family, wished, {"op-update", kNow}).ok());
  EXPECT_EQ(std::get<PhysicalSpec>(FindDocument(family, "pkc-own")->wish).brokers, 2);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 1, 3), kNow);
  EXPECT_FALSE(The(family, "op-update").done) << "that is the state before";
  SeenStatus draining = OwnSays(SeenPhysicalState::kShrinking, 2, 2);
  draining.conditions = {{.type = "Progressing",
                          .status = ConditionStatus::kFalse,
                          .reason = "DRAINING",
                          .message = "7 replicas left on 1 broker(s) that are to go"}};
  ApplyStatus(family, draining, kNow);
  EXPECT_FALSE(The(family, "op-update").done);
  EXPECT_NE(The(family, "op-update").status_message.find("DRAINING, 7 replicas left"), std::string::npos)
      << The(family, "op-update").status_message;
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 2, 2), kNow);
  EXPECT_TRUE(The(family, "op-update").done);
}

ClusterFamily ReadyDedicated() {
  ClusterFamily family = PlacedDedicated();
  ApplyStatus(family, Says(kOwn, SeenLogicalState::kReady, 1), kNow);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 1, 3), kNow);
  return family;
}

SeenStatus Refused(SeenStatus status) {
  status.conditions = {{.type = "Accepted",
                        .status = ConditionStatus::kFalse,
                        .reason = "NO_CAPACITY",
                        .message = "pkc-own needs 2 more brokers; 11 of at most 12 are there"}};
  return status;
}

TEST(KafkaClusterMachine, AnExpandWithoutRoomFailsAndTheWishBeforeIsSaidAgain) {
  ClusterFamily family = ReadyDedicated();
  KafkaCluster wished = family.cluster;
  wished.brokers = 5;
  wished.limits.partitions = 9000;
  ASSERT_TRUE(UpdateCluster(family, wished, {"op-update", kNow}).ok());
  ApplyStatus(family, Refused(OwnSays(SeenPhysicalState::kUp, 1, 3)), kNow);
  EXPECT_FALSE(The(family, "op-update").done) << "that is a word on the wish before";
  ApplyStatus(family, Refused(OwnSays(SeenPhysicalState::kUp, 2, 3)), kNow);
  const Operation& update = The(family, "op-update");
  ASSERT_TRUE(update.done && update.error);
  EXPECT_EQ(update.error->reason, "NO_CAPACITY");
  EXPECT_EQ(update.error->message,
            "it stays at 3 brokers of 0 MiB: pkc-own needs 2 more brokers; 11 of at most 12 are there");
  EXPECT_EQ(family.cluster.brokers, 3);
  EXPECT_EQ(family.cluster.limits.partitions, 0);
  const DesiredDocument& document = *FindDocument(family, "pkc-own");
  EXPECT_EQ(std::get<PhysicalSpec>(document.wish).brokers, 3);
  EXPECT_EQ(document.meta.generation, 3);
  EXPECT_EQ(family.cluster.state, ClusterState::kUpdating);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 3, 3), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
  // Free for the next change.
  EXPECT_TRUE(DeleteCluster(family, {}, {"op-delete", kNow}).ok());
}

TEST(KafkaClusterMachine, AShrinkThatIsCancelledKeepsItsBrokers) {
  ClusterFamily family = ReadyDedicated();
  KafkaCluster wished = family.cluster;
  wished.brokers = 2;
  ASSERT_TRUE(UpdateCluster(family, wished, {"op-update", kNow}).ok());
  ApplyStatus(family, OwnSays(SeenPhysicalState::kShrinking, 2, 2), kNow);
  CancelOperation(family, "op-update", kNow);
  const Operation& update = The(family, "op-update");
  ASSERT_TRUE(update.done && update.error);
  EXPECT_EQ(update.error->reason, "CANCELLED");
  EXPECT_EQ(std::get<PhysicalSpec>(FindDocument(family, "pkc-own")->wish).brokers, 3);
  ApplyStatus(family, OwnSays(SeenPhysicalState::kShrinking, 2, 2), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kUpdating) << "that is a word on the shrink";
  ApplyStatus(family, OwnSays(SeenPhysicalState::kUp, 3, 3), kNow);
  EXPECT_EQ(family.cluster.state, ClusterState::kReady);
}

TEST(KafkaClusterMachine, ACancelledUpdateOfLimitsGoesOnToItsEnd) {
  ClusterFamily family = ReadyDedicated();
  KafkaCluster wished = family.cluster;
  wished.effective_limits.ingress_bytes_per_second = 10;
  ASSERT_TRUE(UpdateCluster(family, wished, {"op-update", kNow}).ok());
  CancelOperation(family, "op-update", kNow);
  EXPECT_FALSE(The(family, "op-update").done);
  EXPECT_TRUE(The(family, "op-update").requested_cancellation);
  ApplyStatus(family, Says(kOwn, SeenLogicalState::kReady, 2), kNow);
  EXPECT_TRUE(The(family, "op-update").done);
  EXPECT_FALSE(The(family, "op-update").error);
}

TEST(KafkaClusterMachine, ASatelliteThatKnowsMoreThanWeDoIsToldAgain) {
  ClusterFamily family = PlacedServerless();
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 7), kNow);
  EXPECT_EQ(family.documents[0].meta.generation, 8);
}

KafkaKey Key(const std::string& uid) {
  KafkaKey key;
  key.meta = {.uid = uid, .name = "…/keys/" + uid, .generation = 1};
  key.cluster_uid = "lkc-1";
  key.sealed_for_data_plane = "local";
  return key;
}

SeenStatus SaysKey(const SeenKey& key, int64_t generation) {
  SeenStatus status = Says(kCell, SeenLogicalState::kReady, generation);
  std::get<SeenLogical>(status.seen).keys = {key};
  return status;
}

TEST(KafkaKeys, AKeyIsReadyWhenItLogsIn) {
  ClusterFamily family = ReadyServerless();
  ASSERT_TRUE(CanHaveKey(family).ok());
  AddKey(family, Key("key-1"), {"op-key", kNow});
  EXPECT_EQ(family.documents[0].meta.generation, 2);
  ApplyStatus(family, SaysKey({.uid = "key-1"}, 2), kNow);
  EXPECT_FALSE(The(family, "op-key").done);
  ApplyStatus(family, SaysKey({.uid = "key-1", .ready = true}, 2), kNow);
  EXPECT_TRUE(The(family, "op-key").done);
  EXPECT_EQ(family.keys[0].state, KeyState::kReady);
}

TEST(KafkaKeys, AKeyThatCannotBeFailsAndHeals) {
  ClusterFamily family = ReadyServerless();
  AddKey(family, Key("key-1"), {"op-key", kNow});
  ApplyStatus(family, SaysKey({.uid = "key-1", .error_reason = "SEALED_BOX_UNREADABLE"}, 2), kNow);
  EXPECT_EQ(The(family, "op-key").error->reason, "SEALED_BOX_UNREADABLE");
  EXPECT_EQ(family.keys[0].state, KeyState::kFailed);
  ApplyStatus(family, SaysKey({.uid = "key-1", .ready = true}, 2), kNow);
  EXPECT_EQ(family.keys[0].state, KeyState::kReady);
}

TEST(KafkaKeys, AKeyWaitsForABrokerThatDoesNotAnswer) {
  ClusterFamily family = ReadyServerless();
  AddKey(family, Key("key-1"), {"op-key", kNow});
  ApplyStatus(family, SaysKey({.uid = "key-1", .error_message = "broker 2 does not answer"}, 2), kNow);
  EXPECT_FALSE(The(family, "op-key").done);
  EXPECT_NE(family.keys[0].state, KeyState::kFailed);
  ApplyStatus(family, SaysKey({.uid = "key-1", .ready = true}, 2), kNow);
  EXPECT_TRUE(The(family, "op-key").done);
}

TEST(KafkaKeys, ADeletedKeyStaysUntilNoBrokerKnowsIt) {
  ClusterFamily family = ReadyServerless();
  AddKey(family, Key("key-1"), {"op-key", kNow});
  ApplyStatus(family, SaysKey({.uid = "key-1", .ready = true}, 2), kNow);
  ASSERT_TRUE(DeleteKey(family, "key-1", {"op-gone", kNow}).ok());
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 2), kNow);
  EXPECT_EQ(family.keys.size(), 1u) << "an older status does not list it either";
  ApplyStatus(family, SaysKey({.uid = "key-1"}, 3), kNow);
  EXPECT_EQ(family.keys.size(), 1u);
  ApplyStatus(family, Says(kCell, SeenLogicalState::kReady, 3), kNow);
  EXPECT_TRUE(family.keys.empty());
  EXPECT_TRUE(The(family, "op-gone").done);
  EXPECT_TRUE(std::get<LogicalSpec>(family.documents[0].wish).keys.empty());
}

TEST(KafkaKeys, AMoveToAnotherDataPlaneMakesSealedKeysUseless) {
  ClusterFamily family = PlacedServerless();
  AddKey(family, Key("key-1"), {"op-key", kNow});
  ApplyStatus(family, Says(kCell, SeenLogicalState::kRejected, 2), kNow);
  PlaceOnCell(family, {.data_plane = "eu-1", .physical_cluster = "pkc-9"}, 3, 2, kNow);
  EXPECT_EQ(The(family, "op-key").error->reason, "SEALING_KEY_CHANGED");
}

TEST(TopicWishes, AWishGoesWhenAStatusConfirmsIt) {
  ClusterFamily family = ReadyServerless();
  const TopicChange change{.verb = Verb::kCreate, .id = "t", .name = "…/topics/t", .partitions = 3};
  ASSERT_TRUE(WishTopic(family, change, {"op-t", kNow}).ok());
  EXPECT_EQ(ErrorReason(WishTopic(family, change, {"op-t2", kNow})), "OPERATION_IN_PROGRESS");
  SeenStatus status = Says(kCell, SeenLogicalState::kReady, 2);
  std::get<SeenLogical>(status.seen).wish_results = {{.wish_id = "op-t", .done = true}};
  ApplyStatus(family, status, kNow);
  EXPECT_TRUE(The(family, "op-t").done);
  EXPECT_TRUE(std::get<LogicalSpec>(family.documents[0].wish).topic_wishes.empty());
  EXPECT_EQ(family.documents[0].meta.generation, 3);
}

TEST(TopicWishes, ARefusedWishFailsItsOperation) {
  ClusterFamily family = ReadyServerless();
  ASSERT_TRUE(WishTopic(family, {.verb = Verb::kCreate, .id = "t", .partitions = 1}, {"op-t", kNow}).ok());
  SeenStatus status = Says(kCell, SeenLogicalState::kReady, 2);
  std::get<SeenLogical>(status.seen).wish_results = {{.wish_id = "op-t", .error_reason = "TOPIC_EXISTS"}};
  ApplyStatus(family, status, kNow);
  EXPECT_EQ(The(family, "op-t").error->reason, "TOPIC_EXISTS");
  EXPECT_EQ(The(family, "op-t").error->code, static_cast<int>(absl::StatusCode::kAlreadyExists));
}

TEST(TopicWishes, PartitionsAreLimitedAcrossWishes) {
  ClusterFamily family = ReadyServerless();
  family.cluster.partition_count = 4;
  ASSERT_TRUE(WishTopic(family, {.verb = Verb::kCreate, .id = "a", .partitions = 6}, {"op-a", kNow}).ok());
  EXPECT_EQ(ErrorReason(WishTopic(family, {.verb = Verb::kCreate, .id = "b", .partitions = 1}, {"op-b", kNow})),
            "PARTITION_LIMIT");
}

TEST(TopicWishes, AWishOnARefusedCellGoesAlongToTheNext) {
  ClusterFamily family = PlacedServerless();
  ASSERT_TRUE(WishTopic(family, {.verb = Verb::kCreate, .id = "a", .partitions = 1}, {"op-a", kNow}).ok());
  ApplyStatus(family, Says(kCell, SeenLogicalState::kRejected, 2), kNow);
  PlaceOnCell(family, kOther, 3, 2, kNow);
  ASSERT_EQ(std::get<LogicalSpec>(FindDocument(family, "pkc-2/lkc-1")->wish).topic_wishes.size(), 1u);
}

TEST(SeenStatuses, OnlyALaterEpochOrSequenceIsNewer) {
  SeenStatus first, second;
  first.satellite_epoch = 2;
  first.sequence = 9;
  second.satellite_epoch = 3;
  second.sequence = 1;
  EXPECT_TRUE(IsNewer(second, first));
  EXPECT_FALSE(IsNewer(first, second));
  EXPECT_FALSE(IsNewer(first, first));
}

}  // namespace
}  // namespace sluice::provisioner
