// Watch on the real server: snapshot, changes, tokens, and how a stream ends. The event topics are played by the test.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "services/provisioner/adapters/grpc/testing/watch_stream.h"
#include "services/provisioner/adapters/records/state_records.h"
#include "services/provisioner/adapters/records/topic_records.h"
#include "sluice/provisioner/v1/organization_service.pb.h"

namespace sluice::provisioner {
namespace {

using testing::ApiFixture;
using testing::WatchStream;
using v1::WatchResponse;

constexpr int kEnvironmentSlot = 0;
constexpr int kOperationSlot = 4;
constexpr int kTopicSlot = 5;

// Names of the snapshot; the token of its end.
std::set<std::string> SnapshotOf(WatchStream& stream, std::string& token) {
  std::set<std::string> names;
  while (true) {
    const WatchResponse response = stream.Next();
    if (response.kind() != WatchResponse::SNAPSHOT) {
      EXPECT_EQ(response.kind(), WatchResponse::SNAPSHOT_END);
      token = response.resume_token();
      return names;
    }
    names.insert(response.environment().name());
  }
}

class WatchTest : public ::testing::Test {
 protected:
  void Start(WatchLimits limits = {}) {
    auto api = ApiFixture::Start({.watch = limits});
    ASSERT_TRUE(api.ok()) << api.status();
    api_ = *std::move(api);
    acme_ = *api_->AddOrganization("acme");
    evil_ = *api_->AddOrganization("evil");
    ASSERT_TRUE(api_->AddEnvironment(acme_, "acme", "prod").ok());
    ASSERT_TRUE(api_->AddEnvironment(evil_, "evil", "lair").ok());
  }

  void Happen(const std::string& organization, const std::string& id, int64_t version = 1) {
    Environment environment;
    environment.meta.uid = absl::StrCat("env-", organization, id);
    environment.meta.name = absl::StrCat("organizations/", organization, "/environments/", id);
    environment.meta.version = version;
    environment.organization = organization;
    environment.id = id;
    Append(kEnvironmentSlot, Kind::kEnvironment, environment);
  }
  void Append(int slot, Kind kind, const Aggregate& aggregate, bool erased = false) {
    Append(slot, kind, records::EncodeEvent(aggregate, "changed", erased).payload);
  }
  void Append(int slot, std::optional<Kind> kind, std::string payload) {
    api_->server().RingForTest().Append(
        std::make_shared<RingEvent>(slot, next_offset_++, kind, absl::Now(), std::move(payload)));
    api_->server().RingForTest().WakeReaders();
  }
  void TopicHappens(const std::string& organization, const std::string& environment, const std::string& id,
                    int64_t version, bool erased = false) {
    TopicNews news{.organization = organization,
                   .environment = environment,
                   .cluster_uid = "lkc-1",
                   .version = version,
                   .topic = {.name = absl::StrCat("organizations/", organization, "/environments/", environment,
                                                  "/kafkaClusters/orders/topics/", id),
                             .id = id,
                             .kafka_name = absl::StrCat("lkc-1.", id),
                             .partitions = 3,
                             .configs = {{"retention.ms", "60000"}}},
                   .erased = erased};
    Append(kTopicSlot, std::nullopt, records::EncodeTopicNews(news, "StatusSeen").payload);
  }
  // A cluster with a status that lists these topics, put straight into the store.
  void AddClusterWithTopics(const std::string& organization, const std::string& environment,
                            const std::vector<std::string>& topics) {
    KafkaCluster cluster;
    cluster.meta = {
        .uid = "lkc-1",
        .name = absl::StrCat("organizations/", organization, "/environments/", environment, "/kafkaClusters/orders"),
        .version = 1,
        .generation = 1,
        .create_time = absl::Now(),
        .update_time = absl::Now()};
    cluster.organization = organization;
    cluster.environment = environment;
    cluster.id = "orders";
    cluster.prefix = "lkc-1.";
    cluster.state = ClusterState::kReady;
    cluster.placement = {.data_plane = "local", .physical_cluster = "pkc-1"};
    SeenStatus status;
    status.meta = {.uid = "local:pkc-1/lkc-1",
                   .name = "local:pkc-1/lkc-1",
                   .version = 7,
                   .create_time = absl::Now(),
                   .update_time = absl::Now()};
    status.data_plane = "local";
    status.key = "pkc-1/lkc-1";
    status.cluster_uid = "lkc-1";
    SeenLogical seen{.state = SeenLogicalState::kReady};
    for (const std::string& topic : topics) seen.topics.push_back({.name = topic, .partitions = 3});
    seen.topic_count = static_cast<int32_t>(topics.size());
    status.seen = seen;
    const auto committed = api_->store().Commit({.name = "Test", .writes = {{.after = cluster}, {.after = status}}});
    ASSERT_TRUE(committed.ok()) << committed.status();
  }

