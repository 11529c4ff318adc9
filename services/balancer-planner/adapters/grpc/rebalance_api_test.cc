// RebalanceService over TLS, with the real gate, handlers and use cases, on fakes of what lies behind.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/grpc/error_status.h"
#include "libs/grpc/server/server.h"
#include "libs/grpc/testing/test_certificate.h"
#include "services/balancer-planner/adapters/grpc/balancer_gate.h"
#include "services/balancer-planner/adapters/grpc/rebalance_handlers.h"
#include "services/balancer-planner/core/testing/clusters.h"
#include "services/balancer-planner/ports/fake_cluster_access.h"
#include "services/balancer-planner/ports/fake_rebalance_store.h"
#include "sluice/balancer_planner/v1/rebalance_service.grpc.pb.h"

namespace sluice::balancer_planner {
namespace {

using testing::Cluster;

constexpr char kBig[] = "organizations/acme/environments/prod/kafkaClusters/big";
constexpr char kPhysicalName[] = "physicalClusters/pkc-1";
constexpr char kEditor[] = "sk_ak-editor_secret";
constexpr char kViewer[] = "sk_ak-viewer_secret";
constexpr char kForeigner[] = "sk_ak-foreigner_secret";
constexpr char kPlatform[] = "sk_ak-platform_secret";
const ClusterKey kKey{"local", "pkc-1"};

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class RebalanceApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    access_.AddCluster({.name = kBig, .physical_cluster = "pkc-1", .data_plane = "local", .owned = true});
    access_.AddCluster({.name = kPhysicalName, .physical_cluster = "pkc-1", .data_plane = "local"});
    for (const char* key : {kEditor, kViewer}) access_.AddKey(key, "acme");
    access_.AddKey(kForeigner, "other");
    access_.AddKey(kPlatform, "default");
    for (const char* key : {kEditor, kViewer}) access_.Grant(key, kBig, Right::kView);
    access_.Grant(kEditor, kBig, Right::kEdit);
    access_.Grant(kPlatform, kPhysicalName, Right::kView);
    access_.Grant(kPlatform, kPhysicalName, Right::kEdit);
    for (int32_t p = 0; p < 40; ++p) cluster_.Put("secret-orders", p, {1});
    Hear();
    auto server =
        rpc::Server::Start({.listen = "localhost:0", .tls = {certificate_.certificate_file(), certificate_.key_file()}},
                           {gate_, clock::RealClock(), random_, metrics_}, [&] {
                             std::vector<rpc::ServiceMethods> services;
                             services.push_back(handlers_.Methods());
                             return services;
                           }());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    ::grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = Read(certificate_.certificate_file());
    channel_ = ::grpc::CreateChannel(absl::StrCat("localhost:", server_->port()), ::grpc::SslCredentials(ssl));
    stub_ = v1::RebalanceService::NewStub(channel_);
  }

  void Hear() {
    cluster_.SetTime(clock::RealClock().Now());
    board_.PutStatus(cluster_.status);
    board_.PutLoad("local", cluster_.load, 1, 1);
  }

