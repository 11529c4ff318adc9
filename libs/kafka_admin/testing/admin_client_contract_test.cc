#include "libs/kafka_admin/testing/admin_client_contract.h"

#include <memory>

#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/kafka_admin/testing/fake_admin_client.h"
#include "libs/testing/kafka_fixture.h"

// One contract, on the fake and on Apache Kafka.
namespace sluice::kafka_admin::testing {
namespace {

// One broker for all tests: its start takes seconds. Its admin listener takes client certificates only, its tenants'
// listener SCRAM over TLS; StandardAuthorizer is on.
class RealCluster {
 public:
  static RealCluster& Get() {
    static RealCluster* cluster = new RealCluster();
    return *cluster;
  }
  // The broker would outlive the test binary otherwise: statics of a test are not destroyed.
  void Stop() {
    client_.reset();
    kafka_.reset();
  }

  AdminClient* client() { return client_.get(); }
  BrokerAddress login_address() const {
    return {.host = "localhost", .port = static_cast<uint16_t>(kafka_->sasl_port())};
  }
  TlsOptions login_tls() const { return {.ca_file = ca_file_}; }

 private:
  RealCluster() {
    auto kafka = sluice::testing::KafkaFixture::Start({.tls = true, .authorizer = true, .sasl_listener = true});
    EXPECT_TRUE(kafka.ok()) << kafka.status();
    if (!kafka.ok()) return;
    kafka_ = *std::move(kafka);
    auto identity = kafka_->ConnectionFor("admin");
    EXPECT_TRUE(identity.ok()) << identity.status();
    if (!identity.ok()) return;
    ca_file_ = identity->tls->ca_file;
    std::string bootstrap = kafka_->bootstrap_servers();
    uint16_t port = static_cast<uint16_t>(std::stoi(bootstrap.substr(bootstrap.rfind(':') + 1)));
    auto client = NewKafkaAdminClient({.bootstrap = {{.host = "localhost", .port = port}},
                                       .tls = TlsOptions{.ca_file = ca_file_,
                                                         .certificate_file = identity->tls->certificate_file,
                                                         .key_file = identity->tls->key_file}});
    EXPECT_TRUE(client.ok()) << client.status();
    if (client.ok()) client_ = *std::move(client);
  }

  std::unique_ptr<sluice::testing::KafkaFixture> kafka_;
  std::unique_ptr<AdminClient> client_;
  std::string ca_file_;
};

class StopRealCluster : public ::testing::Environment {
 public:
  void TearDown() override { RealCluster::Get().Stop(); }
};
const auto* const kStop = ::testing::AddGlobalTestEnvironment(new StopRealCluster);

std::string NameOf(const ::testing::TestParamInfo<ContractCluster>& info) { return info.param.name; }

FakeAdminClient& Fake() {
  static FakeAdminClient fake({{.id = 1, .address = {.host = "localhost", .port = 9092}}});
  return fake;
}

INSTANTIATE_TEST_SUITE_P(Fake, AdminClientContract,
                         ::testing::Values(ContractCluster{
                             .name = "Fake",
                             .client = [] { return static_cast<AdminClient*>(&Fake()); },
                             .login_address = [] { return BrokerAddress{.host = "localhost", .port = 9092}; },
                             .login_tls = [] { return std::optional<TlsOptions>(); },
                         }),
                         NameOf);

INSTANTIATE_TEST_SUITE_P(Kafka, AdminClientContract,
                         ::testing::Values(ContractCluster{
                             .name = "Kafka",
                             .client = [] { return RealCluster::Get().client(); },
                             .login_address = [] { return RealCluster::Get().login_address(); },
                             .login_tls = [] { return std::optional<TlsOptions>(RealCluster::Get().login_tls()); },
                         }),
                         NameOf);

}  // namespace
}  // namespace sluice::kafka_admin::testing
