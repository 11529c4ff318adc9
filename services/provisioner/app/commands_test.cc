// The use cases, the status handler and the loops together, on the fake store: what a caller sees from a create to the
// end of its operation.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "services/provisioner/app/audit_log.h"
#include "services/provisioner/app/data_plane_commands.h"
#include "services/provisioner/app/kafka_cluster_commands.h"
#include "services/provisioner/app/kafka_key_commands.h"
#include "services/provisioner/app/loops.h"
#include "services/provisioner/app/operation_commands.h"
#include "services/provisioner/app/organization_commands.h"
#include "services/provisioner/app/queries.h"
#include "services/provisioner/app/status_handler.h"
#include "services/provisioner/app/topic_commands.h"
#include "services/provisioner/ports/fake_store.h"

namespace sluice::provisioner {
namespace {

class FakeSecrets final : public Secrets {
 public:
  std::string NewSecret() override { return absl::StrCat("secret", ++count_); }
  std::string KeyedHash(std::string_view secret) const override {
    return absl::StrCat("hash of ", std::string(secret));
  }
  bool Matches(std::string_view secret, std::string_view hash) const override { return KeyedHash(secret) == hash; }

 private:
  int count_ = 0;
};

class FakeSealer final : public KeySealer {
 public:
  absl::StatusOr<std::string> Seal(const std::string& public_key, const std::string& username,
                                   const std::string& password) override {
    return absl::StrCat("sealed to ", public_key, " for ", username, ": ", password.size(), " characters");
  }
};

class FakeBusAdmin final : public BusAdmin {
 public:
  absl::Status EnsureDataPlane(const std::string& data_plane, absl::Duration) override {
    if (!status.ok()) return status;
    there.insert(data_plane);
    return absl::OkStatus();
  }
  absl::Status EnsureEventTopics(absl::Duration) override { return status; }
  absl::Status EnsureServiceRights(absl::Duration) override { return status; }
  absl::Status RemoveDataPlane(const std::string& data_plane, absl::Duration) override {
    there.erase(data_plane);
    return status;
  }
  absl::Status Reach(absl::Duration) override { return status; }
  absl::Status status;
  std::set<std::string> there;
};

class Provisioner : public ::testing::Test {
 protected:
  void SetUp() override {
    OrganizationCommands organizations(ports_);
    ASSERT_TRUE(organizations.Bootstrap(caller_, false).ok());
    ASSERT_TRUE(
        DataPlaneCommands(ports_).Register(caller_, {.id = "local", .wish = {.region = "here", .warm_cells = 1}}).ok());
    ASSERT_TRUE(DataPlaneLoop(loops_).Step().ok());
    SignOfLife();
  }

  SeenStatus Status(const std::string& key, int64_t generation) {
    SeenStatus status;
    status.data_plane = "local";
    status.key = key;
    status.meta.uid = status.meta.name = "local:" + key;
    const size_t slash = key.find('/');
    if (slash != std::string::npos) status.cluster_uid = key.substr(slash + 1);
    status.satellite_epoch = 1;
    status.sequence = ++sequence_;
    status.observed_generation = generation;
    status.time = status.meta.update_time = clock_.Now();
    return status;
  }
  void Hear(SeenStatus status) {
    ASSERT_TRUE(handler_.Handle(store_, {.data_plane = "local", .statuses = {std::move(status)}}).ok());
    handler_.Committed();
  }
  void SignOfLife() {
    SeenStatus status = Status("data-plane", 0);
    status.seen = SeenDataPlane{.kafka_versions = {"4.3.1"}, .max_brokers = 12, .sealing_public_key = "KEY"};
    Hear(status);
  }
  void SayLogical(const std::string& key, SeenLogicalState state, std::vector<SeenKey> keys = {}) {
    SeenStatus status = Status(key, DocumentGeneration(key));
    status.seen = SeenLogical{.state = state, .keys = std::move(keys)};
    Hear(status);
  }
  void SayPhysical(const std::string& key, SeenPhysicalState state, int ready) {
    SeenStatus status = Status(key, DocumentGeneration(key));
    status.seen = SeenPhysical{.state = state, .brokers_ready = ready, .bootstrap_servers = "localhost:1"};
    Hear(status);
  }
  int64_t DocumentGeneration(const std::string& key) {
    const auto row = *store_.FindByUid(Kind::kDesiredDocument, key);
    return row ? MetaOf(*row).generation : 0;
  }
  // The one cell, up.
  std::string Cell() {
    EXPECT_TRUE(CellLoop(loops_).Step().ok());
    const std::string cell = fleet_.Snapshot()->physical_clusters.begin()->first;
    SayPhysical(cell, SeenPhysicalState::kUp, 3);
    return cell;
  }
  absl::StatusOr<Operation> Create(const std::string& id, Caller caller) {
    return clusters_.Create(caller, {.organization = "default", .environment = "default", .id = id});
  }
  std::string NameOf(const std::string& id) {
    return absl::StrCat("organizations/default/environments/default/kafkaClusters/", id);
  }
  Operation Now(const Operation& operation) { return *queries_.GetOperation(operation.meta.name); }
  std::string DocumentOf(const std::string& id) {
    const KafkaClusterView view = *queries_.GetKafkaCluster(NameOf(id));
    return DocumentKey(view.cluster.placement, view.cluster.meta.uid);
  }
  Caller WithRequest(const std::string& last, const std::string& payload) {
    Caller caller = caller_;
    caller.request_id = "3f2b7c9e-5d1a-4b6e-8c7d-0a1b2c3d4e5" + last;
    caller.payload_hash = payload;
    return caller;
  }

