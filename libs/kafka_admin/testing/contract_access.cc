#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/kafka_admin/testing/admin_client_contract.h"

namespace sluice::kafka_admin::testing {

absl::Status AdminClientContract::UpsertUser(const std::string& user, ScramMechanism mechanism,
                                             const std::string& password, const std::string& salt) {
  auto salted = SaltPassword(mechanism, password, salt, 4096);
  if (!salted.ok()) return salted.status();
  ScramUpsert upsert{.user = user, .mechanism = mechanism, .salt = salt, .salted_password = salted->value};
  auto results = client_->AlterScramUsers({}, {upsert}, kTimeout);
  return results.ok() ? results->at(0).status : results.status();
}

absl::Status AdminClientContract::Probe(const std::string& user, ScramMechanism mechanism,
                                        std::variant<Password, SaltedPassword> secret) {
  ScramLogin login{.broker = GetParam().login_address(),
                   .tls = GetParam().login_tls(),
                   .credentials = {.mechanism = mechanism, .user = user, .secret = std::move(secret)}};
  return client_->ProbeScramLogin(login, kTimeout);
}

TEST_P(AdminClientContract, CreatesFindsAndDeletesAcls) {
  std::string name = Name();
  AclBinding prefixed{.resource_name = name + ".",
                      .pattern_type = AclPatternType::kPrefixed,
                      .principal = "User:" + name,
                      .operation = AclOperation::kAll};
  AclBinding literal{.resource_name = name + ".orders", .principal = "User:" + name};
  AclBinding group{.resource_type = AclResourceType::kGroup, .resource_name = name, .principal = "User:" + name};
  AclBinding vague{.resource_type = AclResourceType::kAny, .resource_name = name, .principal = "User:" + name};
  for (int round = 0; round < 2; ++round) {  // to create them again is no error
    auto created = client_->CreateAcls({prefixed, literal, vague, group}, kTimeout);
    ASSERT_TRUE(created.ok()) << created.status();
    ASSERT_EQ(created->size(), 4u);
    EXPECT_TRUE(created->at(0).status.ok()) << created->at(0).status;
    EXPECT_TRUE(created->at(1).status.ok()) << created->at(1).status;
    EXPECT_EQ(ErrorReason(created->at(2).status), "KAFKA_INVALID_REQUEST") << created->at(2).status;
    EXPECT_TRUE(created->at(3).status.ok()) << created->at(3).status;
  }
  AclFilter of_user{.principal = "User:" + name};
  std::vector<AclBinding> found;
  Eventually(
      [&] {
        auto acls = client_->DescribeAcls(of_user, kTimeout);
        if (acls.ok()) found = *acls;
        return found.size() == 3;
      },
      "three ACLs");
  std::sort(found.begin(), found.end());
  std::vector<AclBinding> expected = {prefixed, literal, group};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(found, expected);

  AclFilter matching{.resource_type = AclResourceType::kTopic,
                     .resource_name = name + ".orders",
                     .pattern_type = AclPatternType::kMatch,
                     .principal = "User:" + name};
  auto acls = client_->DescribeAcls(matching, kTimeout);
  ASSERT_TRUE(acls.ok()) << acls.status();
  EXPECT_EQ(acls->size(), 2u);

  auto deleted = client_->DeleteAcls({of_user, {.principal = "User:nobody-" + name}}, kTimeout);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  ASSERT_EQ(deleted->size(), 2u);
  EXPECT_TRUE(deleted->at(0).status.ok()) << deleted->at(0).status;
  EXPECT_EQ(deleted->at(0).matches.size(), 3u);
  EXPECT_TRUE(deleted->at(1).matches.empty());
  Eventually([&] { return client_->DescribeAcls(of_user, kTimeout)->empty(); }, "no ACL is left");
}

TEST_P(AdminClientContract, MakesScramUsersThatCanLogIn) {
  std::string user = Name();
  for (ScramMechanism mechanism : {ScramMechanism::kSha512, ScramMechanism::kSha256}) {
    std::string salt = absl::StrCat("salt-of-", std::string(ScramMechanismName(mechanism)));
    absl::Status before = Probe(user, mechanism, Password{"secret"});
    EXPECT_EQ(ErrorReason(before), "KAFKA_SASL_AUTHENTICATION_FAILED") << before;
    EXPECT_EQ(before.code(), absl::StatusCode::kUnauthenticated);
    ASSERT_TRUE(UpsertUser(user, mechanism, "secret", salt).ok());
    Eventually([&] { return Probe(user, mechanism, Password{"secret"}).ok(); }, "the user can log in");
    absl::Status by_salted = Probe(user, mechanism, *SaltPassword(mechanism, "secret", salt, 4096));
    EXPECT_TRUE(by_salted.ok()) << by_salted;
    absl::Status wrong = Probe(user, mechanism, Password{"Secret"});
    EXPECT_EQ(ErrorReason(wrong), "KAFKA_SASL_AUTHENTICATION_FAILED") << wrong;
  }
  auto users = client_->DescribeScramUsers({{user, Name("-missing")}}, kTimeout);
  ASSERT_TRUE(users.ok()) << users.status();
  ASSERT_EQ(users->size(), 2u);
  EXPECT_TRUE(users->at(0).status.ok()) << users->at(0).status;
  ASSERT_EQ(users->at(0).credentials.size(), 2u);
  EXPECT_EQ(users->at(0).credentials[0].iterations, 4096);
  EXPECT_EQ(ErrorReason(users->at(1).status), "KAFKA_RESOURCE_NOT_FOUND");

  auto deleted = client_->AlterScramUsers({{.user = user}, {.user = Name("-missing")}}, {}, kTimeout);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_TRUE(deleted->at(0).status.ok()) << deleted->at(0).status;
  EXPECT_EQ(ErrorReason(deleted->at(1).status), "KAFKA_RESOURCE_NOT_FOUND");
  Eventually([&] { return absl::IsUnauthenticated(Probe(user, ScramMechanism::kSha512, Password{"secret"})); },
             "the user cannot log in");
}

TEST_P(AdminClientContract, ReplacesAScramCredential) {
  std::string user = Name();
  ASSERT_TRUE(UpsertUser(user, ScramMechanism::kSha512, "old", "salt-1").ok());
  Eventually([&] { return Probe(user, ScramMechanism::kSha512, Password{"old"}).ok(); }, "the old one works");
  ASSERT_TRUE(UpsertUser(user, ScramMechanism::kSha512, "new", "salt-2").ok());
  Eventually([&] { return Probe(user, ScramMechanism::kSha512, Password{"new"}).ok(); }, "the new one works");
  absl::Status old = Probe(user, ScramMechanism::kSha512, Password{"old"});
  EXPECT_EQ(ErrorReason(old), "KAFKA_SASL_AUTHENTICATION_FAILED") << old;
}

TEST_P(AdminClientContract, RefusesScramCredentialsOneByOne) {
  std::string salted = SaltPassword(ScramMechanism::kSha512, "p", "s", 4096)->value;
  ScramUpsert good{.user = Name("-good"), .salt = "s", .salted_password = salted};
  ScramUpsert weak{.user = Name("-weak"), .iterations = 1000, .salt = "s", .salted_password = salted};
  ScramUpsert twice{.user = Name("-twice"), .salt = "s", .salted_password = salted};
  auto results = client_->AlterScramUsers({}, {good, weak, twice, twice}, kTimeout);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 4u);
  EXPECT_TRUE(results->at(0).status.ok()) << results->at(0).status;
  EXPECT_EQ(ErrorReason(results->at(1).status), "KAFKA_UNACCEPTABLE_CREDENTIAL") << results->at(1).status;
  EXPECT_EQ(ErrorReason(results->at(2).status), "KAFKA_DUPLICATE_RESOURCE") << results->at(2).status;
  EXPECT_EQ(ErrorReason(results->at(3).status), "KAFKA_DUPLICATE_RESOURCE") << results->at(3).status;
}

