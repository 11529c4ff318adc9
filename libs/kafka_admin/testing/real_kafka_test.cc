#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/testing/kafka_fixture.h"

// What only a real broker can show: identities, trust, rights, and a broker that stops answering or comes back.
namespace sluice::kafka_admin {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(60);

class RealKafkaTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto kafka = sluice::testing::KafkaFixture::Start({.tls = true, .authorizer = true, .sasl_listener = true});
    ASSERT_TRUE(kafka.ok()) << kafka.status();
    kafka_ = kafka->release();
  }
  static void TearDownTestSuite() {
    delete kafka_;
    kafka_ = nullptr;
  }
  void SetUp() override { ASSERT_NE(kafka_, nullptr); }

  static TlsOptions Identity(const std::string& cn) {
    auto identity = kafka_->ConnectionFor(cn);
    EXPECT_TRUE(identity.ok()) << identity.status();
    return {.ca_file = identity->tls->ca_file,
            .certificate_file = identity->tls->certificate_file,
            .key_file = identity->tls->key_file};
  }
  static AdminClientOptions Options(const std::string& cn, const std::string& host = "localhost") {
    std::string bootstrap = kafka_->bootstrap_servers();
    uint16_t port = static_cast<uint16_t>(std::stoi(bootstrap.substr(bootstrap.rfind(':') + 1)));
    return {.bootstrap = {{.host = host, .port = port}}, .tls = Identity(cn)};
  }
  static std::unique_ptr<AdminClient> ClientFor(AdminClientOptions options) {
    auto client = NewKafkaAdminClient(std::move(options));
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }
  static AdminClientOptions SaslOptions(SaslCredentials credentials) {
    return {.bootstrap = {{.host = "localhost", .port = static_cast<uint16_t>(kafka_->sasl_port())}},
            .tls = TlsOptions{.ca_file = Identity("admin").ca_file},
            .sasl = std::move(credentials)};
  }

  static sluice::testing::KafkaFixture* kafka_;
};

sluice::testing::KafkaFixture* RealKafkaTest::kafka_ = nullptr;

TEST_F(RealKafkaTest, ChecksTheNameInTheBrokersCertificate) {
  // The certificate names localhost and 127.0.0.1.
  EXPECT_TRUE(ClientFor(Options("admin"))->DescribeCluster(false, kTimeout).ok());
  EXPECT_TRUE(ClientFor(Options("admin", "127.0.0.1"))->DescribeCluster(false, kTimeout).ok());
  for (const char* name : {"kafka.example", "127.0.0.2", "localhost.example"}) {
    AdminClientOptions options = Options("admin");
    options.tls->server_name = name;
    auto refused = ClientFor(options)->DescribeCluster(false, kTimeout);
    EXPECT_EQ(ErrorReason(refused.status()), "KAFKA_TLS_FAILED") << name << ": " << refused.status();
  }
}

TEST_F(RealKafkaTest, TrustsNobodyButTheCa) {
  AdminClientOptions options = Options("admin");
  options.tls->ca_file = options.tls->certificate_file;  // a certificate, yet not the CA's
  auto refused = ClientFor(options)->DescribeCluster(false, kTimeout);
  EXPECT_EQ(ErrorReason(refused.status()), "KAFKA_TLS_FAILED") << refused.status();
}

TEST_F(RealKafkaTest, IsRefusedWithoutAClientCertificate) {
  AdminClientOptions options = Options("admin");
  options.tls->certificate_file.clear();
  options.tls->key_file.clear();
  auto refused = ClientFor(options)->DescribeCluster(false, absl::Seconds(3));
  EXPECT_FALSE(refused.ok());
}

TEST_F(RealKafkaTest, RefusesPlaintextWhereTlsIsSpoken) {
  AdminClientOptions options = Options("admin");
  options.tls.reset();
  options.connect_timeout = absl::Seconds(2);
  EXPECT_FALSE(ClientFor(options)->DescribeCluster(false, absl::Seconds(2)).ok());
}

TEST_F(RealKafkaTest, LogsInByPlain) {
  auto client = ClientFor(SaslOptions(PlainCredentials{.user = "plain", .password = {"plain-secret"}}));
  EXPECT_TRUE(client->DescribeCluster(false, kTimeout).ok());
  auto wrong = ClientFor(SaslOptions(PlainCredentials{.user = "plain", .password = {"wrong"}}));
  auto refused = wrong->DescribeCluster(false, kTimeout);
  EXPECT_EQ(ErrorReason(refused.status()), "KAFKA_SASL_AUTHENTICATION_FAILED") << refused.status();
}

