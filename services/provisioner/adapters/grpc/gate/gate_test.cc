#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/clock/clock.h"
#include "services/provisioner/adapters/grpc/gate/api_gate.h"
#include "services/provisioner/adapters/grpc/gate/authorizer.h"

namespace sluice::provisioner {
namespace {

// Hashes by a prefix, so that a test can read it; counts comparisons.
class PlainSecrets final : public Secrets {
 public:
  std::string NewSecret() override { return "secret"; }
  std::string KeyedHash(std::string_view secret) const override { return "#" + std::string(secret); }
  bool Matches(std::string_view secret, std::string_view keyed_hash) const override {
    ++compared;
    return KeyedHash(secret) == keyed_hash;
  }
  mutable int compared = 0;
};

class GateTest : public ::testing::Test {
 protected:
  void AddKey(const std::string& uid, const std::string& secret, Role role = Role::kOrganizationAdmin) {
    ApiKey key;
    key.meta.uid = uid;
    key.organization = "acme";
    key.secret_hash = secrets_.KeyedHash(secret);
    keys_[uid] = key;
    RoleBinding binding;
    binding.organization = "acme";
    binding.principal = "apiKeys/" + uid;
    binding.role = role;
    binding.scope = "organizations/acme";
    bindings_.push_back(binding);
  }

  KeyReader Reader() {
    return {.find_keys = [this](const std::vector<std::string>& uids) -> absl::StatusOr<std::vector<ApiKey>> {
              ++reads_;
              if (!database_.ok()) return database_;
              std::vector<ApiKey> found;
              for (const std::string& uid : uids) {
                if (auto it = keys_.find(uid); it != keys_.end()) found.push_back(it->second);
              }
              return found;
            },
            .bindings_of =
                [this](const std::vector<std::string>& principals) {
                  std::vector<RoleBinding> found;
                  for (const RoleBinding& binding : bindings_) {
                    for (const std::string& p : principals) {
                      if (binding.principal == p) found.push_back(binding);
                    }
                  }
                  return absl::StatusOr<std::vector<RoleBinding>>(found);
                }};
  }

  // A whole call up to its handler.
  absl::Status Enter(const std::string& bearer, const std::string& peer = "ipv4:10.0.0.1") {
    call_ = rpc::Call{.method = "/sluice.provisioner.v1.OrganizationService/WhoAmI", .peer = peer};
    std::optional<absl::Status> admitted = gate_.Admit(call_, bearer);
    looked_up_ = !admitted;
    absl::Status status = admitted ? *admitted : gate_.LookUp(call_, bearer);
    gate_.Ended(call_, status);
    return status;
  }

