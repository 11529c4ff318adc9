// Every RPC that is served × no, malformed, wrong, unknown, expired, revoked, foreign and too weak a credential, on the
// real server over TLS with a real PostgreSQL. An RPC without a row fails the test.

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/longrunning/operations_proto.pb.h"
#include "libs/base/error.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "services/provisioner/core/access/access_rules.h"
#include "sluice/provisioner/v1/data_plane_service.pb.h"
#include "sluice/provisioner/v1/kafka_cluster_service.pb.h"
#include "sluice/provisioner/v1/organization_service.pb.h"
#include "sluice/provisioner/v1/watch_service.pb.h"

namespace sluice::provisioner {
namespace {

using testing::ApiFixture;

// What becomes of a caller of another organization, and of one of this organization without a role.
enum class Expect {
  // A foreign name looks missing; without a role PERMISSION_DENIED.
  kScoped,
  // Both PERMISSION_DENIED.
  kPlatform,
  // Allowed, and shows nothing of others.
  kShowsOwn,
  // No key at all: the request's own proof is bad.
  kOwnProof,
};

struct Row {
  const char* rpc;
  // Text format; $o is an organization.
  const char* request;
  Expect expect = Expect::kScoped;
};

#define O "/sluice.provisioner.v1.OrganizationService/"
#define K "/sluice.provisioner.v1.KafkaClusterService/"
#define D "/sluice.provisioner.v1.DataPlaneService/"
#define L "/google.longrunning.Operations/"
#define CLUSTER "organizations/$o/environments/prod/kafkaClusters/orders"

constexpr Row kRows[] = {
    {O "CreateOrganization", "organization_id: 'new'", Expect::kPlatform},
    {O "GetOrganization", "name: 'organizations/$o'"},
    {O "ListOrganizations", "", Expect::kShowsOwn},
    {O "CreateEnvironment", "parent: 'organizations/$o' environment_id: 'new'"},
    {O "GetEnvironment", "name: 'organizations/$o/environments/prod'"},
    {O "ListEnvironments", "parent: 'organizations/$o'"},
    {O "UpdateEnvironment",
     "environment { name: 'organizations/$o/environments/prod' display_name: 'x' } update_mask { paths: 'display_name' "
     "}"},
    {O "DeleteEnvironment", "name: 'organizations/$o/environments/prod'"},
    {O "CreateApiKey", "parent: 'organizations/$o'"},
    {O "GetApiKey", "name: 'organizations/$o/apiKeys/admin'"},
    {O "ListApiKeys", "parent: 'organizations/$o'"},
    {O "DeleteApiKey", "name: 'organizations/$o/apiKeys/admin'"},
    {O "CreateRoleBinding",
     "parent: 'organizations/$o' role_binding { principal: 'apiKeys/x' role: VIEWER scope: 'organizations/$o' }"},
    {O "GetRoleBinding", "name: 'organizations/$o/roleBindings/admin'"},
    {O "ListRoleBindings", "parent: 'organizations/$o'"},
    {O "DeleteRoleBinding", "name: 'organizations/$o/roleBindings/admin'"},
    {O "WhoAmI", "", Expect::kShowsOwn},

    {K "CreateKafkaCluster",
     "parent: 'organizations/$o/environments/prod' kafka_cluster_id: 'new' kafka_cluster { type: SERVERLESS }"},
    {K "GetKafkaCluster", "name: '" CLUSTER "'"},
    {K "ListKafkaClusters", "parent: 'organizations/$o/environments/prod'"},
    {K "UpdateKafkaCluster",
     "kafka_cluster { name: '" CLUSTER "' display_name: 'x' } update_mask { paths: 'display_name' }"},
    {K "DeleteKafkaCluster", "name: '" CLUSTER "'"},
    {K "UndeleteKafkaCluster", "name: '" CLUSTER "'"},
    {K "CreateKafkaKey", "parent: '" CLUSTER "'"},
    {K "GetKafkaKey", "name: '" CLUSTER "/keys/k'"},
    {K "ListKafkaKeys", "parent: '" CLUSTER "'"},
    {K "DeleteKafkaKey", "name: '" CLUSTER "/keys/k'"},
    {K "CreateTopic", "parent: '" CLUSTER "' topic_id: 't'"},
    {K "GetTopic", "name: '" CLUSTER "/topics/t'"},
    {K "ListTopics", "parent: '" CLUSTER "'"},
    {K "UpdateTopic", "topic { name: '" CLUSTER "/topics/t' partitions: 2 } update_mask { paths: 'partitions' }"},
    {K "DeleteTopic", "name: '" CLUSTER "/topics/t'"},

    {D "RegisterDataPlane", "data_plane_id: 'new' data_plane { region: 'r' substrate: LOCAL }", Expect::kPlatform},
    {D "GetDataPlane", "name: 'dataPlanes/local'", Expect::kPlatform},
    {D "ListDataPlanes", "", Expect::kPlatform},
    {D "UpdateDataPlane", "data_plane { name: 'dataPlanes/local' } update_mask { paths: 'display_name' }",
     Expect::kPlatform},
    {D "CreateEnrolmentToken", "data_plane: 'dataPlanes/local'", Expect::kPlatform},
    {D "DeleteDataPlane", "name: 'dataPlanes/local'", Expect::kPlatform},
    {D "EnrolSatellite",
     "enrolment_token: 'guess' certificate_request_pem: 'x' sealing_public_key: '01234567890123456789012345678901'",
     Expect::kOwnProof},
    {D "RenewSatellite",
     "data_plane: 'dataPlanes/local' current_certificate_pem: 'x' certificate_request_pem: 'x' signature: 'x'",
     Expect::kOwnProof},

    {L "GetOperation", "name: 'organizations/$o/operations/op-1'"},
    {L "ListOperations", "name: 'organizations/$o'"},
    {L "WaitOperation", "name: 'organizations/$o/operations/op-1'"},
    {L "CancelOperation", "name: 'organizations/$o/operations/op-1'"},
    {L "DeleteOperation", "name: 'organizations/$o/operations/op-1'"},

    {"/sluice.provisioner.v1.WatchService/Watch", "parent: 'organizations/$o'"},
};

constexpr const char* kServices[] = {
    "sluice.provisioner.v1.OrganizationService", "sluice.provisioner.v1.KafkaClusterService",
    "sluice.provisioner.v1.DataPlaneService",    "google.longrunning.Operations",
    "sluice.provisioner.v1.WatchService",
};

const google::protobuf::MethodDescriptor* MethodOf(const std::string& rpc) {
  std::string name = rpc.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
}

std::unique_ptr<google::protobuf::Message> RequestOf(const Row& row, const std::string& organization) {
  std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(MethodOf(row.rpc)->input_type())->New());
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(absl::StrReplaceAll(row.request, {{"$o", organization}}),
                                                            request.get()))
      << row.rpc;
  return request;
}

