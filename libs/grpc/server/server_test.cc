#include "libs/grpc/server/server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "google/longrunning/operations_proto.grpc.pb.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/grpc/client/client.h"
#include "libs/grpc/error_status.h"
#include "libs/grpc/testing/test_certificate.h"
#include "libs/grpc/traceparent.h"
#include "sluice/provisioner/v1/watch_service.grpc.pb.h"

namespace sluice::rpc {
namespace {

using google::longrunning::Operation;
using google::longrunning::Operations;
using google::protobuf::Empty;
using sluice::provisioner::v1::WatchRequest;
using sluice::provisioner::v1::WatchResponse;
using sluice::provisioner::v1::WatchService;

// "good" is known at once, "slow" after a look-up, all else is refused.
class TestGate final : public Gate {
 public:
  std::optional<absl::Status> Admit(Call& call, std::optional<std::string_view> bearer) override {
    if (!bearer) return MakeError(absl::StatusCode::kUnauthenticated, "no key", {.reason = "KEY_MISSING"});
    if (*bearer == "slow") return std::nullopt;
    return Check(call, *bearer);
  }
  absl::Status LookUp(Call& call, std::string_view bearer) override { return Check(call, bearer); }
  void Ended(const Call&, const absl::Status& status) override {
    if (!status.ok()) ++refused;
  }
  std::atomic<int> refused = 0;

 private:
  static absl::Status Check(Call& call, std::string_view bearer) {
    if (bearer != "good" && bearer != "slow") {
      return MakeError(absl::StatusCode::kUnauthenticated, "bad key", {.reason = "KEY_INVALID"});
    }
    auto identity = std::make_shared<Identity>();
    identity->principal = std::string(bearer);
    identity->tenant = "acme";
    call.identity = identity;
    call.response_metadata.emplace_back("ratelimit-limit", "7");
    return absl::OkStatus();
  }
};

// Sends 1, 2, 3, … up to `last` as resume tokens, then waits to be woken or ends.
class Counting final : public StreamSource {
 public:
  Counting(int last, bool endless) : last_(last), endless_(endless) {}
  absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>> Next() override {
    if (next_ > last_ && !endless_) {
      return MakeError(absl::StatusCode::kUnavailable, "too old", {.reason = "STREAM_AGE_LIMIT"});
    }
    if (next_ > last_) return std::unique_ptr<google::protobuf::MessageLite>();
    auto message = std::make_unique<WatchResponse>();
    message->set_resume_token(std::to_string(next_++));
    return std::unique_ptr<google::protobuf::MessageLite>(std::move(message));
  }

 private:
  const int last_;
  const bool endless_;
  int next_ = 1;
};

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    certificate_.emplace(*testing::TestCertificate::Make());
    ServerOptions options{.listen = "localhost:0",
                          .tls = {certificate_->certificate_file(), certificate_->key_file(), absl::Seconds(1)}};
    options.runtime.max_streams_per_tenant = 2;
    auto server =
        Server::Start(options, ServerPorts{gate_, clock::RealClock(), clock::CryptoRandom(), metrics_}, Services());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = Channel("good");
  }

  std::vector<ServiceMethods> Services() {
    const std::string o = "/google.longrunning.Operations/";
    ServiceMethods operations{"google.longrunning.Operations", {}};
    operations.methods.push_back(UnaryMethod<google::longrunning::GetOperationRequest, Operation>(
        o + "GetOperation", {}, [this](const Call& call, const auto& request) { return Get(call, request.name()); }));
    operations.methods.push_back(
        UnaryMethod<google::longrunning::ListOperationsRequest, google::longrunning::ListOperationsResponse>(
            o + "ListOperations", {}, [](const Call&, const auto& request) {
              google::longrunning::ListOperationsResponse response;
              response.set_next_page_token(std::string(static_cast<std::size_t>(request.page_size()), 'x'));
              return response;
            }));
    operations.methods.push_back(UnaryMethod<google::longrunning::DeleteOperationRequest, Empty>(
        o + "DeleteOperation", {.open = true}, [](const Call&, const auto&) { return Empty(); }));
    operations.methods.push_back(UnaryMethod<google::longrunning::CancelOperationRequest, Empty>(
        o + "CancelOperation", {},
        [](const Call&, const auto&) -> absl::StatusOr<Empty> { throw std::runtime_error("secret insides"); }));
    operations.methods.push_back(UnaryMethod<google::longrunning::WaitOperationRequest, Operation>(
        o + "WaitOperation", {.lane = Lane::kWaiting, .longest = absl::Seconds(1)}, [](const Call& call, const auto&) {
          Operation operation;
          operation.set_done(call.deadline - absl::Now() <= absl::Seconds(1));
          return operation;
        }));
    ServiceMethods watch{"sluice.provisioner.v1.WatchService", {}};
    watch.methods.push_back(StreamMethod<WatchRequest>(
        "/sluice.provisioner.v1.WatchService/Watch", {}, [](const Call&, const WatchRequest& request, StreamWaker) {
          return absl::StatusOr<std::unique_ptr<StreamSource>>(
              std::make_unique<Counting>(100, request.parent() == "endless"));
        }));
    std::vector<ServiceMethods> services;
    services.push_back(std::move(operations));
    services.push_back(std::move(watch));
    return services;
  }

