// The questions that are asked of a provisioner, and what is made of its answers: against a server that plays it.
#include "services/balancer-planner/adapters/grpc/provisioner_access.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/grpc/error_status.h"
#include "libs/grpc/testing/test_certificate.h"

namespace sluice::balancer_planner {
namespace {

namespace pv1 = provisioner::v1;

constexpr char kBig[] = "organizations/acme/environments/prod/kafkaClusters/big";
constexpr char kShared[] = "organizations/acme/environments/prod/kafkaClusters/shared";
constexpr char kFresh[] = "organizations/acme/environments/prod/kafkaClusters/fresh";

::grpc::Status Refuse(absl::StatusCode code, const char* reason) {
  return rpc::ToGrpcStatus(MakeError(code, reason, {.reason = reason}));
}

std::string KeyOf(const ::grpc::ServerContext& context) {
  const auto found = context.client_metadata().find("authorization");
  return found == context.client_metadata().end() ? "" : std::string(found->second.data(), found->second.size());
}

// Knows the keys "editor" and "viewer" of acme, and "platform".
class Organizations final : public pv1::OrganizationService::Service {
 public:
  ::grpc::Status WhoAmI(::grpc::ServerContext* context, const pv1::WhoAmIRequest*,
                        pv1::WhoAmIResponse* response) override {
    ++calls;
    const std::string key = KeyOf(*context);
    if (key != "Bearer editor" && key != "Bearer viewer") {
      return Refuse(absl::StatusCode::kUnauthenticated, "KEY_INVALID");
    }
    response->set_principal("apiKeys/" + key.substr(7));
    response->set_organization("acme");
    return ::grpc::Status::OK;
  }
  std::atomic<int> calls = 0;
};

class Clusters final : public pv1::KafkaClusterService::Service {
 public:
  ::grpc::Status GetKafkaCluster(::grpc::ServerContext* context, const pv1::GetKafkaClusterRequest* request,
                                 pv1::KafkaCluster* cluster) override {
    const std::string key = KeyOf(*context);
    const bool known = request->name() == kBig || request->name() == kShared || request->name() == kFresh;
    if (!known || (key != "Bearer editor" && key != "Bearer viewer")) {
      return Refuse(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND");
    }
    cluster->set_name(request->name());
    cluster->set_type(request->name() == kShared ? pv1::KafkaCluster::SERVERLESS : pv1::KafkaCluster::DEDICATED);
    cluster->set_data_plane("local");
    if (request->name() != kFresh) cluster->set_physical_cluster("pkc-1");
    cluster->set_deletion_protection(true);
    return ::grpc::Status::OK;
  }
  ::grpc::Status UpdateKafkaCluster(::grpc::ServerContext* context, const pv1::UpdateKafkaClusterRequest* request,
                                    google::longrunning::Operation*) override {
    // Nothing that could change anything is ever asked for.
    EXPECT_TRUE(request->validate_only());
    EXPECT_TRUE(request->kafka_cluster().deletion_protection());
    EXPECT_EQ(request->update_mask().paths_size(), 1);
    if (KeyOf(*context) != "Bearer editor") return Refuse(absl::StatusCode::kPermissionDenied, "ROLE_TOO_WEAK");
    return busy ? Refuse(absl::StatusCode::kAborted, "OPERATION_IN_PROGRESS") : ::grpc::Status::OK;
  }
  std::atomic<bool> busy = false;
};

class DataPlanes final : public pv1::DataPlaneService::Service {
 public:
  ::grpc::Status ListDataPlanes(::grpc::ServerContext* context, const pv1::ListDataPlanesRequest* request,
                                pv1::ListDataPlanesResponse* response) override {
    if (KeyOf(*context) != "Bearer platform") return Refuse(absl::StatusCode::kPermissionDenied, "ROLE_TOO_WEAK");
    // Two pages.
    const bool first = request->page_token().empty();
    pv1::DataPlane& data_plane = *response->add_data_planes();
    data_plane.set_name(first ? "dataPlanes/eu-1" : "dataPlanes/local");
    data_plane.add_physical_clusters()->set_id(first ? "pkc-7" : "pkc-1");
    if (first) response->set_next_page_token("more");
    return ::grpc::Status::OK;
  }
};

class ProvisionerAccessTest : public ::testing::Test {
 protected:
  ProvisionerAccessTest() {
    std::ostringstream certificate, key;
    certificate << std::ifstream(certificate_.certificate_file()).rdbuf();
    key << std::ifstream(certificate_.key_file()).rdbuf();
    ::grpc::SslServerCredentialsOptions ssl;
    ssl.pem_key_cert_pairs.push_back({key.str(), certificate.str()});
    int port = 0;
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort("localhost:0", ::grpc::SslServerCredentials(ssl), &port);
    builder.RegisterService(&organizations_);
    builder.RegisterService(&clusters_);
    builder.RegisterService(&data_planes_);
    server_ = builder.BuildAndStart();
    access_ = std::make_unique<ProvisionerAccess>(*rpc::Client::Connect({.endpoint = absl::StrCat("localhost:", port),
                                                                         .ca_file = certificate_.certificate_file()}),
                                                  clock_);
  }
  ~ProvisionerAccessTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  absl::StatusOr<AllowedCluster> Allow(const std::string& key, const std::string& cluster, Right right) {
    return access_->Allow({.bearer = key}, cluster, right, clock_.Now() + absl::Seconds(60));
  }
  std::string Reason(const std::string& key, const std::string& cluster, Right right) {
    const auto allowed = Allow(key, cluster, right);
    return allowed.ok() ? "allowed" : ErrorReason(allowed.status());
  }