// All of an error that its reader sees, with the organization's name and the trace taken out.
std::string Seen(const absl::Status& status, const std::string& organization) {
  const ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail{});
  std::string seen = absl::StrCat(static_cast<int>(status.code()), " ", std::string(status.message()), " ",
                                  detail.reason, " ", detail.field, " ", detail.remedy);
  for (const auto& [key, value] : detail.metadata) {
    if (key != "trace_id") absl::StrAppend(&seen, " ", key, "=", value);
  }
  return absl::StrReplaceAll(seen, {{"organizations/" + organization, "organizations/?"}});
}

class AccessTableTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto fixture = ApiFixture::Start();
    ASSERT_TRUE(fixture.ok()) << fixture.status();
    api_ = fixture->release();
    acme_admin_ = *api_->AddOrganization("acme");
    evil_admin_ = *api_->AddOrganization("evil");
    ASSERT_TRUE(api_->AddEnvironment(acme_admin_, "acme", "prod").ok());
    ASSERT_TRUE(api_->AddEnvironment(evil_admin_, "evil", "prod").ok());
    roleless_ = *api_->AddKey(acme_admin_, "acme");
  }
  static void TearDownTestSuite() { delete api_; }

  static absl::Status Call(const Row& row, const std::string& key, const std::string& organization = "acme") {
    return api_->Call(row.rpc, *RequestOf(row, organization), key);
  }

  // As Call, for each row but those without a key; expects `code` and `reason`.
  static void ExpectAll(const std::string& key, absl::StatusCode code, const std::string& reason) {
    for (const Row& row : kRows) {
      if (row.expect == Expect::kOwnProof) continue;
      const absl::Status status = Call(row, key);
      EXPECT_EQ(status.code(), code) << row.rpc << " " << status;
      EXPECT_EQ(ErrorReason(status), reason) << row.rpc;
    }
  }

  static ApiFixture* api_;
  static std::string acme_admin_;
  static std::string evil_admin_;
  static ApiFixture::Key roleless_;
};
ApiFixture* AccessTableTest::api_ = nullptr;
std::string AccessTableTest::acme_admin_;
std::string AccessTableTest::evil_admin_;
ApiFixture::Key AccessTableTest::roleless_;