  std::unique_ptr<::grpc::ClientContext> Context(const std::string& key) {
    auto context = std::make_unique<::grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!key.empty()) context->AddMetadata("authorization", "Bearer " + key);
    return context;
  }

  template <typename Request, typename Response>
  absl::Status Call(::grpc::Status (v1::RebalanceService::Stub::*method)(::grpc::ClientContext*, const Request&,
                                                                         Response*),
                    const std::string& key, const Request& request, Response* response) {
    return rpc::FromGrpcStatus((stub_.get()->*method)(Context(key).get(), request, response));
  }

  v1::Rebalance Start(const std::string& key = kEditor, const std::string& cluster = kBig, bool approve = true) {
    v1::StartRebalanceRequest request;
    request.set_cluster(cluster);
    request.set_require_approval(!approve);
    v1::Rebalance response;
    const absl::Status status = Call(&v1::RebalanceService::Stub::StartRebalance, key, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  absl::Status Watch(const std::string& key, const std::string& name, std::vector<v1::Rebalance>* seen = nullptr,
                     const std::function<void()>& after_first = {}) {
    const auto context = Context(key);
    v1::WatchRebalanceRequest request;
    request.set_name(name);
    const auto reader = stub_->WatchRebalance(context.get(), request);
    v1::WatchRebalanceResponse response;
    while (reader->Read(&response)) {
      if (seen != nullptr) seen->push_back(response.rebalance());
      if (seen == nullptr) context->TryCancel();
      if (seen != nullptr && seen->size() == 1 && after_first) after_first();
    }
    return rpc::FromGrpcStatus(reader->Finish());
  }

  FakeClusterAccess access_;
  FakeRebalanceStore store_;
  ClusterBoard board_;
  clock::SeededRandom random_{3};
  metrics::Registry metrics_;
  clock::RandomIdSource ids_{clock::RealClock(), random_};
  Planning planning_{2, clock::RealClock(), metrics_};
  RebalanceCommands commands_{{store_, board_, planning_, clock::RealClock(), ids_, metrics_}, {}};
  BalancerGate gate_{access_};
  const rpc::TokenSealer pages_{"a key of thirty-two bytes.......", "page token"};
  RebalanceHandlers handlers_{
      {commands_, board_, access_, pages_, clock::RealClock(), {.check_caller = absl::Milliseconds(100)}}};
  rpc::testing::TestCertificate certificate_ = *rpc::testing::TestCertificate::Make();
  Cluster cluster_ = testing::EvenCluster(3, 12);
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<::grpc::Channel> channel_;
  std::unique_ptr<v1::RebalanceService::Stub> stub_;
};

// Every RPC × no key, a key that is none, one that nobody knows, a foreigner's, a viewer's and an editor's.
TEST_F(RebalanceApiTest, WhoMayWhat) {
  const std::string name = Start(kEditor, kBig, /*approve=*/false).name();
  using Stub = v1::RebalanceService::Stub;
  const auto change = [&](auto method) {
    return [this, method, name](const std::string& key) {
      v1::ChangeRebalanceRequest request;
      request.set_name(name);
      v1::Rebalance response;
      return Call(method, key, request, &response);
    };
  };
  struct Row {
    const char* rpc;
    bool for_viewers;
    std::function<absl::Status(const std::string&)> call;
  };
  const std::vector<Row> rows = {
      {"PreviewRebalance", true,
       [this](const std::string& key) {
         v1::PreviewRebalanceRequest request;
         request.set_cluster(kBig);
         v1::PreviewRebalanceResponse response;
         return Call(&Stub::PreviewRebalance, key, request, &response);
       }},
      {"StartRebalance", false,
       [this](const std::string& key) {
         v1::StartRebalanceRequest request;
         request.set_cluster(kBig);
         request.set_validate_only(true);
         v1::Rebalance response;
         return Call(&Stub::StartRebalance, key, request, &response);
       }},
      {"GetRebalance", true,
       [this, name](const std::string& key) {
         v1::GetRebalanceRequest request;
         request.set_name(name);
         v1::Rebalance response;
         return Call(&Stub::GetRebalance, key, request, &response);
       }},
      {"ListRebalances", true,
       [this](const std::string& key) {
         v1::ListRebalancesRequest request;
         request.set_cluster(kBig);
         v1::ListRebalancesResponse response;
         return Call(&Stub::ListRebalances, key, request, &response);
       }},
      {"WatchRebalance", true, [this, name](const std::string& key) { return Watch(key, name); }},
      {"ApproveRebalance", false, change(&Stub::ApproveRebalance)},
      {"PauseRebalance", false, change(&Stub::PauseRebalance)},
      {"ResumeRebalance", false, change(&Stub::ResumeRebalance)},
      {"CancelRebalance", false, change(&Stub::CancelRebalance)},
  };
  EXPECT_EQ(rows.size(), static_cast<size_t>(handlers_.Methods().methods.size()));
  for (const Row& row : rows) {
    SCOPED_TRACE(row.rpc);
    EXPECT_EQ(ErrorReason(row.call("")), "KEY_MISSING");
    EXPECT_EQ(ErrorReason(row.call("Basic abc")), "KEY_INVALID");
    EXPECT_EQ(ErrorReason(row.call("sk_ak-nobody_secret")), "KEY_INVALID");
    EXPECT_EQ(ErrorReason(row.call(kForeigner)), "RESOURCE_NOT_FOUND");
    if (!row.for_viewers) {
      EXPECT_EQ(ErrorReason(row.call(kViewer)), "ROLE_TOO_WEAK");
    }
  }
  // Only now those that may: some of them change it.
  for (const Row& row : rows) {
    SCOPED_TRACE(row.rpc);
    const absl::Status status = row.call(row.for_viewers ? kViewer : kEditor);
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kCancelled) << status;
  }
}