  clock::FakeClock clock_;
  clock::SeededRandom random_{7};
  clock::RandomIdSource ids_{clock_, random_};
  metrics::Registry metrics_;
  FakeStore store_;
  Fleet fleet_{store_};
  FairGate gate_{4, 16};
  OperationWaiters waiters_;
  FakeSecrets secrets_;
  FakeSealer sealer_;
  FakeBusAdmin bus_;
  CommandPorts ports_{store_, fleet_, gate_, waiters_, secrets_, sealer_, clock_, random_, ids_};
  metrics::LoopBoard board_{"sluice_provisioner", metrics_, clock_};
  LoopPorts loops_{ports_, bus_, metrics_, board_};
  StatusHandler handler_{{fleet_, waiters_, clock_, random_, ids_, metrics_}};
  KafkaClusterCommands clusters_{ports_};
  KafkaKeyCommands keys_{ports_};
  TopicCommands topics_{ports_};
  OperationCommands operations_{ports_};
  Queries queries_{ports_};
  Caller caller_{.principal = "apiKeys/ak-1", .organization = "default", .deadline = absl::InfiniteFuture()};
  int64_t sequence_ = 0;
};

TEST_F(Provisioner, ANewDataPlaneGetsItsTopicsAndItsFirstCell) {
  EXPECT_TRUE(bus_.there.contains("local"));
  EXPECT_EQ(fleet_.DataPlaneById("local")->state, DataPlaneState::kConnected);
  const std::string cell = Cell();
  EXPECT_TRUE(CellLoop(loops_).Step().ok());
  EXPECT_EQ(fleet_.Snapshot()->physical_clusters.size(), 1u) << "one is enough";
  EXPECT_EQ(fleet_.PhysicalClusterById(cell)->state, PhysicalState::kUp);
}

TEST_F(Provisioner, AClusterItsKeyAndTheirEnd) {
  const std::string cell = Cell();
  const auto created = Create("orders", caller_);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_FALSE(Now(*created).done);
  SayLogical(DocumentOf("orders"), SeenLogicalState::kReady);
  EXPECT_TRUE(Now(*created).done);
  EXPECT_EQ(queries_.GetKafkaCluster(NameOf("orders"))->bootstrap_servers, "localhost:1");
  EXPECT_EQ(fleet_.Snapshot()->logical_clusters.at(cell), 1);

  const auto key = keys_.Create(caller_, {.cluster = NameOf("orders")});
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_FALSE(key->password.empty());
  SayLogical(DocumentOf("orders"), SeenLogicalState::kReady, {{.uid = key->key.meta.uid, .ready = true}});
  EXPECT_TRUE(Now(key->operation).done);

  const auto deleted = clusters_.Delete(caller_, {.name = NameOf("orders"), .purge_now = true});
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  SayLogical(DocumentOf("orders"), SeenLogicalState::kGone);
  EXPECT_TRUE(Now(*deleted).done);
  EXPECT_EQ(ErrorReason(queries_.GetKafkaCluster(NameOf("orders")).status()), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(ErrorReason(queries_.GetKafkaKey(key->key.meta.name).status()), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(fleet_.Snapshot()->logical_clusters.at(cell), 0);
}

TEST_F(Provisioner, NoMutationHoldsAPassword) {
  Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  const auto key = keys_.Create(caller_, {.cluster = NameOf("orders")});
  ASSERT_TRUE(key.ok());
  for (const Mutation& mutation : store_.mutations()) {
    for (const Write& write : mutation.writes) {
      if (const auto* stored = std::get_if<KafkaKey>(&write.after)) {
        EXPECT_EQ(stored->sealed_credential.find(key->password), std::string::npos);
      }
    }
  }
}

TEST_F(Provisioner, WithoutACellThereIsNoCapacityAtOnce) {
  EXPECT_EQ(ErrorReason(Create("orders", caller_).status()), "NO_CAPACITY");
  EXPECT_EQ(ErrorReason(queries_.GetKafkaCluster(NameOf("orders")).status()), "RESOURCE_NOT_FOUND");
}

TEST_F(Provisioner, ARefusedClusterGoesToTheNextCell) {
  Cell();
  ASSERT_TRUE(
      DataPlaneCommands(ports_)
          .Update(caller_, {.name = "dataPlanes/local", .wish = {.warm_cells = 2}, .update_mask = {"warm_cells"}})
          .ok());
  ASSERT_TRUE(CellLoop(loops_).Step().ok());
  const auto created = Create("orders", caller_);
  ASSERT_TRUE(created.ok());
  const std::string before = DocumentOf("orders");
  SayLogical(before, SeenLogicalState::kRejected);
  const std::string after = DocumentOf("orders");
  EXPECT_NE(before, after);
  SayLogical(after, SeenLogicalState::kRejected);
  EXPECT_EQ(Now(*created).error->reason, "NO_CAPACITY");
}

TEST_F(Provisioner, ARepeatedCreateIsTheSameOperation) {
  Cell();
  const auto first = Create("orders", WithRequest("a", "hash"));
  const auto again = Create("orders", WithRequest("a", "hash"));
  ASSERT_TRUE(first.ok() && again.ok()) << again.status();
  EXPECT_EQ(first->meta.uid, again->meta.uid);
  EXPECT_EQ(ErrorReason(Create("others", WithRequest("a", "other hash")).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(ErrorReason(Create("orders", WithRequest("b", "hash")).status()), "NAME_TAKEN");
}

TEST_F(Provisioner, ASecretIsShownOnce) {
  Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  ASSERT_TRUE(keys_.Create(WithRequest("c", "k"), {.cluster = NameOf("orders")}).ok());
  EXPECT_EQ(ErrorReason(keys_.Create(WithRequest("c", "k"), {.cluster = NameOf("orders")}).status()),
            "SECRET_SHOWN_ONCE");
}

TEST_F(Provisioner, ValidateOnlyPlansAndChangesNothing) {
  const std::string cell = Cell();
  const size_t before = store_.mutations().size();
  Caller caller = caller_;
  caller.validate_only = true;
  const auto planned = Create("orders", caller);
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_TRUE(planned->done);
  EXPECT_EQ(planned->plan->physical_cluster, cell);
  EXPECT_FALSE(planned->plan->placement_reasons.empty());
  EXPECT_FALSE(planned->plan->steps.empty());
  EXPECT_EQ(store_.mutations().size(), before);
}

TEST_F(Provisioner, AStaleEtagAndABusyClusterAreRefused) {
  Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  UpdateKafkaCluster update{.name = NameOf("orders"), .wish = {.limits = {.partitions = 5}}, .update_mask = {"limits"}};
  EXPECT_EQ(ErrorReason(clusters_.Update(caller_, update).status()), "OPERATION_IN_PROGRESS");
  SayLogical(DocumentOf("orders"), SeenLogicalState::kReady);
  update.etag = "old";
  EXPECT_EQ(ErrorReason(clusters_.Update(caller_, update).status()), "ETAG_MISMATCH");
  update.etag = Etag(queries_.GetKafkaCluster(NameOf("orders"))->cluster.meta);
  EXPECT_TRUE(clusters_.Update(caller_, update).ok());
}

TEST_F(Provisioner, AChangeThatLostIsDecidedAgain) {
  Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  SayLogical(DocumentOf("orders"), SeenLogicalState::kReady);
  store_.FailNextCommit(MakeError(absl::StatusCode::kAborted, "changed", {.reason = "VERSION_CONFLICT"}));
  EXPECT_TRUE(topics_.Create(caller_, {.cluster = NameOf("orders"), .id = "t"}).ok());
}

TEST_F(Provisioner, OldStatusesAndThoseOfOthersChangeNothing) {
  Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  const std::string key = DocumentOf("orders");
  SeenStatus old = Status(key, 1);
  old.seen = SeenLogical{.state = SeenLogicalState::kFailed};
  SayLogical(key, SeenLogicalState::kReady);
  const size_t before = store_.mutations().size();
  Hear(old);
  EXPECT_EQ(store_.mutations().size(), before);
  EXPECT_EQ(queries_.GetKafkaCluster(NameOf("orders"))->cluster.state, ClusterState::kReady);
}

TEST_F(Provisioner, TheNewestStatusOfABatchCounts) {
  Cell();
  const auto created = Create("orders", caller_);
  const std::string key = DocumentOf("orders");
  SeenStatus failed = Status(key, 1), ready = Status(key, 1);
  failed.seen = SeenLogical{.state = SeenLogicalState::kFailed};
  ready.seen = SeenLogical{.state = SeenLogicalState::kReady};
  ASSERT_TRUE(handler_.Handle(store_, {.data_plane = "local", .statuses = {ready, failed}}).ok());
  EXPECT_TRUE(Now(*created).done);
  EXPECT_FALSE(Now(*created).error.has_value());
}

TEST_F(Provisioner, AWaiterIsWokenByTheStatus) {
  Cell();
  const auto created = Create("orders", caller_);
  Operation waited;
  std::thread waiter([&] { waited = *operations_.Wait(caller_, created->meta.name, absl::Minutes(1)); });
  SayLogical(DocumentOf("orders"), SeenLogicalState::kReady);
  waiter.join();
  EXPECT_TRUE(waited.done);
}

TEST_F(Provisioner, ACancelledCreateLeavesNothing) {
  Cell();
  const auto created = Create("orders", caller_);
  ASSERT_TRUE(operations_.Cancel(caller_, created->meta.name).ok());
  SayLogical(DocumentOf("orders"), SeenLogicalState::kGone);
  EXPECT_EQ(Now(*created).error->reason, "CANCELLED");
  EXPECT_EQ(ErrorReason(queries_.GetKafkaCluster(NameOf("orders")).status()), "RESOURCE_NOT_FOUND");
}

TEST_F(Provisioner, ASoftDeletedClusterGoesAtItsPurgeTime) {
  Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  SayLogical(DocumentOf("orders"), SeenLogicalState::kReady);
  const auto deleted = clusters_.Delete(caller_, {.name = NameOf("orders")});
  ASSERT_TRUE(deleted.ok());
  SayLogical(DocumentOf("orders"), SeenLogicalState::kSuspended);
  EXPECT_TRUE(Now(*deleted).done);
  EXPECT_TRUE(queries_.ListClusters({.organization = "default", .environment = "-"})->page.items.empty());
  EXPECT_EQ(
      queries_.ListClusters({.organization = "default", .environment = "-", .show_deleted = true})->page.items.size(),
      1u);
  PurgeLoop purge(loops_);
  ASSERT_TRUE(purge.Step().ok());
  EXPECT_TRUE(queries_.GetKafkaCluster(NameOf("orders")).ok());
  clock_.Advance(absl::Hours(24 * 8));
  ASSERT_TRUE(purge.Step().ok());
  SayLogical(DocumentOf("orders"), SeenLogicalState::kGone);
  EXPECT_FALSE(queries_.GetKafkaCluster(NameOf("orders")).ok());
  clock_.Advance(absl::Hours(24 * 31));
  ASSERT_TRUE(purge.Step().ok());
  EXPECT_FALSE(queries_.GetOperation(deleted->meta.name).ok()) << "operations are kept for 30 days";
}

TEST_F(Provisioner, ASilentDataPlaneIsUnreachableUntilItSpeaks) {
  DataPlaneLoop loop(loops_);
  clock_.Advance(absl::Seconds(16));
  ASSERT_TRUE(loop.Step().ok());
  EXPECT_EQ(fleet_.DataPlaneById("local")->state, DataPlaneState::kUnreachable);
  SignOfLife();
  EXPECT_EQ(fleet_.DataPlaneById("local")->state, DataPlaneState::kConnected);
}

TEST_F(Provisioner, WhileTheBusIsAwayNoDataPlaneIsBlamed) {
  DataPlaneLoop loop(loops_);
  bus_.status = absl::UnavailableError("no broker answers");
  clock_.Advance(absl::Seconds(16));
  ASSERT_TRUE(loop.Step().ok());
  const auto unheard = fleet_.DataPlaneById("local");
  EXPECT_EQ(unheard->state, DataPlaneState::kConnected) << "creates are taken in, and wait in the outbox";
  EXPECT_EQ(unheard->conditions.front().status, ConditionStatus::kUnknown);
  EXPECT_EQ(unheard->conditions.front().reason, "BusUnreachable");

  clock_.Advance(absl::Minutes(30));
  ASSERT_TRUE(loop.Step().ok());
  bus_.status = absl::OkStatus();
  ASSERT_TRUE(loop.Step().ok());
  clock_.Advance(absl::Seconds(14));
  ASSERT_TRUE(loop.Step().ok());
  EXPECT_EQ(fleet_.DataPlaneById("local")->state, DataPlaneState::kConnected) << "it has time to speak first";
  clock_.Advance(absl::Seconds(2));
  ASSERT_TRUE(loop.Step().ok());
  EXPECT_EQ(fleet_.DataPlaneById("local")->state, DataPlaneState::kUnreachable);
}

TEST_F(Provisioner, WhatIsNotTakenIsSaidAgainLessAndLessOften) {
  Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  RepublishLoop loop(loops_);
  ASSERT_TRUE(loop.Step().ok());
  EXPECT_TRUE(store_.republished().empty()) << "too young";
  clock_.Advance(absl::Seconds(16));
  ASSERT_TRUE(loop.Step().ok());
  ASSERT_TRUE(loop.Step().ok());
  EXPECT_EQ(store_.republished().size(), 1u);
  clock_.Advance(absl::Seconds(16));
  ASSERT_TRUE(loop.Step().ok());
  EXPECT_EQ(store_.republished().size(), 2u);
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(loop.Step().ok());
  EXPECT_EQ(store_.republished().size(), 2u);
}

TEST_F(Provisioner, ADataPlaneGoesWhenItsCellsAreGone) {
  const std::string cell = Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  DataPlaneCommands data_planes(ports_);
  EXPECT_EQ(ErrorReason(data_planes.Delete(caller_, {.name = "dataPlanes/local"})), "HAS_CHILDREN");
  ASSERT_TRUE(clusters_.Delete(caller_, {.name = NameOf("orders")}).status().code() != absl::StatusCode::kInternal);
  SayLogical(DocumentOf("orders"), SeenLogicalState::kReady);
  ASSERT_TRUE(clusters_.Delete(caller_, {.name = NameOf("orders"), .purge_now = true}).ok());
  SayLogical(DocumentOf("orders"), SeenLogicalState::kGone);
  ASSERT_TRUE(data_planes.Delete(caller_, {.name = "dataPlanes/local"}).ok());
  ASSERT_TRUE(CellLoop(loops_).Step().ok());
  SayPhysical(cell, SeenPhysicalState::kGone, 0);
  ASSERT_TRUE(DataPlaneLoop(loops_).Step().ok());
  EXPECT_FALSE(bus_.there.contains("local"));
  EXPECT_FALSE(queries_.GetDataPlane("dataPlanes/local").ok());
}

TEST_F(Provisioner, AnEnrolmentTokenWorksOnce) {
  DataPlaneCommands data_planes(ports_);
  const auto token = data_planes.CreateEnrolmentToken(caller_, "dataPlanes/local");
  ASSERT_TRUE(token.ok());
  const SatelliteEnrolment enrolment{
      .token = token->enrolment_token, .sealing_public_key = std::string(32, 'k'), .key_fingerprint = "first"};
  EXPECT_TRUE(data_planes.CheckEnrolment(token->enrolment_token).ok());
  EXPECT_TRUE(data_planes.Enrol(caller_, enrolment).ok());
  EXPECT_EQ(ErrorReason(data_planes.Enrol(caller_, enrolment).status()), "ENROLMENT_TOKEN_INVALID");
  EXPECT_EQ(ErrorReason(data_planes.CheckEnrolment("local.guess").status()), "ENROLMENT_TOKEN_INVALID");
  const auto late = data_planes.CreateEnrolmentToken(caller_, "dataPlanes/local");
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(ErrorReason(data_planes.CheckEnrolment(late->enrolment_token).status()), "ENROLMENT_TOKEN_INVALID");
}

TEST_F(Provisioner, TheLastAdministratorCannotBeUnbound) {
  OrganizationCommands organizations(ports_);
  const auto bindings = queries_.ListRoleBindings("default", {});
  for (const RoleBinding& binding : bindings->items) {
    if (binding.role != Role::kOrganizationAdmin) continue;
    EXPECT_EQ(ErrorReason(organizations.Delete(caller_, DeleteRoleBinding{binding.meta.name})), "LAST_ADMIN");
  }
  EXPECT_EQ(ErrorReason(organizations.Bootstrap(caller_, false).status()), "ADMIN_EXISTS");
  EXPECT_TRUE(organizations.Bootstrap(caller_, true).ok());
}

TEST_F(Provisioner, AnEnvironmentWithClustersStays) {
  Cell();
  ASSERT_TRUE(Create("orders", caller_).ok());
  OrganizationCommands organizations(ports_);
  EXPECT_EQ(ErrorReason(
                organizations.Delete(caller_, DeleteEnvironment{.name = "organizations/default/environments/default"})),
            "HAS_CHILDREN");
  EXPECT_EQ(ErrorReason(clusters_.Create(caller_, {"default", "nowhere", "orders", {}}).status()),
            "RESOURCE_NOT_FOUND");
}

TEST_F(Provisioner, AListIsGivenInPages) {
  Cell();
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(Create(absl::StrCat("c", i), caller_).ok());
  ListKafkaClusters list{.organization = "default", .environment = "default", .page = {.page_size = 3}};
  std::vector<std::string> ids;
  while (true) {
    const auto page = queries_.ListClusters(list);
    ASSERT_TRUE(page.ok());
    for (const KafkaClusterView& view : page->page.items) ids.push_back(view.cluster.id);
    if (!page->page.next) break;
    list.page.position = *page->page.next;
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"c0", "c1", "c2", "c3", "c4", "c5", "c6"}));
  list.page.page_size = 1001;
  EXPECT_EQ(GetErrorDetail(queries_.ListClusters(list).status())->field, "page_size");
}

TEST_F(Provisioner, DroppedRecordsAreAudited) {
  ASSERT_TRUE(handler_
                  .Handle(store_, {.data_plane = "local",
                                   .dropped = {{.principal = "dataPlanes/local", .reason = "DATA_PLANE_MISMATCH"}}})
                  .ok());
  EXPECT_EQ(store_.mutations().back().audit.front().reason, "DATA_PLANE_MISMATCH");
}

TEST_F(Provisioner, RefusalsAreAuditedWithinABound) {
  AuditLog audit(store_, clock_);
  for (int i = 0; i < AuditLog::kQueue + 5; ++i) audit.Record({.principal = "apiKeys/ak-9", .allowed = false});
  clock::StopSignal stop;
  stop.Stop();
  audit.Run(stop);
  const std::vector<AuditEntry> audited = store_.audited();
  int64_t dropped = 0;
  for (const AuditEntry& entry : audited) dropped += entry.reason == "AUDIT_QUEUE_FULL" ? entry.count : 0;
  EXPECT_EQ(dropped, 5);
}

TEST(FairGate, TurnsGoRoundTheOrganizations) {
  FairGate gate(1, 100);
  std::mutex mutex;
  std::vector<std::string> order;
  std::vector<std::thread> threads;
  {
    const auto held = gate.Enter("noisy", absl::Seconds(1));
    ASSERT_TRUE(held.ok());
    const auto join = [&](const std::string& organization) {
      threads.emplace_back([&, organization] {
        const auto slot = gate.Enter(organization, absl::Seconds(30));
        ASSERT_TRUE(slot.ok());
        std::lock_guard lock(mutex);
        order.push_back(organization);
      });
    };
    for (int i = 0; i < 20; ++i) join("noisy");
    while (gate.waiting() < 20) absl::SleepFor(absl::Milliseconds(1));
    join("quiet");
    while (gate.waiting() < 21) absl::SleepFor(absl::Milliseconds(1));
  }
  for (std::thread& thread : threads) thread.join();
  const auto place = std::find(order.begin(), order.end(), "quiet") - order.begin();
  EXPECT_LE(place, 2) << "it waited behind one call of the other, not behind twenty";
}

TEST(FairGate, AQueueHasAnEnd) {
  FairGate gate(1, 0);
  const auto held = gate.Enter("a", absl::Seconds(1));
  EXPECT_EQ(ErrorReason(gate.Enter("a", absl::Seconds(1)).status()), "ORGANIZATION_BUSY");
  FairGate patient(1, 5);
  const auto other = patient.Enter("a", absl::Seconds(1));
  EXPECT_EQ(ErrorReason(patient.Enter("a", absl::Milliseconds(10)).status()), "WAITED_TOO_LONG");
}

}  // namespace
}  // namespace sluice::provisioner