  absl::StatusOr<Operation> Get(const Call& call, const std::string& name) {
    std::lock_guard lock(mutex_);
    ++gets_;
    Operation operation;
    operation.set_name(name);
    traceparent_ = call.traceparent;
    return operation;
  }

  std::shared_ptr<::grpc::Channel> Channel(const std::string& key) {
    ::grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = Read(certificate_->certificate_file());
    auto credentials = ::grpc::SslCredentials(ssl);
    if (!key.empty()) {
      credentials = ::grpc::CompositeChannelCredentials(credentials, ::grpc::AccessTokenCredentials(key));
    }
    ::grpc::ChannelArguments arguments;
    // A connection of its own for each channel.
    arguments.SetInt("channel", next_channel_++);
    return ::grpc::CreateCustomChannel(absl::StrCat("localhost:", server_->port()), credentials, arguments);
  }

  static std::string Read(const std::string& path) {
    std::string text(std::filesystem::file_size(path), '\0');
    std::FILE* file = std::fopen(path.c_str(), "r");
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), file), text.size());
    std::fclose(file);
    return text;
  }

  static void InTime(::grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  absl::StatusOr<Operation> CallGet(const std::shared_ptr<::grpc::Channel>& channel, const std::string& name) {
    ::grpc::ClientContext context;
    InTime(context);
    google::longrunning::GetOperationRequest request;
    request.set_name(name);
    Operation response;
    ::grpc::Status status = Operations::NewStub(channel)->GetOperation(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    return response;
  }

  // Sends bytes as they are.
  absl::Status CallRaw(const std::string& method, const std::string& bytes) {
    ::grpc::ClientContext context;
    InTime(context);
    ::grpc::Slice slice(bytes);
    ::grpc::ByteBuffer request(&slice, 1), response;
    return FromGrpcStatus(::grpc::internal::BlockingUnaryCall<::grpc::ByteBuffer, ::grpc::ByteBuffer>(
        channel_.get(), ::grpc::internal::RpcMethod(method.c_str(), ::grpc::internal::RpcMethod::NORMAL_RPC), &context,
        request, &response));
  }

  TestGate gate_;
  metrics::Registry metrics_;
  std::optional<testing::TestCertificate> certificate_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<::grpc::Channel> channel_;
  int next_channel_ = 0;
  std::mutex mutex_;
  int gets_ = 0;
  std::string traceparent_;
};

TEST_F(ServerTest, AnswersAndCarriesTheTrace) {
  ::grpc::ClientContext context;
  InTime(context);
  context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  google::longrunning::GetOperationRequest request;
  request.set_name("op");
  Operation response;
  const ::grpc::Status status = Operations::NewStub(channel_)->GetOperation(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.name(), "op");
  EXPECT_EQ(TraceIdOf(traceparent_), "0af7651916cd43dd8448eb211c80319c");
  auto sent = context.GetServerInitialMetadata().find("traceparent");
  ASSERT_NE(sent, context.GetServerInitialMetadata().end());
  EXPECT_EQ(TraceIdOf({sent->second.data(), sent->second.size()}), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(context.GetServerInitialMetadata().find("ratelimit-limit"), context.GetServerInitialMetadata().end());
  EXPECT_NE(metrics_.Render().find("sluice_grpc_calls_total"), std::string::npos);
}

TEST_F(ServerTest, AsksTheGateBeforeAnythingElse) {
  EXPECT_EQ(ErrorReason(CallGet(Channel(""), "op").status()), "KEY_MISSING");
  EXPECT_EQ(ErrorReason(CallGet(Channel("bad"), "op").status()), "KEY_INVALID");
  EXPECT_TRUE(CallGet(Channel("slow"), "op").ok());
  EXPECT_EQ(gate_.refused, 2);
  EXPECT_EQ(gets_, 1);
  ::grpc::ClientContext context;
  InTime(context);
  Empty empty;
  EXPECT_TRUE(Operations::NewStub(Channel(""))->DeleteOperation(&context, {}, &empty).ok()) << "an open method";
}

TEST_F(ServerTest, WantsADeadline) {
  ::grpc::ClientContext context;
  Operation response;
  const absl::Status status = FromGrpcStatus(Operations::NewStub(channel_)->GetOperation(&context, {}, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(status), "DEADLINE_REQUIRED");
  EXPECT_EQ(gets_, 0);
}

TEST_F(ServerTest, CutsALongDeadline) {
  ::grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(5));
  Operation response;
  ASSERT_TRUE(Operations::NewStub(channel_)->WaitOperation(&context, {}, &response).ok());
  EXPECT_TRUE(response.done());
}

TEST_F(ServerTest, DoesNoWorkForAnExpiredDeadline) {
  ::grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  Operation response;
  const absl::Status status = FromGrpcStatus(Operations::NewStub(channel_)->GetOperation(&context, {}, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(gets_, 0);
}

TEST_F(ServerTest, NamesWhatIsNotUtf8) {
  const absl::Status status = CallRaw("/google.longrunning.Operations/GetOperation", "\x0a\x03\xff\xfe\xfd");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(status), "INVALID_UTF8");
  EXPECT_EQ(GetErrorDetail(status)->field, "name");
  EXPECT_EQ(ErrorReason(CallRaw("/google.longrunning.Operations/GetOperation", "\x0a\x7f")), "REQUEST_MALFORMED");
}

TEST_F(ServerTest, RefusesLargeMessagesBothWays) {
  const absl::Status status = CallGet(channel_, std::string(5 * 1024 * 1024, 'x')).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(status), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(GetErrorDetail(status)->field, "name");
  EXPECT_EQ(gets_, 0);
  // Beyond what the transport takes it answers by itself; the client has the same reason for it.
  EXPECT_EQ(ErrorReason(CallGet(channel_, std::string(9 * 1024 * 1024, 'x')).status()), "MESSAGE_TOO_LARGE");

  ::grpc::ClientContext context;
  InTime(context);
  google::longrunning::ListOperationsRequest request;
  request.set_page_size(2 * 1024 * 1024);
  google::longrunning::ListOperationsResponse response;
  EXPECT_EQ(ErrorReason(FromGrpcStatus(Operations::NewStub(channel_)->ListOperations(&context, request, &response))),
            "RESPONSE_TOO_LARGE");
}

TEST_F(ServerTest, ContainsWhatAHandlerThrows) {
  ::grpc::ClientContext context;
  InTime(context);
  Empty empty;
  const ::grpc::Status status = Operations::NewStub(channel_)->CancelOperation(&context, {}, &empty);
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message().find("insides"), std::string::npos);
  EXPECT_EQ(ErrorReason(FromGrpcStatus(status)), "INTERNAL");
  EXPECT_TRUE(CallGet(channel_, "op").ok());
}

TEST_F(ServerTest, StreamsUntilTheSourceEnds) {
  ::grpc::ClientContext context;
  auto reader = WatchService::NewStub(channel_)->Watch(&context, {});
  WatchResponse response;
  int last = 0;
  while (reader->Read(&response)) EXPECT_EQ(response.resume_token(), std::to_string(++last));
  EXPECT_EQ(last, 100);
  EXPECT_EQ(ErrorReason(FromGrpcStatus(reader->Finish())), "STREAM_AGE_LIMIT");
}

TEST_F(ServerTest, BoundsTheStreamsOfATenantAndGivesPlacesBack) {
  WatchRequest endless;
  endless.set_parent("endless");
  auto stub = WatchService::NewStub(channel_);
  WatchResponse response;
  ::grpc::ClientContext a, b, c;
  auto first = stub->Watch(&a, endless);
  ASSERT_TRUE(first->Read(&response));
  auto second = stub->Watch(&b, endless);
  ASSERT_TRUE(second->Read(&response));
  auto third = stub->Watch(&c, endless);
  EXPECT_FALSE(third->Read(&response));
  EXPECT_EQ(ErrorReason(FromGrpcStatus(third->Finish())), "TOO_MANY_STREAMS");
  a.TryCancel();
  while (first->Read(&response)) {
  }
  EXPECT_EQ(first->Finish().error_code(), ::grpc::StatusCode::CANCELLED);
  // The server hears of the cancelled stream a moment later.
  absl::Status status;
  const absl::Time end = absl::Now() + absl::Seconds(20);
  do {
    ::grpc::ClientContext d;
    auto fourth = stub->Watch(&d, {});
    while (fourth->Read(&response)) {
    }
    status = FromGrpcStatus(fourth->Finish());
  } while (ErrorReason(status) == "TOO_MANY_STREAMS" && absl::Now() < end);
  EXPECT_EQ(ErrorReason(status), "STREAM_AGE_LIMIT");
  b.TryCancel();
  while (second->Read(&response)) {
  }
  second->Finish();
}

TEST_F(ServerTest, TakesARenewedCertificateWhileRunning) {
  ASSERT_TRUE(CallGet(channel_, "op").ok());
  const auto renewed = testing::TestCertificate::Make();
  ASSERT_TRUE(renewed.ok());
  for (const auto* name : {"/key.pem", "/certificate.pem"}) {
    std::filesystem::copy_file(renewed->folder() + name, certificate_->folder() + name,
                               std::filesystem::copy_options::overwrite_existing);
  }
  // Channel() trusts what is in the file now: the new certificate alone.
  absl::Status status;
  const absl::Time end = absl::Now() + absl::Seconds(30);
  do {
    status = CallGet(Channel("good"), "op").status();
  } while (!status.ok() && absl::Now() < end);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ServerTest, RefusesASecondServerOnThePortAndAServiceWithAGap) {
  const ServerOptions options{.listen = absl::StrCat("localhost:", server_->port()),
                              .tls = {certificate_->certificate_file(), certificate_->key_file()}};
  const ServerPorts ports{gate_, clock::RealClock(), clock::CryptoRandom(), metrics_};
  EXPECT_EQ(ErrorReason(Server::Start(options, ports, Services()).status()), "PORT_IN_USE");
  std::vector<ServiceMethods> gap = Services();
  gap[0].methods.pop_back();
  EXPECT_EQ(Server::Start(options, ports, std::move(gap)).status().code(), absl::StatusCode::kInvalidArgument);
  ServerOptions no_files = options;
  no_files.tls.key_file = "/nowhere";
  EXPECT_EQ(ErrorReason(Server::Start(no_files, ports, Services()).status()), "TLS_FILES_UNREADABLE");
}

TEST_F(ServerTest, TheClientRetriesOnlyWhatIsUnavailable) {
  const std::string key_file = certificate_->folder() + "/good.key";
  std::FILE* file = std::fopen(key_file.c_str(), "w");
  std::fputs("good\n", file);
  std::fclose(file);
  auto client = Client::Connect({.endpoint = absl::StrCat("localhost:", server_->port()),
                                 .ca_file = certificate_->certificate_file(),
                                 .key_file = key_file});
  ASSERT_TRUE(client.ok()) << client.status();
  int attempts = 0;
  const auto answer = [&](::grpc::StatusCode code, int failures) {
    attempts = 0;
    return (*client)->Call<Operation>(Empty(), {}, [&, code, failures](auto*, const auto&, auto*) {
      return ++attempts <= failures ? ::grpc::Status(code, "") : ::grpc::Status::OK;
    });
  };
  EXPECT_TRUE(answer(::grpc::StatusCode::UNAVAILABLE, 1).ok());
  EXPECT_EQ(attempts, 2);
  EXPECT_FALSE(answer(::grpc::StatusCode::ABORTED, 1).ok());
  EXPECT_EQ(attempts, 1);
  auto stub = Operations::NewStub((*client)->channel());
  google::longrunning::GetOperationRequest request;
  request.set_name("op");
  EXPECT_TRUE((*client)
                  ->Call<Operation>(request, {},
                                    [&](auto* context, const auto& sent, auto* response) {
                                      return stub->GetOperation(context, sent, response);
                                    })
                  .ok());
}

}  // namespace
}  // namespace sluice::rpc