TEST_F(AccessTableTest, HasARowForEveryRpc) {
  std::set<std::string> rows;
  for (const Row& row : kRows) EXPECT_TRUE(rows.insert(row.rpc).second) << row.rpc;
  std::set<std::string> served;
  for (const char* service : kServices) {
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    ASSERT_NE(descriptor, nullptr) << service;
    for (int i = 0; i < descriptor->method_count(); ++i) {
      served.insert(absl::StrCat("/", service, "/", descriptor->method(i)->name()));
    }
  }
  EXPECT_EQ(rows, served);
  std::set<std::string> ruled;
  for (const AccessRule& rule : AccessRules()) ruled.insert(std::string(rule.rpc));
  EXPECT_EQ(ruled, served) << "core/access has a rule for each as well";
}

TEST_F(AccessTableTest, NoKey) { ExpectAll("", absl::StatusCode::kUnauthenticated, "KEY_MISSING"); }

TEST_F(AccessTableTest, NoKeyAtAll) { ExpectAll("a-string", absl::StatusCode::kUnauthenticated, "KEY_INVALID"); }

TEST_F(AccessTableTest, UnknownKey) {
  ExpectAll("sk_ak-doesnotexist_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", absl::StatusCode::kUnauthenticated,
            "KEY_INVALID");
}

TEST_F(AccessTableTest, WrongSecret) {
  ExpectAll("sk_" + roleless_.uid + "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", absl::StatusCode::kUnauthenticated,
            "KEY_INVALID");
}

TEST_F(AccessTableTest, ExpiredKey) {
  const auto key = api_->AddKey(acme_admin_, "acme", absl::Now() + absl::Milliseconds(1500));
  ASSERT_TRUE(key.ok()) << key.status();
  // Until the server's clock says so.
  const absl::Time give_up = absl::Now() + absl::Seconds(30);
  absl::Status status;
  do {
    status = api_->Call(O "WhoAmI", v1::WhoAmIRequest(), key->bearer);
  } while (status.ok() && absl::Now() < give_up);
  ExpectAll(key->bearer, absl::StatusCode::kUnauthenticated, "KEY_EXPIRED");
}

TEST_F(AccessTableTest, RevokedKey) {
  const auto key = api_->AddKey(acme_admin_, "acme");
  ASSERT_TRUE(key.ok()) << key.status();
  ASSERT_TRUE(api_->Call(O "WhoAmI", v1::WhoAmIRequest(), key->bearer).ok());
  v1::DeleteApiKeyRequest request;
  request.set_name(key->name);
  ASSERT_TRUE(api_->Call(O "DeleteApiKey", request, acme_admin_).ok());
  ExpectAll(key->bearer, absl::StatusCode::kUnauthenticated, "KEY_INVALID");
}

TEST_F(AccessTableTest, AForeignNameLooksLikeAMissingOne) {
  for (const Row& row : kRows) {
    const absl::Status status = Call(row, evil_admin_, "acme");
    switch (row.expect) {
      case Expect::kScoped:
        EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << row.rpc << " " << status;
        EXPECT_EQ(ErrorReason(status), "RESOURCE_NOT_FOUND") << row.rpc;
        EXPECT_EQ(Seen(status, "acme"), Seen(Call(row, evil_admin_, "nobody"), "nobody")) << row.rpc;
        break;
      case Expect::kPlatform:
        EXPECT_EQ(ErrorReason(status), "ROLE_TOO_WEAK") << row.rpc << " " << status;
        break;
      case Expect::kShowsOwn:
        EXPECT_TRUE(status.ok()) << row.rpc << " " << status;
        break;
      case Expect::kOwnProof:
        EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << row.rpc << " " << status;
        break;
    }
  }
  v1::ListOrganizationsResponse organizations;
  ASSERT_TRUE(api_->Call(O "ListOrganizations", v1::ListOrganizationsRequest(), evil_admin_, &organizations).ok());
  ASSERT_EQ(organizations.organizations_size(), 1);
  EXPECT_EQ(organizations.organizations(0).name(), "organizations/evil");
}