TEST_F(RebalanceApiTest, APreviewShowsWhatWouldMove) {
  v1::PreviewRebalanceRequest request;
  request.set_cluster(kBig);
  v1::PreviewRebalanceResponse response;
  ASSERT_TRUE(Call(&v1::RebalanceService::Stub::PreviewRebalance, kViewer, request, &response).ok());
  EXPECT_EQ(response.rebalance().name(), "");
  EXPECT_EQ(response.rebalance().mode(), v1::EVEN_OUT);
  EXPECT_GT(response.rebalance().plan().bytes(), 0);
  ASSERT_EQ(response.rebalance().brokers_size(), 3);
  const v1::BrokerBalance& first = response.rebalance().brokers(0);
  EXPECT_GT(first.before().replicas(), first.after().replicas());
  EXPECT_EQ(first.now().replicas(), first.before().replicas());
  ASSERT_GT(response.moves_size(), 0);
  EXPECT_NE(response.moves(0).reason(), "");
  EXPECT_TRUE(store_.changes().empty());
}

TEST_F(RebalanceApiTest, ThePlatformsPeopleSeeNoTopics) {
  v1::PreviewRebalanceRequest request;
  request.set_cluster(kPhysicalName);
  v1::PreviewRebalanceResponse response;
  ASSERT_TRUE(Call(&v1::RebalanceService::Stub::PreviewRebalance, kPlatform, request, &response).ok());
  EXPECT_GT(response.rebalance().plan().moves(), 0);
  EXPECT_EQ(response.DebugString().find("secret-orders"), std::string::npos) << response.DebugString();
  EXPECT_EQ(Start(kPlatform, kPhysicalName).name().rfind("physicalClusters/pkc-1/rebalances/reb-", 0), 0u);
}

TEST_F(RebalanceApiTest, ARequestIdIsAnsweredOnce) {
  v1::StartRebalanceRequest request;
  request.set_cluster(kBig);
  request.set_request_id("4f6e2d0a-5a3c-4b8f-9d3e-2c1b0a9f8e7d");
  v1::Rebalance first, second;
  ASSERT_TRUE(Call(&v1::RebalanceService::Stub::StartRebalance, kEditor, request, &first).ok());
  ASSERT_TRUE(Call(&v1::RebalanceService::Stub::StartRebalance, kEditor, request, &second).ok());
  EXPECT_EQ(first.name(), second.name());
  request.set_window(0.2);
  EXPECT_EQ(ErrorReason(Call(&v1::RebalanceService::Stub::StartRebalance, kEditor, request, &second)),
            "REQUEST_ID_REUSED");
  request.set_request_id("none");
  EXPECT_EQ(ErrorReason(Call(&v1::RebalanceService::Stub::StartRebalance, kEditor, request, &second)),
            "REQUEST_ID_INVALID");
}

TEST_F(RebalanceApiTest, BadInputIsNamed) {
  v1::PreviewRebalanceRequest preview;
  preview.set_cluster(kBig);
  v1::PreviewRebalanceResponse previewed;
  preview.set_window(-1);
  EXPECT_EQ(GetErrorDetail(Call(&v1::RebalanceService::Stub::PreviewRebalance, kViewer, preview, &previewed))->field,
            "window");
  preview.set_window(0);
  preview.set_mode(static_cast<v1::Mode>(77));
  EXPECT_EQ(GetErrorDetail(Call(&v1::RebalanceService::Stub::PreviewRebalance, kViewer, preview, &previewed))->field,
            "mode");
  v1::GetRebalanceRequest get;
  v1::Rebalance got;
  for (const std::string& name :
       {std::string(), std::string(kBig), absl::StrCat(kBig, "/rebalances/"), std::string("/rebalances/reb-1")}) {
    get.set_name(name);
    EXPECT_EQ(ErrorReason(Call(&v1::RebalanceService::Stub::GetRebalance, kViewer, get, &got)), "RESOURCE_NAME_INVALID")
        << name;
  }
  get.set_name(absl::StrCat(kBig, "/rebalances/reb-nothing"));
  EXPECT_EQ(ErrorReason(Call(&v1::RebalanceService::Stub::GetRebalance, kViewer, get, &got)), "RESOURCE_NOT_FOUND");
}

