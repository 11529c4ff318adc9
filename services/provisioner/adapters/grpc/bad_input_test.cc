// Bad input, each with its own documented reason that names the field; on the real server over TLS with a real
// PostgreSQL.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/clock/random.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "sluice/provisioner/v1/kafka_cluster_service.pb.h"
#include "sluice/provisioner/v1/organization_service.pb.h"

namespace sluice::provisioner {
namespace {

using testing::ApiFixture;

constexpr char kOrganizations[] = "/sluice.provisioner.v1.OrganizationService/";
constexpr char kClusters[] = "/sluice.provisioner.v1.KafkaClusterService/";

class BadInputTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto fixture = ApiFixture::Start();
    ASSERT_TRUE(fixture.ok()) << fixture.status();
    api_ = fixture->release();
    admin_ = *api_->AddOrganization("acme");
    ASSERT_TRUE(api_->AddEnvironment(admin_, "acme", "prod").ok());
  }
  static void TearDownTestSuite() { delete api_; }

  static absl::Status Organizations(const std::string& method, const google::protobuf::Message& request,
                                    google::protobuf::Message* response = nullptr) {
    return api_->Call(absl::StrCat(kOrganizations, method), request, admin_, response);
  }
  static absl::Status Clusters(const std::string& method, const google::protobuf::Message& request,
                               google::protobuf::Message* response = nullptr) {
    return api_->Call(absl::StrCat(kClusters, method), request, admin_, response);
  }
  static void Expect(const absl::Status& status, absl::StatusCode code, const std::string& reason,
                     const std::string& field) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ErrorReason(status), reason) << status;
    EXPECT_EQ(GetErrorDetail(status).value_or(ErrorDetail{}).field, field) << status;
  }
  static v1::CreateKafkaClusterRequest NewCluster(const std::string& id) {
    v1::CreateKafkaClusterRequest request;
    request.set_parent("organizations/acme/environments/prod");
    request.set_kafka_cluster_id(id);
    request.mutable_kafka_cluster()->set_type(v1::KafkaCluster::SERVERLESS);
    return request;
  }

  static ApiFixture* api_;
  static std::string admin_;
};
ApiFixture* BadInputTest::api_ = nullptr;
std::string BadInputTest::admin_;

TEST_F(BadInputTest, DuplicateName) {
  v1::CreateEnvironmentRequest request;
  request.set_parent("organizations/acme");
  request.set_environment_id("twice");
  ASSERT_TRUE(Organizations("CreateEnvironment", request).ok());
  const absl::Status status = Organizations("CreateEnvironment", request);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
  EXPECT_EQ(ErrorReason(status), "NAME_TAKEN");
}

TEST_F(BadInputTest, BadName) {
  for (const char* bad : {"", "Orders", "-orders", "orders-", "or.ders", "1orders"}) {
    Expect(Clusters("CreateKafkaCluster", NewCluster(bad)), absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
           "kafka_cluster_id");
  }
  Expect(Clusters("CreateKafkaCluster", NewCluster(std::string(64, 'a'))), absl::StatusCode::kInvalidArgument,
         "INVALID_FIELD", "kafka_cluster_id");
  v1::GetKafkaClusterRequest get;
  get.set_name("orders");
  Expect(Clusters("GetKafkaCluster", get), absl::StatusCode::kInvalidArgument, "RESOURCE_NAME_INVALID", "name");
}

TEST_F(BadInputTest, UnknownTypeAndRegion) {
  v1::CreateKafkaClusterRequest request = NewCluster("orders");
  request.mutable_kafka_cluster()->clear_type();
  Expect(Clusters("CreateKafkaCluster", request), absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
         "kafka_cluster.type");
  request = NewCluster("orders");
  request.mutable_kafka_cluster()->set_region("atlantis");
  Expect(Clusters("CreateKafkaCluster", request), absl::StatusCode::kInvalidArgument, "REGION_NOT_FOUND",
         "kafka_cluster.region");
}

TEST_F(BadInputTest, StaleEtag) {
  v1::GetEnvironmentRequest get;
  get.set_name("organizations/acme/environments/prod");
  v1::UpdateEnvironmentRequest update;
  ASSERT_TRUE(Organizations("GetEnvironment", get, update.mutable_environment()).ok());
  update.mutable_environment()->set_display_name(absl::StrCat("seen ", update.environment().etag()));
  update.mutable_update_mask()->add_paths("display_name");
  ASSERT_TRUE(Organizations("UpdateEnvironment", update).ok());
  update.mutable_environment()->set_display_name("too late");
  const absl::Status status = Organizations("UpdateEnvironment", update);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_EQ(ErrorReason(status), "ETAG_MISMATCH");
  EXPECT_EQ(GetErrorDetail(status)->field, "etag");
}

TEST_F(BadInputTest, UpdateMask) {
  v1::UpdateEnvironmentRequest update;
  update.mutable_environment()->set_name("organizations/acme/environments/prod");
  Expect(Organizations("UpdateEnvironment", update), absl::StatusCode::kInvalidArgument, "UPDATE_MASK_REQUIRED",
         "update_mask");
  update.mutable_update_mask()->add_paths("uid");
  Expect(Organizations("UpdateEnvironment", update), absl::StatusCode::kInvalidArgument, "UPDATE_MASK_INVALID",
         "update_mask");
}