TEST_F(RealKafkaTest, GivesATenantWhatItsAclsAllow) {
  auto admin = ClientFor(Options("admin"));
  std::string salted = SaltPassword(ScramMechanism::kSha512, "secret", "salt", 4096)->value;
  auto users = admin->AlterScramUsers({}, {{.user = "tenant", .salt = "salt", .salted_password = salted}}, kTimeout);
  ASSERT_TRUE(users.ok() && users->at(0).status.ok());
  auto acls = admin->CreateAcls({{.resource_name = "t1.",
                                  .pattern_type = AclPatternType::kPrefixed,
                                  .principal = "User:tenant",
                                  .operation = AclOperation::kAll}},
                                kTimeout);
  ASSERT_TRUE(acls.ok() && acls->at(0).status.ok());

  auto tenant = ClientFor(SaslOptions(ScramCredentials{.user = "tenant", .secret = Password{"secret"}}));
  auto created = tenant->CreateTopics({{.name = "t1.orders"}, {.name = "t10.orders"}}, false, kTimeout);
  for (int i = 0; i < 200 && !(created.ok() && created->at(0).status.ok()); ++i) {
    // The broker learns of the user and the ACL a moment after they were made.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    created = tenant->CreateTopics({{.name = "t1.orders"}, {.name = "t10.orders"}}, false, kTimeout);
  }
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->at(0).status.ok()) << created->at(0).status;
  EXPECT_EQ(ErrorReason(created->at(1).status), "KAFKA_TOPIC_AUTHORIZATION_FAILED");
  EXPECT_EQ(created->at(1).status.code(), absl::StatusCode::kPermissionDenied);
  auto refused = tenant->DescribeAcls({}, kTimeout);
  EXPECT_EQ(ErrorReason(refused.status()), "KAFKA_CLUSTER_AUTHORIZATION_FAILED") << refused.status();
}

TEST_F(RealKafkaTest, ServesManyThreads) {
  auto client = ClientFor(Options("admin"));
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        std::string topic = absl::StrCat("many-", t, "-", i);
        auto created = client->CreateTopics({{.name = topic}}, true, kTimeout);
        auto described = client->DescribeTopics({{topic}}, kTimeout);
        if (created.ok() && created->at(0).status.ok() && described.ok() &&
            ErrorReason(described->at(0).status) == "KAFKA_UNKNOWN_TOPIC_OR_PARTITION") {
          ++good;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
}

TEST_F(RealKafkaTest, HonoursTheDeadlineOfAPausedBrokerAndGoesOn) {
  AdminClientOptions options = Options("admin");
  options.request_timeout = absl::Milliseconds(500);
  options.connect_timeout = absl::Seconds(10);
  auto client = ClientFor(options);
  while (!client->DescribeCluster(false, kTimeout).ok()) {
  }
  kafka_->Pause();
  auto begun = std::chrono::steady_clock::now();
  auto status = client->DescribeCluster(false, absl::Seconds(2)).status();
  auto taken = std::chrono::steady_clock::now() - begun;
  kafka_->Resume();
  EXPECT_EQ(ErrorReason(status), "KAFKA_TIMEOUT") << status;
  EXPECT_LT(taken, std::chrono::seconds(20));
  auto later = client->DescribeCluster(false, kTimeout);
  EXPECT_TRUE(later.ok()) << later.status();
}

TEST_F(RealKafkaTest, ComesBackWhenTheBrokerDoes) {
  auto client = ClientFor(Options("admin"));
  ASSERT_TRUE(client->CreateTopics({{.name = "kept"}}, false, kTimeout).ok());
  kafka_->Stop();
  auto gone = client->DescribeCluster(false, absl::Milliseconds(500));
  EXPECT_EQ(ErrorReason(gone.status()), "KAFKA_CONNECTION_FAILED") << gone.status();
  ASSERT_TRUE(kafka_->StartAgain().ok());
  auto topics = client->DescribeTopics({{"kept"}}, absl::Seconds(120));
  ASSERT_TRUE(topics.ok()) << topics.status();
  EXPECT_TRUE(topics->at(0).status.ok()) << topics->at(0).status;
}

}  // namespace
}  // namespace sluice::kafka_admin