TEST_F(RebalanceApiTest, ListsPageByPageWithAVerdict) {
  for (int i = 1; i <= 3; ++i) {
    Hear();
    const std::string uid = Start().uid();
    Rebalance rebalance = **store_.Find(uid);
    rebalance.stage = RebalanceStage::kDone;
    rebalance.end_time = clock::RealClock().Now();
    ++rebalance.version;
    ASSERT_TRUE(store_.Commit({.transition = {.after = rebalance}}).ok());
  }
  board_.SetVerdict(kKey, "it is balanced");
  v1::ListRebalancesRequest request;
  request.set_cluster(kBig);
  request.set_page_size(2);
  v1::ListRebalancesResponse page;
  ASSERT_TRUE(Call(&v1::RebalanceService::Stub::ListRebalances, kViewer, request, &page).ok());
  EXPECT_EQ(page.rebalances_size(), 2);
  EXPECT_EQ(page.verdict(), "it is balanced");
  ASSERT_NE(page.next_page_token(), "");
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(Call(&v1::RebalanceService::Stub::ListRebalances, kViewer, request, &page).ok());
  EXPECT_EQ(page.rebalances_size(), 1);
  EXPECT_EQ(page.next_page_token(), "");
  request.set_page_token("forged");
  EXPECT_EQ(ErrorReason(Call(&v1::RebalanceService::Stub::ListRebalances, kViewer, request, &page)),
            "PAGE_TOKEN_INVALID");
}

TEST_F(RebalanceApiTest, AWatchShowsEachChangeAndTheEnd) {
  const v1::Rebalance started = Start();
  std::vector<v1::Rebalance> seen;
  const absl::Status status = Watch(kViewer, started.name(), &seen, [&] {
    Rebalance rebalance = **store_.Find(started.uid());
    rebalance.stage = RebalanceStage::kDone;
    rebalance.end_time = clock::RealClock().Now();
    ++rebalance.version;
    ASSERT_TRUE(store_.Commit({.transition = {.after = rebalance}}).ok());
  });
  EXPECT_EQ(ErrorReason(status), "REBALANCE_ENDED");
  ASSERT_GE(seen.size(), 2u);
  EXPECT_EQ(seen.front().state(), v1::Rebalance::APPROVED);
  EXPECT_EQ(seen.back().state(), v1::Rebalance::DONE);
  EXPECT_TRUE(seen.front().brokers(0).has_now());
  EXPECT_FALSE(seen.back().brokers(0).has_now()) << "its last moves are in no sample yet";
  Hear();
  v1::GetRebalanceRequest get;
  get.set_name(started.name());
  v1::Rebalance later;
  ASSERT_TRUE(Call(&v1::RebalanceService::Stub::GetRebalance, kViewer, get, &later).ok());
  EXPECT_TRUE(later.brokers(0).has_now());
}

TEST_F(RebalanceApiTest, ARevokedKeysWatchEnds) {
  const v1::Rebalance started = Start();
  access_.AddKey("sk_ak-short_secret", "acme");
  access_.Grant("sk_ak-short_secret", kBig, Right::kView);
  std::vector<v1::Rebalance> seen;
  // The fake knows rights by key; without the cluster nobody may look at it any more.
  const absl::Status status = Watch("sk_ak-short_secret", started.name(), &seen, [&] { access_.RemoveCluster(kBig); });
  EXPECT_EQ(ErrorReason(status), "RESOURCE_NOT_FOUND");
}

}  // namespace
}  // namespace sluice::balancer_planner