TEST_P(AdminClientContract, SetsAndClearsQuotas) {
  ClientQuotaEntity user = {{"user", Name()}};
  ClientQuotaEntity client_of_user = {{"user", Name()}, {"client-id", std::nullopt}};
  std::vector<ClientQuotaAlteration> alterations = {
      {.entity = user, .values = {{"producer_byte_rate", 1000}, {"request_percentage", 50}}},
      {.entity = client_of_user, .values = {{"consumer_byte_rate", 2000}}},
      {.entity = {{"user", Name("-bad")}}, .values = {{"no_such_rate", 1}}},
      {.entity = {{"user", Name("-half")}}, .values = {{"producer_byte_rate", 1.5}}},
  };
  auto altered = client_->AlterClientQuotas(alterations, false, kTimeout);
  ASSERT_TRUE(altered.ok()) << altered.status();
  ASSERT_EQ(altered->size(), 4u);
  EXPECT_TRUE(altered->at(0).status.ok()) << altered->at(0).status;
  EXPECT_TRUE(altered->at(1).status.ok()) << altered->at(1).status;
  EXPECT_EQ(ErrorReason(altered->at(2).status), "KAFKA_INVALID_REQUEST") << altered->at(2).status;
  EXPECT_EQ(ErrorReason(altered->at(3).status), "KAFKA_INVALID_REQUEST") << altered->at(3).status;

  ClientQuotaFilter filter{.components = {{.entity_type = "user", .name = Name()}}, .strict = true};
  std::vector<ClientQuota> found;
  auto look = [&] {
    auto quotas = client_->DescribeClientQuotas(filter, kTimeout);
    if (quotas.ok()) found = *quotas;
    return quotas.ok();
  };
  Eventually([&] { return look() && found.size() == 1; }, "the user's quota is there");
  EXPECT_EQ(found[0].entity, user);
  EXPECT_EQ(found[0].values["producer_byte_rate"], 1000);
  filter.strict = false;
  Eventually([&] { return look() && found.size() == 2; }, "both quotas are there");
  filter.components.push_back({.entity_type = "client-id", .match = ClientQuotaFilter::Component::Match::kDefault});
  ASSERT_TRUE(look());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].entity, client_of_user);

  altered = client_->AlterClientQuotas(
      {{.entity = user, .values = {{"producer_byte_rate", std::nullopt}, {"request_percentage", std::nullopt}}}}, false,
      kTimeout);
  ASSERT_TRUE(altered.ok() && altered->at(0).status.ok());
  filter = {.components = {{.entity_type = "user", .name = Name()}}, .strict = true};
  Eventually([&] { return look() && found.empty(); }, "the user's quota is gone");
}

}  // namespace sluice::kafka_admin::testing
