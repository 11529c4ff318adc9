#include "services/provisioner/adapters/grpc/testing/api_fixture.h"

#include <grpcpp/impl/codegen/client_unary_call.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/bus/schema/bus_migrations.h"
#include "libs/grpc/error_status.h"
#include "libs/postgres/migrations.h"
#include "services/provisioner/adapters/records/proto_values.h"
#include "services/provisioner/migrations/provisioner_migrations.h"
#include "sluice/provisioner/v1/organization_service.pb.h"

namespace sluice::provisioner::testing {
namespace {

constexpr char kOrganizations[] = "/sluice.provisioner.v1.OrganizationService/";

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string Flatten(const ::grpc::ByteBuffer& bytes) {
  std::vector<::grpc::Slice> slices;
  std::string flat;
  if (!bytes.Valid() || !bytes.Dump(&slices).ok()) return flat;
  for (const ::grpc::Slice& slice : slices) flat.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return flat;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ApiFixture>> ApiFixture::Start(ApiFixtureOptions options) {
  ASSIGN_OR_RETURN(auto postgres, sluice::testing::PostgresFixture::Start(options.postgres));
  ASSIGN_OR_RETURN(const postgres::ConnectOptions database, postgres->CreateDatabase("provisioner"));
  RETURN_IF_ERROR(postgres::Migrate(database, "bus", bus::BusMigrations()));
  RETURN_IF_ERROR(postgres::Migrate(database, "provisioner", ProvisionerMigrations()));
  ASSIGN_OR_RETURN(auto certificate, rpc::testing::TestCertificate::Make());
  ASSIGN_OR_RETURN(auto authority, pki::Authority::Create("test-ca", absl::Now(), absl::Hours(24 * 30)));
  std::unique_ptr<ApiFixture> fixture(
      new ApiFixture(std::move(options), std::move(postgres), database, std::move(certificate), std::move(authority)));
  RETURN_IF_ERROR(fixture->Serve());
  OrganizationCommands organizations(fixture->Commands());
  ASSIGN_OR_RETURN(const CreatedOrganization admin, organizations.Bootstrap({.principal = "system"}, false));
  fixture->admin_key_ = admin.bearer;
  return fixture;
}

ApiFixture::ApiFixture(ApiFixtureOptions options, std::unique_ptr<sluice::testing::PostgresFixture> postgres,
                       const postgres::ConnectOptions& database, rpc::testing::TestCertificate certificate,
                       pki::Authority authority)
    : options_(std::move(options)),
      postgres_(std::move(postgres)),
      certificate_(std::move(certificate)),
      authority_(std::move(authority)),
      pool_(postgres::PoolOptions{.connect = database, .size = 12}, clock_, clock::CryptoRandom(), &metrics_),
      wakeup_(database, clock::CryptoRandom()),
      outbox_(backlog_, wakeup_, ids_),
      store_({pool_, outbox_, ids_, clock_, metrics_}),
      fleet_(store_),
      audit_(store_, clock_),
      audit_thread_([this] { audit_.Run(stop_); }) {}

ApiFixture::~ApiFixture() {
  channel_.reset();
  server_.reset();
  stop_.Stop();
  audit_thread_.join();
}

CommandPorts ApiFixture::Commands() {
  return {store_, fleet_, gate_, waiters_, secrets_, sealer_, clock_, clock::CryptoRandom(), ids_};
}

absl::Status ApiFixture::Serve() {
  RETURN_IF_ERROR(fleet_.Refresh(true));
  ASSIGN_OR_RETURN(pki::Authority authority,
                   pki::Authority::FromPem(authority_.certificate_pem(), authority_.private_key_pem()));
  ASSIGN_OR_RETURN(
      server_,
      ApiServer::Start(ApiServerOptions{.server = {.listen = "localhost:0",
                                                   .tls = {certificate_.certificate_file(), certificate_.key_file()}},
                                        .limits = options_.limits,
                                        .watch = options_.watch,
                                        .ring = options_.ring,
                                        .pepper = "a pepper of thirty-two bytes....",
                                        .satellite_authority = std::move(authority),
                                        .bus_bootstrap_servers = "localhost:9092",
                                        .events = options_.events,
                                        .watch_backlog_events = options_.watch_backlog_events},
                       ApiServerPorts{Commands(), audit_, metrics_}));
  // As one tail with one partition a topic would have begun.
  if (!options_.events) server_->RingForTest().Begin({0, 0, 0, 0, 0, 0});
  server_->SetServing(true);
  channel_ = NewChannel();
  return absl::OkStatus();
}

absl::Status ApiFixture::RestartServer() {
  channel_.reset();
  server_.reset();
  return Serve();
}

absl::Status ApiFixture::AddCells(int cells, int logical_clusters_per_cell) {
  Mutation mutation{.name = "AddCells"};
  const auto add = [&](Aggregate aggregate) {
    MetaOf(aggregate).create_time = MetaOf(aggregate).update_time = clock_.Now();
    MetaOf(aggregate).version = MetaOf(aggregate).generation = 1;
    mutation.writes.push_back({.after = std::move(aggregate), .expected_version = 0, .cause = "created"});
  };
  DataPlane data_plane;
  data_plane.meta.uid = "dp-bench";
  data_plane.meta.name = "dataPlanes/bench";
  data_plane.id = data_plane.region = "bench";
  data_plane.max_logical_clusters_per_cell = logical_clusters_per_cell;
  data_plane.max_brokers = data_plane.satellite_max_brokers = 3 * cells;
  data_plane.state = DataPlaneState::kConnected;
  data_plane.kafka_versions = {"4.3.1"};
  data_plane.sealing_public_key = std::string(32, 'k');
  data_plane.bus_ready = true;
  add(data_plane);
  for (int i = 0; i < cells; ++i) {
    PhysicalCluster cell;
    cell.meta.uid = cell.meta.name = absl::StrCat("pkc-bench", i);
    cell.data_plane = cell.region = "bench";
    cell.spec = {.kafka_version = "4.3.1",
                 .brokers = 3,
                 .shared = true,
                 .default_replication_factor = 3,
                 .min_insync_replicas = 2};
    cell.state = PhysicalState::kUp;
    cell.brokers_ready = 3;
    cell.bootstrap_servers = "localhost:9092";
    add(cell);
  }
  RETURN_IF_ERROR(store_.Commit(mutation).status());
  RETURN_IF_ERROR(fleet_.Refresh(true));
  fleet_.Seen("bench", clock_.Now() + absl::Hours(1));
  return absl::OkStatus();
}

std::shared_ptr<::grpc::Channel> ApiFixture::NewChannel(const std::string& key) {
  ::grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = Read(certificate_.certificate_file());
  auto credentials = ::grpc::SslCredentials(ssl);
  if (!key.empty()) {
    credentials = ::grpc::CompositeChannelCredentials(credentials, ::grpc::AccessTokenCredentials(key));
  }
  ::grpc::ChannelArguments arguments;
  // A connection of its own.
  arguments.SetInt("channel", channels_++);
  return ::grpc::CreateCustomChannel(absl::StrCat("localhost:", server_->port()), credentials, arguments);
}

absl::Status ApiFixture::CallWithBytes(const std::string& method, const std::string& request, const std::string& key,
                                       std::string* response, absl::Duration timeout) {
  ::grpc::ClientContext context;
  if (timeout < absl::InfiniteDuration()) {
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  }
  if (!key.empty()) context.AddMetadata("authorization", "Bearer " + key);
  ::grpc::Slice slice(request);
  ::grpc::ByteBuffer sent(&slice, 1);
  ::grpc::ByteBuffer received;
  const ::grpc::Status status = ::grpc::internal::BlockingUnaryCall<::grpc::ByteBuffer, ::grpc::ByteBuffer>(
      channel_.get(), ::grpc::internal::RpcMethod(method.c_str(), ::grpc::internal::RpcMethod::NORMAL_RPC), &context,
      sent, &received);
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  if (response != nullptr) *response = Flatten(received);
  return absl::OkStatus();
}

absl::Status ApiFixture::Call(const std::string& method, const google::protobuf::Message& request,
                              const std::string& key, google::protobuf::Message* response, absl::Duration timeout) {
  std::string bytes;
  RETURN_IF_ERROR(CallWithBytes(method, request.SerializeAsString(), key, &bytes, timeout));
  if (response != nullptr && !response->ParseFromString(bytes))
    return absl::InternalError("the response does not parse");
  return absl::OkStatus();
}

absl::StatusOr<std::string> ApiFixture::AddOrganization(const std::string& id) {
  v1::CreateOrganizationRequest request;
  request.set_organization_id(id);
  v1::CreateOrganizationResponse response;
  RETURN_IF_ERROR(Call(absl::StrCat(kOrganizations, "CreateOrganization"), request, admin_key_, &response));
  return response.secret();
}

absl::StatusOr<std::string> ApiFixture::AddEnvironment(const std::string& admin_key, const std::string& organization,
                                                       const std::string& id) {
  v1::CreateEnvironmentRequest request;
  request.set_parent("organizations/" + organization);
  request.set_environment_id(id);
  v1::Environment response;
  RETURN_IF_ERROR(Call(absl::StrCat(kOrganizations, "CreateEnvironment"), request, admin_key, &response));
  return response.name();
}

absl::StatusOr<ApiFixture::Key> ApiFixture::AddKey(const std::string& admin_key, const std::string& organization,
                                                   std::optional<absl::Time> expires) {
  v1::CreateApiKeyRequest request;
  request.set_parent("organizations/" + organization);
  if (expires) records::Put(*expires, request.mutable_api_key()->mutable_expire_time());
  v1::CreateApiKeyResponse response;
  RETURN_IF_ERROR(Call(absl::StrCat(kOrganizations, "CreateApiKey"), request, admin_key, &response));
  return Key{response.api_key().uid(), response.api_key().name(), response.secret()};
}

}  // namespace sluice::provisioner::testing