  const rpc::testing::TestCertificate certificate_ = *rpc::testing::TestCertificate::Make();
  clock::FakeClock clock_;
  Organizations organizations_;
  Clusters clusters_;
  DataPlanes data_planes_;
  std::unique_ptr<::grpc::Server> server_;
  std::unique_ptr<ProvisionerAccess> access_;
};

TEST_F(ProvisionerAccessTest, KnowsWhoCallsAndRemembersASecondLong) {
  const absl::Time deadline = clock_.Now() + absl::Seconds(60);
  const auto caller = access_->WhoIs("editor", deadline);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->principal, "apiKeys/editor");
  EXPECT_EQ(caller->organization, "acme");
  EXPECT_TRUE(access_->WhoIs("editor", deadline).ok());
  EXPECT_EQ(organizations_.calls, 1);
  clock_.Advance(ProvisionerAccess::kRemembered);
  EXPECT_TRUE(access_->WhoIs("editor", deadline).ok());
  EXPECT_EQ(organizations_.calls, 2);
  // A no is never remembered: a new key works at once.
  EXPECT_EQ(ErrorReason(access_->WhoIs("nobody", deadline).status()), "KEY_INVALID");
  EXPECT_EQ(ErrorReason(access_->WhoIs("nobody", deadline).status()), "KEY_INVALID");
  EXPECT_EQ(organizations_.calls, 4);
}

TEST_F(ProvisionerAccessTest, TheProvisionersRulesDecide) {
  EXPECT_EQ(Reason("viewer", kBig, Right::kView), "allowed");
  EXPECT_EQ(Reason("viewer", kBig, Right::kEdit), "ROLE_TOO_WEAK");
  EXPECT_EQ(Reason("editor", kBig, Right::kEdit), "allowed");
  EXPECT_EQ(Reason("foreigner", kBig, Right::kView), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(Reason("editor", absl::StrCat(kBig, "-not"), Right::kEdit), "RESOURCE_NOT_FOUND");
  const auto allowed = Allow("viewer", kBig, Right::kView);
  EXPECT_EQ(allowed->physical_cluster, "pkc-1");
  EXPECT_EQ(allowed->data_plane, "local");
  EXPECT_TRUE(allowed->owned);
}

TEST_F(ProvisionerAccessTest, AChangeUnderWayDoesNotTakeTheRightAway) {
  clusters_.busy = true;
  EXPECT_EQ(Reason("editor", kBig, Right::kEdit), "allowed");
  EXPECT_EQ(Reason("viewer", kBig, Right::kEdit), "ROLE_TOO_WEAK");
}

TEST_F(ProvisionerAccessTest, OnlyClustersWithBrokersOfTheirOwn) {
  EXPECT_EQ(Reason("editor", kShared, Right::kView), "CLUSTER_IS_SHARED");
  EXPECT_EQ(Reason("editor", kFresh, Right::kView), "CLUSTER_NOT_PLACED");
  for (const char* name : {"", "big", "organizations/acme/environments/prod/kafkaClusters/",
                           "organizations/acme/environments/prod/topics/t", "dataPlanes/local"}) {
    EXPECT_EQ(Reason("editor", name, Right::kView), "RESOURCE_NAME_INVALID") << name;
  }
}

TEST_F(ProvisionerAccessTest, PhysicalClustersAreThePlatforms) {
  EXPECT_EQ(Reason("editor", "physicalClusters/pkc-1", Right::kView), "ROLE_TOO_WEAK");
  const auto allowed = Allow("platform", "physicalClusters/pkc-1", Right::kEdit);
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_EQ(allowed->data_plane, "local");
  EXPECT_FALSE(allowed->owned);
  EXPECT_EQ(Reason("platform", "physicalClusters/pkc-9", Right::kView), "RESOURCE_NOT_FOUND");
}

TEST_F(ProvisionerAccessTest, WithoutAProvisionerNobodyMay) {
  server_->Shutdown(std::chrono::system_clock::now());
  EXPECT_EQ(access_->WhoIs("editor", clock_.Now() + absl::Seconds(60)).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sluice::balancer_planner