  std::unique_ptr<ApiFixture> api_;
  std::string acme_;
  std::string evil_;
  int64_t next_offset_ = 0;
};

TEST_F(WatchTest, ShowsThePresentThenEachChangeAndNothingOfOthers) {
  Start();
  WatchStream stream(*api_, acme_, "organizations/acme");
  std::string token;
  EXPECT_EQ(SnapshotOf(stream, token), (std::set<std::string>{"organizations/acme/environments/prod"}));
  EXPECT_FALSE(token.empty());
  Happen("evil", "secret");
  Happen("acme", "one");
  Operation operation;
  operation.meta.uid = "op-1";
  operation.meta.name = "organizations/acme/operations/op-1";
  operation.organization = "acme";
  operation.environment = "prod";
  operation.done = true;
  Append(kOperationSlot, Kind::kOperation, operation);
  const WatchResponse first = stream.Next();
  EXPECT_EQ(first.kind(), WatchResponse::CHANGE);
  EXPECT_EQ(first.environment().name(), "organizations/acme/environments/one");
  const WatchResponse second = stream.Next();
  EXPECT_EQ(second.operation().name(), "organizations/acme/operations/op-1");
  EXPECT_TRUE(second.operation().done());
}

TEST_F(WatchTest, TellsOfTopicsOfItsScopeAndOfTheirEnd) {
  Start();
  ASSERT_TRUE(api_->AddEnvironment(acme_, "acme", "test").ok());
  WatchStream all(*api_, acme_, "organizations/acme");
  WatchStream other_environment(*api_, acme_, "organizations/acme/environments/test");
  std::string token;
  SnapshotOf(all, token);
  SnapshotOf(other_environment, token);
  TopicHappens("evil", "lair", "secret", 1);
  TopicHappens("acme", "prod", "orders", 2);
  TopicHappens("acme", "prod", "orders", 3, /*erased=*/true);
  TopicHappens("acme", "test", "t", 1);
  const WatchResponse made = all.Next();
  EXPECT_EQ(made.kind(), WatchResponse::CHANGE);
  EXPECT_EQ(made.topic().name(), "organizations/acme/environments/prod/kafkaClusters/orders/topics/orders");
  EXPECT_EQ(made.topic().kafka_name(), "lkc-1.orders");
  EXPECT_EQ(made.topic().partitions(), 3);
  EXPECT_EQ(made.topic().configs().at("retention.ms"), "60000");
  EXPECT_FALSE(made.erased());
  const WatchResponse gone = all.Next();
  EXPECT_EQ(gone.topic().name(), made.topic().name());
  EXPECT_TRUE(gone.erased());
  EXPECT_EQ(other_environment.Next().topic().name(),
            "organizations/acme/environments/test/kafkaClusters/orders/topics/t");
  // From the token of the first: the second, and what came after.
  WatchStream resumed(*api_, acme_, "organizations/acme", made.resume_token());
  EXPECT_TRUE(resumed.Next().erased());
  EXPECT_EQ(resumed.Next().topic().name(), "organizations/acme/environments/test/kafkaClusters/orders/topics/t");
}

TEST_F(WatchTest, BeginsWithTheTopicsThatAreThere) {
  Start();
  AddClusterWithTopics("acme", "prod", {"a", "b"});
  WatchStream stream(*api_, acme_, "organizations/acme");
  std::set<std::string> topics;
  WatchResponse response = stream.Next();
  for (; response.kind() == WatchResponse::SNAPSHOT; response = stream.Next()) {
    if (response.has_topic()) topics.insert(response.topic().kafka_name());
  }
  EXPECT_EQ(response.kind(), WatchResponse::SNAPSHOT_END);
  EXPECT_EQ(topics, (std::set<std::string>{"lkc-1.a", "lkc-1.b"}));
  // Said before the snapshot was read (the status' version was 7 then), come after it.
  TopicHappens("acme", "prod", "a", 7);
  TopicHappens("acme", "prod", "b", 8, /*erased=*/true);
  const WatchResponse next = stream.Next();
  EXPECT_EQ(next.topic().kafka_name(), "lkc-1.b");
  EXPECT_TRUE(next.erased());
}

TEST_F(WatchTest, SaysThatAResourceIsGone) {
  Start();
  WatchStream stream(*api_, acme_, "organizations/acme");
  std::string token;
  SnapshotOf(stream, token);
  Environment environment;
  environment.meta.uid = "env-gone";
  environment.meta.name = "organizations/acme/environments/gone";
  environment.organization = "acme";
  environment.id = "gone";
  Append(kEnvironmentSlot, Kind::kEnvironment, environment, /*erased=*/true);
  EXPECT_TRUE(stream.Next().erased());
}

TEST_F(WatchTest, ResumesFromATokenWithNothingLeftOut) {
  Start();
  std::string token;
  {
    WatchStream stream(*api_, acme_, "organizations/acme");
    SnapshotOf(stream, token);
    Happen("acme", "one");
    token = stream.Next().resume_token();
  }
  Happen("acme", "two");
  Happen("acme", "three");
  WatchStream resumed(*api_, acme_, "organizations/acme", token);
  EXPECT_EQ(resumed.Next().environment().name(), "organizations/acme/environments/two");
  EXPECT_EQ(resumed.Next().environment().name(), "organizations/acme/environments/three");
  // Another watch's token, and none of ours.
  EXPECT_EQ(ErrorReason(WatchStream(*api_, evil_, "organizations/evil", token).End()), "RESUME_TOKEN_INVALID");
  const absl::Status forged = WatchStream(*api_, acme_, "organizations/acme", "forged").End();
  EXPECT_EQ(ErrorReason(forged), "RESUME_TOKEN_INVALID");
  EXPECT_EQ(GetErrorDetail(forged)->field, "resume_token");
}

TEST_F(WatchTest, RefusesATokenOlderThanWhatIsKept) {
  Start();
  std::string token;
  {
    WatchStream stream(*api_, acme_, "organizations/acme");
    SnapshotOf(stream, token);
  }
  // As after a restart that did not take in so much of the past.
  api_->server().RingForTest().Begin({100, 100, 100, 100, 100, 100});
  const absl::Status status = WatchStream(*api_, acme_, "organizations/acme", token).End();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(status), "RESUME_TOKEN_EXPIRED");
}

TEST_F(WatchTest, DoesNotShowAnEventThatTheSnapshotHasOvertaken) {
  Start();
  v1::GetEnvironmentRequest get;
  get.set_name("organizations/acme/environments/prod");
  v1::Environment prod;
  ASSERT_TRUE(api_->Call("/sluice.provisioner.v1.OrganizationService/GetEnvironment", get, acme_, &prod).ok());
  WatchStream stream(*api_, acme_, "organizations/acme");
  std::string token;
  SnapshotOf(stream, token);
  Environment old;
  old.meta.uid = prod.uid();
  old.meta.name = prod.name();
  old.meta.version = 1;
  old.organization = "acme";
  old.id = "prod";
  old.display_name = "old";
  Append(kEnvironmentSlot, Kind::kEnvironment, old);
  old.meta.version = 2;
  old.display_name = "new";
  Append(kEnvironmentSlot, Kind::kEnvironment, old);
  EXPECT_EQ(stream.Next().environment().display_name(), "new");
}

TEST_F(WatchTest, EndsAtItsAgeAndBeatsMeanwhile) {
  Start({.heartbeat = absl::Milliseconds(300), .age = absl::Seconds(3)});
  WatchStream stream(*api_, acme_, "organizations/acme");
  std::string token;
  SnapshotOf(stream, token);
  const WatchResponse beat = stream.NextOfAnyKind();
  EXPECT_EQ(beat.kind(), WatchResponse::HEARTBEAT);
  EXPECT_FALSE(beat.resume_token().empty());
  const absl::Status status = stream.End();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(status), "STREAM_AGE_LIMIT");
}