TEST_F(BadInputTest, RequestIdUsedForAnotherPayloadAndForTheSame) {
  v1::CreateEnvironmentRequest request;
  request.set_parent("organizations/acme");
  request.set_environment_id("once");
  request.set_request_id(clock::NewUuid4(clock::CryptoRandom()));
  v1::Environment first, second;
  ASSERT_TRUE(Organizations("CreateEnvironment", request, &first).ok());
  ASSERT_TRUE(Organizations("CreateEnvironment", request, &second).ok()) << "the first answer again";
  EXPECT_EQ(first.uid(), second.uid());
  request.set_environment_id("another");
  Expect(Organizations("CreateEnvironment", request), absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
         "request_id");
  request.set_request_id("not-a-uuid");
  Expect(Organizations("CreateEnvironment", request), absl::StatusCode::kInvalidArgument, "REQUEST_ID_INVALID",
         "request_id");
}

TEST_F(BadInputTest, ASecretIsShownOnce) {
  v1::CreateApiKeyRequest request;
  request.set_parent("organizations/acme");
  request.set_request_id(clock::NewUuid4(clock::CryptoRandom()));
  v1::CreateApiKeyResponse response;
  ASSERT_TRUE(Organizations("CreateApiKey", request, &response).ok());
  EXPECT_FALSE(response.secret().empty());
  const absl::Status status = Organizations("CreateApiKey", request);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "SECRET_SHOWN_ONCE");
}

TEST_F(BadInputTest, PageTokens) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(api_->AddEnvironment(admin_, "acme", absl::StrCat("page-", i)).ok());
  v1::ListEnvironmentsRequest request;
  request.set_parent("organizations/acme");
  request.set_page_size(2);
  std::set<std::string> names;
  v1::ListEnvironmentsResponse page;
  do {
    ASSERT_TRUE(Organizations("ListEnvironments", request, &page).ok());
    EXPECT_LE(page.environments_size(), 2);
    for (const auto& environment : page.environments()) EXPECT_TRUE(names.insert(environment.name()).second);
    if (!page.next_page_token().empty()) request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_GE(names.size(), 6u);
  EXPECT_TRUE(names.contains("organizations/acme/environments/page-4"));

  v1::ListKafkaClustersRequest clusters;
  clusters.set_parent("organizations/acme/environments/-");
  clusters.set_page_token(request.page_token());
  Expect(Clusters("ListKafkaClusters", clusters), absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_FILTER_MISMATCH",
         "page_token");
  clusters.set_page_token("bm90IG91cnM");
  Expect(Clusters("ListKafkaClusters", clusters), absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
         "page_token");
  clusters.clear_page_token();
  clusters.set_page_size(-1);
  Expect(Clusters("ListKafkaClusters", clusters), absl::StatusCode::kInvalidArgument, "INVALID_FIELD", "page_size");
  clusters.set_page_size(0);
  clusters.set_filter("no such thing ((");
  Expect(Clusters("ListKafkaClusters", clusters), absl::StatusCode::kInvalidArgument, "INVALID_FILTER", "filter");
}

TEST_F(BadInputTest, FiveMebibytes) {
  v1::CreateKafkaClusterRequest request = NewCluster("orders");
  request.mutable_kafka_cluster()->set_display_name(std::string(5 * 1024 * 1024, 'x'));
  Expect(Clusters("CreateKafkaCluster", request), absl::StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE",
         "kafka_cluster");
}

TEST_F(BadInputTest, Deadlines) {
  const v1::CreateKafkaClusterRequest request = NewCluster("orders");
  const std::string method = absl::StrCat(kClusters, "CreateKafkaCluster");
  Expect(api_->Call(method, request, admin_, nullptr, absl::InfiniteDuration()), absl::StatusCode::kInvalidArgument,
         "DEADLINE_REQUIRED", "");
  Expect(api_->Call(method, request, admin_, nullptr, -absl::Seconds(1)), absl::StatusCode::kDeadlineExceeded,
         "DEADLINE_EXCEEDED", "");
  v1::GetKafkaClusterRequest get;
  get.set_name("organizations/acme/environments/prod/kafkaClusters/orders");
  EXPECT_EQ(ErrorReason(Clusters("GetKafkaCluster", get)), "RESOURCE_NOT_FOUND") << "no work was done";
}

TEST_F(BadInputTest, InvalidUtf8) {
  v1::CreateKafkaClusterRequest request = NewCluster("orders");
  request.mutable_kafka_cluster()->set_display_name("GOODNAME");
  std::string bytes = request.SerializeAsString();
  bytes.replace(bytes.find("GOOD"), 4, "\xff\xfe\xfd\xfc");
  Expect(api_->CallWithBytes(absl::StrCat(kClusters, "CreateKafkaCluster"), bytes, admin_, nullptr),
         absl::StatusCode::kInvalidArgument, "INVALID_UTF8", "kafka_cluster.display_name");
}

TEST_F(BadInputTest, ValidateOnlyChangesNothing) {
  v1::CreateEnvironmentRequest request;
  request.set_parent("organizations/acme");
  request.set_environment_id("imagined");
  request.set_validate_only(true);
  v1::Environment environment;
  ASSERT_TRUE(Organizations("CreateEnvironment", request, &environment).ok());
  EXPECT_EQ(environment.name(), "organizations/acme/environments/imagined");
  v1::GetEnvironmentRequest get;
  get.set_name("organizations/acme/environments/imagined");
  EXPECT_EQ(ErrorReason(Organizations("GetEnvironment", get)), "RESOURCE_NOT_FOUND");
}

}  // namespace
}  // namespace sluice::provisioner