TEST_F(AccessTableTest, AMissingNameOfOnesOwnIsSpokenOfInTheSameWords) {
  // Its own organization, but what is below is not there: the use cases' answer, against the authorizer's.
  for (const char* rpc : {O "GetEnvironment", K "GetKafkaCluster", K "DeleteKafkaCluster", K "GetKafkaKey",
                          K "GetTopic", K "ListTopics", L "GetOperation", O "GetApiKey", O "GetRoleBinding"}) {
    for (const Row& row : kRows) {
      if (std::string(row.rpc) != rpc) continue;
      auto own = RequestOf(row, "evil");
      // "prod" is there: ask for what is not.
      std::string bytes = own->SerializeAsString();
      for (const char* there : {"prod", "admin"}) {
        if (auto at = bytes.find(there); at != std::string::npos) bytes.replace(at, 2, "zz");
      }
      std::unique_ptr<google::protobuf::Message> missing(own->New());
      ASSERT_TRUE(missing->ParseFromString(bytes));
      auto foreign_request = std::unique_ptr<google::protobuf::Message>(own->New());
      std::string foreign_bytes = bytes;
      foreign_bytes.replace(foreign_bytes.find("evil"), 4, "acme");
      ASSERT_TRUE(foreign_request->ParseFromString(foreign_bytes));
      const absl::Status is_missing = api_->Call(rpc, *missing, evil_admin_);
      const absl::Status is_foreign = api_->Call(rpc, *foreign_request, evil_admin_);
      EXPECT_EQ(Seen(is_missing, "evil"), Seen(is_foreign, "acme")) << rpc;
    }
  }
}

TEST_F(AccessTableTest, TooWeakAKey) {
  for (const Row& row : kRows) {
    const absl::Status status = Call(row, roleless_.bearer);
    switch (row.expect) {
      case Expect::kScoped:
      case Expect::kPlatform:
        EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << row.rpc << " " << status;
        EXPECT_EQ(ErrorReason(status), "ROLE_TOO_WEAK") << row.rpc;
        EXPECT_NE(GetErrorDetail(status)->metadata["role_needed"], "") << row.rpc;
        break;
      case Expect::kShowsOwn:
        EXPECT_TRUE(status.ok()) << row.rpc << " " << status;
        break;
      case Expect::kOwnProof:
        EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << row.rpc << " " << status;
        break;
    }
  }
}

TEST_F(AccessTableTest, AViewerReadsAndDoesNotWrite) {
  const auto viewer = api_->AddKey(acme_admin_, "acme");
  ASSERT_TRUE(viewer.ok());
  v1::CreateRoleBindingRequest binding;
  binding.set_parent("organizations/acme");
  binding.mutable_role_binding()->set_principal("apiKeys/" + viewer->uid);
  binding.mutable_role_binding()->set_role(v1::RoleBinding::VIEWER);
  binding.mutable_role_binding()->set_scope("organizations/acme");
  ASSERT_TRUE(api_->Call(O "CreateRoleBinding", binding, acme_admin_).ok());
  for (const Row& row : kRows) {
    const Right right = RuleOf(row.rpc)->right;
    if (right != Right::kEdit && right != Right::kAdminister && right != Right::kView) continue;
    const std::string reason = ErrorReason(Call(row, viewer->bearer));
    if (right == Right::kView) {
      EXPECT_NE(reason, "ROLE_TOO_WEAK") << row.rpc;
    } else {
      EXPECT_EQ(reason, "ROLE_TOO_WEAK") << row.rpc;
    }
  }
  // No key rises by itself.
  binding.mutable_role_binding()->set_role(v1::RoleBinding::PLATFORM_ADMIN);
  binding.mutable_role_binding()->set_scope("platform");
  EXPECT_EQ(ErrorReason(api_->Call(O "CreateRoleBinding", binding, acme_admin_)), "ROLE_TOO_WEAK");
}

TEST_F(AccessTableTest, RefusalsAreAudited) {
  v1::GetKafkaClusterRequest request;
  request.set_name("organizations/acme/environments/prod/kafkaClusters/audited");
  ASSERT_FALSE(api_->Call(K "GetKafkaCluster", request, evil_admin_).ok());
  ASSERT_FALSE(api_->Call(K "GetKafkaCluster", request, roleless_.bearer).ok());
  ASSERT_FALSE(api_->Call(K "GetKafkaCluster", request, "").ok());
  const absl::Time give_up = absl::Now() + absl::Seconds(60);
  int found = 0;
  while (found < 3 && absl::Now() < give_up) {
    found = 0;
    ASSERT_TRUE(api_->pool()
                    .InTransaction([&](pqxx::transaction_base& tx) {
                      for (const char* mark : {"FOREIGN_RESOURCE", "ROLE_TOO_WEAK", "KEY_MISSING"}) {
                        found += tx.exec_params(
                                       "SELECT 1 FROM bus_outbox WHERE topic = 'sluice.audit.events.v1' AND "
                                       "position($1::bytea IN payload) > 0 LIMIT 1",
                                       mark)
                                     .size() == 1;
                      }
                      return absl::OkStatus();
                    })
                    .ok());
  }
  EXPECT_EQ(found, 3);
}

}  // namespace
}  // namespace sluice::provisioner