  std::map<std::string, ApiKey> keys_;
  std::vector<RoleBinding> bindings_;
  absl::Status database_;
  int reads_ = 0;
  bool looked_up_ = false;
  rpc::Call call_;
  std::vector<AuditEntry> audited_;
  clock::FakeClock clock_;
  metrics::Registry metrics_;
  PlainSecrets secrets_;
  KeyRing ring_{Reader(), clock_};
  RefusalLog refusals_{[this](AuditEntry entry) { audited_.push_back(std::move(entry)); }, clock_, metrics_};
  ApiGate gate_{{.tenant = {.per_second = 10, .burst = 20},
                 .failures_of_peer = {.per_second = 2, .burst = 5},
                 .failures_of_key = {.per_second = 1, .burst = 3}},
                ring_,
                secrets_,
                refusals_,
                clock_};
};

TEST_F(GateTest, KnowsAKeyInUseWithoutAQuery) {
  AddKey("ak-1", "good");
  ASSERT_TRUE(Enter("sk_ak-1_good").ok());
  EXPECT_TRUE(looked_up_);
  EXPECT_EQ(IdentityOf(call_)->organization, "acme");
  const int reads = reads_;
  ASSERT_TRUE(Enter("sk_ak-1_good").ok());
  EXPECT_FALSE(looked_up_);
  EXPECT_EQ(reads_, reads);
}

TEST_F(GateTest, SaysTheSameOfEveryKeyThatIsNotValid) {
  AddKey("ak-1", "good");
  AddKey("ak-2", "good");
  keys_["ak-2"].meta.delete_time = clock_.Now();
  const absl::Status unknown = Enter("sk_ak-9_good", "ipv4:1");
  EXPECT_EQ(ErrorReason(unknown), "KEY_INVALID");
  EXPECT_EQ(Enter("sk_ak-1_bad", "ipv4:2"), unknown);
  EXPECT_EQ(Enter("sk_ak-2_good", "ipv4:3"), unknown);
  EXPECT_EQ(Enter("nonsense", "ipv4:4"), unknown);
  ASSERT_TRUE(Enter("sk_ak-1_good", "ipv4:5").ok());
  EXPECT_EQ(Enter("sk_ak-1_bad", "ipv4:6"), unknown) << "known by now";
}

TEST_F(GateTest, TellsOnlyTheHolderThatAKeyHasExpired) {
  AddKey("ak-1", "good");
  keys_["ak-1"].expire_time = clock_.Now() + absl::Seconds(1);
  ASSERT_TRUE(Enter("sk_ak-1_good").ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ErrorReason(Enter("sk_ak-1_good")), "KEY_EXPIRED");
  EXPECT_EQ(ErrorReason(Enter("sk_ak-1_bad")), "KEY_INVALID");
}

TEST_F(GateTest, ARevokedKeyIsRefusedWithinASecond) {
  AddKey("ak-1", "good");
  ASSERT_TRUE(Enter("sk_ak-1_good").ok());
  keys_["ak-1"].meta.delete_time = clock_.Now();
  clock_.Advance(KeyRing::kMaxAge + absl::Milliseconds(1));
  EXPECT_EQ(ErrorReason(Enter("sk_ak-1_good")), "KEY_INVALID") << "without any refresh";
  AddKey("ak-2", "good");
  ASSERT_TRUE(Enter("sk_ak-2_good").ok());
  keys_["ak-2"].meta.delete_time = clock_.Now();
  ring_.RefreshOnce();
  EXPECT_EQ(ErrorReason(Enter("sk_ak-2_good")), "KEY_INVALID") << "at once after one";
}

TEST_F(GateTest, RefreshesAllKeysInUseTogetherAndForgetsIdleOnes) {
  for (int i = 0; i < 50; ++i) {
    AddKey(absl::StrCat("ak-", i), "good");
    ASSERT_TRUE(ring_.LookUp(absl::StrCat("ak-", i)).ok());
  }
  const int reads = reads_;
  clock_.Advance(KeyRing::kRefresh);
  ring_.RefreshOnce();
  EXPECT_EQ(reads_, reads + 1);
  EXPECT_NE(ring_.Fresh("ak-7"), nullptr);
  clock_.Advance(KeyRing::kIdle + absl::Seconds(1));
  ring_.RefreshOnce();
  EXPECT_EQ(reads_, reads + 1);
  EXPECT_EQ(ring_.Remembered("ak-8"), nullptr);
}

TEST_F(GateTest, TheDatabaseAwayIsNoInvalidKey) {
  AddKey("ak-1", "good");
  ASSERT_TRUE(Enter("sk_ak-1_good").ok());
  database_ = MakeError(absl::StatusCode::kUnavailable, "away", {.reason = "DATABASE_UNAVAILABLE"});
  ring_.RefreshOnce();
  EXPECT_TRUE(Enter("sk_ak-1_good").ok()) << "young enough";
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(ErrorReason(Enter("sk_ak-1_good")), "DATABASE_UNAVAILABLE");
}

TEST_F(GateTest, AFloodOfStrangersCostsNeitherQueriesNorHashes) {
  AddKey("ak-1", "good");
  ASSERT_TRUE(Enter("sk_ak-1_good", "ipv4:same").ok());
  const int reads = reads_;
  const int compared = secrets_.compared;
  int limited = 0, invalid = 0;
  for (int ms = 0; ms < 10'000; ms += 1) {
    clock_.Advance(absl::Milliseconds(1));
    if (ms % 400 == 0) ring_.RefreshOnce();
    const std::string reason = ErrorReason(Enter(absl::StrCat("sk_ak-x", ms, "_bad"), "ipv4:same"));
    limited += reason == "RATE_LIMITED";
    invalid += reason == "KEY_INVALID";
    if (ms % 1000 != 0) continue;
    EXPECT_TRUE(Enter("sk_ak-1_good", "ipv4:same").ok()) << "the same address, but a key in use";
    EXPECT_FALSE(looked_up_);
  }
  EXPECT_EQ(limited + invalid, 10'000);
  // Burst 5 and 2 a second for 10 s.
  EXPECT_LE(invalid, 26);
  EXPECT_LE(reads_ - reads, 26 + 25);
  EXPECT_LE(secrets_.compared - compared, 26 + 10);
  refusals_.Flush();
  ASSERT_LE(audited_.size(), 4u);
  int64_t told = 0;
  for (const AuditEntry& entry : audited_) told += entry.count;
  EXPECT_EQ(told, 10'000);
}

TEST_F(GateTest, GuessesAtOneKeyFromManyAddressesAreLimited) {
  AddKey("ak-1", "good");
  int looked_up = 0;
  for (int i = 0; i < 100; ++i) {
    Enter("sk_ak-1_guess", absl::StrCat("ipv4:", i)).IgnoreError();
    looked_up += looked_up_;
  }
  EXPECT_LE(looked_up, 4);
}

TEST_F(GateTest, AnOrganizationHasItsShareAndIsToldOfIt) {
  AddKey("ak-1", "good");
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Enter("sk_ak-1_good").ok()) << i;
  const absl::Status limited = Enter("sk_ak-1_good");
  EXPECT_EQ(ErrorReason(limited), "RATE_LIMITED");
  EXPECT_EQ(limited.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(limited)->retry_after, absl::Milliseconds(100));
  const std::map<std::string, std::string> metadata(call_.response_metadata.begin(), call_.response_metadata.end());
  EXPECT_EQ(metadata.at("ratelimit-limit"), "20");
  EXPECT_EQ(metadata.at("ratelimit-remaining"), "0");
  EXPECT_EQ(metadata.at("ratelimit-reset"), "2");
  refusals_.Flush();
  ASSERT_EQ(audited_.size(), 1u);
  EXPECT_EQ(audited_[0].principal, "apiKeys/ak-1");
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_TRUE(Enter("sk_ak-1_good").ok());
}

TEST_F(GateTest, AuditOfAFloodIsBoundedAndCountsAll) {
  for (int i = 0; i < 100'000; ++i) {
    refusals_.Note({.method = "GetKafkaCluster", .reason = "KEY_INVALID", .peer = absl::StrCat("ipv4:", i)});
  }
  refusals_.Flush();
  EXPECT_LE(audited_.size(), RefusalLog::kEntriesPerFlush + 1);
  int64_t told = 0;
  for (const AuditEntry& entry : audited_) told += entry.count;
  EXPECT_EQ(told, 100'000);
}

TEST_F(GateTest, AForeignNameIsSpokenOfAsAMissingOne) {
  AddKey("ak-1", "good", Role::kViewer);
  ASSERT_TRUE(Enter("sk_ak-1_good").ok());
  const Authorizer access(refusals_);
  call_.method = "/sluice.provisioner.v1.KafkaClusterService/DeleteKafkaCluster";
  const absl::Status foreign = access.Allow(call_, {"evil", "prod"}, "organizations/evil/x");
  EXPECT_EQ(ErrorReason(foreign), "RESOURCE_NOT_FOUND");
  const absl::Status weak = access.Allow(call_, {"acme", "prod"}, "organizations/acme/x");
  EXPECT_EQ(ErrorReason(weak), "ROLE_TOO_WEAK");
  EXPECT_EQ(GetErrorDetail(weak)->metadata.at("role_needed"), "ENVIRONMENT_ADMIN");
  call_.method = "/sluice.provisioner.v1.KafkaClusterService/NoSuchMethod";
  EXPECT_EQ(access.Allow(call_, {"acme", "prod"}, "").code(), absl::StatusCode::kInternal);
  refusals_.Flush();
  ASSERT_EQ(audited_.size(), 2u);
  EXPECT_EQ(audited_[0].target, "organizations/acme/x");
  EXPECT_EQ(audited_[0].reason, "ROLE_TOO_WEAK");
  EXPECT_EQ(audited_[1].reason, "FOREIGN_RESOURCE");
}

}  // namespace
}  // namespace sluice::provisioner