TEST_F(WatchTest, ARevokedKeysStreamEndsWithinASecondOrSo) {
  Start();
  const auto key = api_->AddKey(acme_, "acme");
  ASSERT_TRUE(key.ok());
  v1::CreateRoleBindingRequest binding;
  binding.set_parent("organizations/acme");
  binding.mutable_role_binding()->set_principal("apiKeys/" + key->uid);
  binding.mutable_role_binding()->set_role(v1::RoleBinding::VIEWER);
  binding.mutable_role_binding()->set_scope("organizations/acme");
  ASSERT_TRUE(api_->Call("/sluice.provisioner.v1.OrganizationService/CreateRoleBinding", binding, acme_).ok());
  WatchStream stream(*api_, key->bearer, "organizations/acme");
  std::string token;
  SnapshotOf(stream, token);
  v1::DeleteApiKeyRequest revoke;
  revoke.set_name(key->name);
  ASSERT_TRUE(api_->Call("/sluice.provisioner.v1.OrganizationService/DeleteApiKey", revoke, acme_).ok());
  EXPECT_EQ(ErrorReason(stream.End()), "KEY_INVALID");
}

TEST_F(WatchTest, ASlowReaderIsCutAndMayResume) {
  Start({.heartbeat = absl::Milliseconds(300), .lag = 0.1});
  constexpr int kEvents = 6000;  // of 50,000
  std::string token;
  {
    WatchStream stream(*api_, acme_, "organizations/acme");
    SnapshotOf(stream, token);
    // A heartbeat comes when it has caught up.
    ASSERT_EQ(stream.NextOfAnyKind().kind(), WatchResponse::HEARTBEAT);
    // Far more than the transport takes in for a client that does not read, and less than the ring keeps.
    for (int i = 0; i < kEvents; ++i) Happen("acme", absl::StrCat("x", std::string(1000, 'x'), i));
    int read = 0;
    for (WatchResponse response = stream.Next(); response.kind() == WatchResponse::CHANGE; response = stream.Next()) {
      token = response.resume_token();
      ++read;
    }
    EXPECT_LT(read, kEvents);
    EXPECT_EQ(ErrorReason(stream.End()), "STREAM_TOO_SLOW");
  }
  // On a busy machine the reader may be too slow once more: each time it gets further.
  std::string last;
  const auto has_all = [&] { return absl::EndsWith(last, "5999"); };
  while (!has_all()) {
    WatchStream resumed(*api_, acme_, "organizations/acme", token);
    const std::string before = last;
    while (!has_all()) {
      const WatchResponse response = resumed.Next();
      if (response.kind() != WatchResponse::CHANGE) break;
      last = response.environment().name();
      token = response.resume_token();
    }
    ASSERT_NE(last, before) << resumed.End();
  }
}

}  // namespace
}  // namespace sluice::provisioner
