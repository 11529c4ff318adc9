// Tenancy against a real cell: three brokers and a controller as local processes, real logins, real denials.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>

#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/sealed/sealed_scram_credential.h"
#include "services/satellite/adapters/kafka/grant_binding.h"
#include "services/satellite/adapters/kafka_probe/real_kafka_probe.h"
#include "services/satellite/adapters/load/http_broker_scraper.h"
#include "services/satellite/adapters/local/local_substrate.h"
#include "services/satellite/app/load/load_loop.h"
#include "services/satellite/app/physical/physical_clusters.h"
#include "services/satellite/app/tenancy/tenant_reconciler.h"

namespace sluice::satellite {
namespace {

using kafka_admin::AdminClient;
using provisioner::v1::DesiredDocument;
using satellite::v1::LogicalClusterStatus;
using satellite::v1::PhysicalClusterStatus;
using satellite::v1::StatusDocument;
using testing::HasSubstr;

constexpr char kCell[] = "pkc-test";
constexpr absl::Duration kPatience = absl::Seconds(180);
constexpr absl::Duration kCall = absl::Seconds(20);

class Statuses final : public StatusSink {
 public:
  void Publish(StatusDocument draft, std::string_view) override {
    std::lock_guard lock(mutex_);
    newest_[draft.key()] = std::move(draft);
    changed_.notify_all();
  }
  void Forget(const std::string&) override {}

  template <typename Wanted>
  StatusDocument WaitFor(const std::string& key, Wanted wanted) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, absl::ToChronoNanoseconds(kPatience), [&] {
      return newest_.contains(key) && wanted(newest_.at(key));
    })) << newest_[key].DebugString();
    return newest_[key];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, StatusDocument> newest_;
};

absl::StatusOr<std::shared_ptr<AdminClient>> ConnectToCell(const Cell& cell) {
  kafka_admin::AdminClientOptions options{.tls = cell.admin_tls};
  for (const CellBroker& broker : cell.brokers) options.bootstrap.push_back(broker.internal);
  auto client = kafka_admin::NewKafkaAdminClient(options);
  if (!client.ok()) return client.status();
  return std::shared_ptr<AdminClient>(*std::move(client));
}

std::string FreshFolder() {
  std::string name = "/tmp/sluice_cell_XXXXXX";
  return mkdtemp(name.data());
}

std::string Caches() {
  const char* cache = getenv("SLUICE_CACHE");
  return cache != nullptr ? cache : std::string(getenv("HOME")) + "/.cache/sluice";
}

LocalSubstrateOptions Substrate(const std::string& folder) {
  const std::string caches = Caches();
  LocalSubstrateOptions options;
  options.state_folder = folder;
  options.kafka_home = caches + "/kafka/4.3.1";
  options.cache_folder = caches + "/class_archives";
  // Apart from other tests that run at the same time on this machine; the substrate skips ports that are taken.
  options.first_port = 24000 + static_cast<int>(getpid() % 40) * 100;
  options.last_port = options.first_port + 99;
  return options;
}

// One cell for all tests of this file.
class RealCell {
 public:
  RealCell()
      : folder_(FreshFolder()),
        substrate_(LocalSubstrate::Open(Substrate(folder_), clock::RealClock()).value()),
        physical_({.substrate = *substrate_,
                   .probes = probes_,
                   .status = statuses,
                   .cells = cells,
                   .load = loads,
                   .rebalances = rebalances_,
                   .metrics = metrics_,
                   .clock = clock::RealClock(),
                   .random = clock::CryptoRandom()}) {
    EXPECT_TRUE(physical_.Start().ok());
    physical_.OnWish(PhysicalWish(1, false));
    statuses.WaitFor(kCell, [](const StatusDocument& status) {
      return status.physical_cluster().state() == PhysicalClusterStatus::UP;
    });
    tenants = std::make_unique<TenantReconciler>(
        TenancyOptions{.sealing_keys = keys},
        TenancyPorts{records_, statuses, loads, clock::RealClock(), clock::CryptoRandom(), metrics_},
        CellAccess{.cells = cells,
                   .connect = ConnectToCell,
                   .is_gone = [](const std::string&) { return false; },
                   .documents_complete = [] { return true; }},
        cells);
    admin = ConnectToCell(cells.Find(kCell).value()).value();
  }
  ~RealCell() {
    tenants.reset();
    physical_.OnWish(PhysicalWish(2, true));
    statuses.WaitFor(kCell, [](const StatusDocument& status) {
      return status.physical_cluster().state() == PhysicalClusterStatus::GONE;
    });
    physical_.Stop();
    substrate_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  Statuses statuses;
  CellDirectory cells;
  LoadBoard loads;
  const sealed::SealingKeyPair keys = sealed::NewSealingKeyPair().value();
  std::unique_ptr<TenantReconciler> tenants;
  std::shared_ptr<AdminClient> admin;

 private:
  static AcceptedWish PhysicalWish(int64_t generation, bool deleted) {
    AcceptedWish wish;
    wish.document.set_key(kCell);
    wish.document.set_generation(generation);
    wish.document.set_deleted(deleted);
    auto& spec = *wish.document.mutable_physical_cluster();
    spec.set_kafka_version("4.3.1");
    spec.set_brokers(3);
    spec.set_controllers(1);
    spec.set_broker_disk_mib(256);
    spec.set_shared(true);
    spec.set_default_replication_factor(3);
    spec.set_min_insync_replicas(2);
    return wish;
  }

  const std::string folder_;
  metrics::Registry metrics_;
  FakeRebalanceStore rebalances_;
  FakeTenantRecordStore records_;
  RealKafkaProbeFactory probes_{clock::RealClock()};
  std::unique_ptr<LocalSubstrate> substrate_;
  PhysicalClusters physical_;
};

class RealCellTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { cell_ = new RealCell(); }
  static void TearDownTestSuite() {
    delete cell_;
    cell_ = nullptr;
  }

  static DesiredDocument Document(const std::string& id, int partitions = 20) {
    DesiredDocument document;
    document.set_key(std::string(kCell) + "/" + id);
    document.set_generation(1);
    auto* spec = document.mutable_logical_cluster();
    spec->set_logical_cluster(id);
    spec->set_prefix(id + ".");
    spec->mutable_limits()->set_ingress_bytes_per_second(30'000'000);
    spec->mutable_limits()->set_partitions(partitions);
    return document;
  }
  static void AddKey(DesiredDocument& document, const std::string& uid) {
    auto* key = document.mutable_logical_cluster()->add_keys();
    key->set_uid(uid);
    key->set_username(document.logical_cluster().logical_cluster() + "." + uid);
    key->set_sealed_credential(
        sealed::SealScramCredential(cell_->keys.public_key, key->username(), "pw-" + uid, std::string(32, uid.back()))
            .value());
  }
  static void AddTopic(DesiredDocument& document, const std::string& wish, const std::string& topic) {
    auto* out = document.mutable_logical_cluster()->add_topic_wishes();
    out->set_wish_id(wish);
    out->set_verb(provisioner::v1::TopicWish::ENSURE);
    out->set_topic(topic);
    out->set_partitions(3);
    out->set_must_create(true);
  }
  static StatusDocument Wish(const DesiredDocument& document) {
    cell_->tenants->OnWish({document, ""});
    return cell_->statuses.WaitFor(document.key(), [&](const StatusDocument& status) {
      const auto& seen = status.logical_cluster();
      if (status.observed_generation() < document.generation()) return false;
      if (seen.state() != LogicalClusterStatus::READY) return false;
      for (const auto& key : seen.keys()) {
        if (!key.ready()) return false;
      }
      for (const auto& wish : seen.wish_results()) {
        if (!wish.done() && wish.error_reason().empty()) return false;
      }
      return seen.keys_size() == document.logical_cluster().keys_size();
    });
  }
  static void WishState(const DesiredDocument& document, LogicalClusterStatus::State state) {
    cell_->tenants->OnWish({document, ""});
    cell_->statuses.WaitFor(document.key(), [&](const StatusDocument& status) {
      return status.observed_generation() >= document.generation() && status.logical_cluster().state() == state;
    });
  }
  // As the tenant's own client: over the client listener, with the password.
  static std::unique_ptr<AdminClient> TenantClient(const std::string& id, const std::string& uid) {
    const Cell cell = cell_->cells.Find(kCell).value();
    kafka_admin::AdminClientOptions options{.tls = kafka_admin::TlsOptions{.ca_file = cell.client_ca_file}};
    options.sasl = kafka_admin::ScramCredentials{.user = id + "." + uid, .secret = kafka_admin::Password{"pw-" + uid}};
    for (const CellBroker& broker : cell.brokers) options.bootstrap.push_back(broker.client);
    return kafka_admin::NewKafkaAdminClient(options).value();
  }
  static std::string CreateAs(AdminClient& client, const std::string& topic, int partitions) {
    const auto created =
        client.CreateTopics({{.name = topic, .partitions = partitions, .replication_factor = 3}}, false, kCall);
    if (!created.ok()) return ErrorReason(created.status());
    return created->front().status.ok() ? "OK" : ErrorReason(created->front().status);
  }
  // Retries while the broker's answer is still the old one: rights reach each broker some milliseconds later.
  template <typename Attempt>
  static std::string Settles(const std::string& wanted, Attempt attempt) {
    std::string last;
    for (const absl::Time until = absl::Now() + absl::Seconds(30); absl::Now() < until;) {
      last = attempt();
      if (last == wanted) break;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return last;
  }

  static RealCell* cell_;
};

RealCell* RealCellTest::cell_ = nullptr;

TEST_F(RealCellTest, ClusterKeyAndTopicAreReadyWithinAFraction) {
  std::vector<double> took_ms;
  for (int i = 0; i < 11; ++i) {
    auto document = Document("lkc-fast" + std::to_string(i));
    AddKey(document, "key-1");
    AddTopic(document, "w1", "t");
    const absl::Time begin = absl::Now();
    const StatusDocument status = Wish(document);
    took_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
    EXPECT_TRUE(status.logical_cluster().wish_results(0).done());
  }
  std::sort(took_ms.begin(), took_ms.end());
  std::cout << "cluster, key and topic ready: p50 " << took_ms[5] << " ms, worst " << took_ms.back() << " ms\n";
  EXPECT_LT(took_ms[5], 1000);
}

TEST_F(RealCellTest, TenantsCannotSeeOneAnother) {
  auto a = Document("lkc-iso1");
  AddKey(a, "key-a");
  Wish(a);
  auto b = Document("lkc-iso2");
  AddKey(b, "key-b");
  AddTopic(b, "w", "secret");
  Wish(b);
  const auto client = TenantClient("lkc-iso1", "key-a");
  EXPECT_EQ(CreateAs(*client, "lkc-iso1.own", 1), "OK");
  EXPECT_EQ(CreateAs(*client, "lkc-iso2.x", 1), "KAFKA_TOPIC_AUTHORIZATION_FAILED");
  EXPECT_EQ(CreateAs(*client, "lkc-iso11.x", 1), "KAFKA_TOPIC_AUTHORIZATION_FAILED");
  const auto topics = client->DescribeTopics(std::nullopt, kCall);
  ASSERT_TRUE(topics.ok()) << topics.status();
  for (const auto& topic : *topics) EXPECT_THAT(topic.name, testing::StartsWith("lkc-iso1."));
  EXPECT_FALSE(client->DeleteTopics({"lkc-iso2.secret"}, kCall)->front().status.ok());
  EXPECT_EQ(ErrorReason(client->DescribeAcls({}, kCall).status()), "KAFKA_CLUSTER_AUTHORIZATION_FAILED");
  const auto escalated =
      client->CreateAcls({BindingOf("lkc-iso1", {Grant::Resource::kTopic, "*", false, Grant::Operation::kAll})}, kCall);
  EXPECT_FALSE(escalated.ok() && escalated->front().status.ok());
  const auto user = client->AlterScramUsers({{.user = "lkc-iso2.key-b"}}, {}, kCall);
  EXPECT_FALSE(user.ok() && user->front().status.ok());
  const auto quota =
      client->AlterClientQuotas({{{{"user", "lkc-iso1"}}, {{"producer_byte_rate", 1e12}}}}, false, kCall);
  EXPECT_FALSE(quota.ok() && quota->front().status.ok());
}

TEST_F(RealCellTest, WrongPasswordAndOthersUserAreRefused) {
  auto document = Document("lkc-wrong");
  AddKey(document, "key-a");
  Wish(document);
  const Cell cell = cell_->cells.Find(kCell).value();
  kafka_admin::ScramLogin login{.broker = cell.brokers[0].client,
                                .tls = kafka_admin::TlsOptions{.ca_file = cell.client_ca_file}};
  login.credentials = {.user = "lkc-wrong.key-a", .secret = kafka_admin::Password{"pw-key-a"}};
  EXPECT_TRUE(cell_->admin->ProbeScramLogin(login, kCall).ok());
  login.credentials.secret = kafka_admin::Password{"other"};
  EXPECT_TRUE(absl::IsUnauthenticated(cell_->admin->ProbeScramLogin(login, kCall)));
  login.credentials = {.user = "lkc-wrong", .secret = kafka_admin::Password{"pw-key-a"}};
  EXPECT_TRUE(absl::IsUnauthenticated(cell_->admin->ProbeScramLogin(login, kCall)));
}

TEST_F(RealCellTest, CreationIsWithdrawnAtTheLimitAndGivenBack) {
  auto document = Document("lkc-limit", 4);
  AddKey(document, "key-a");
  Wish(document);
  const auto client = TenantClient("lkc-limit", "key-a");
  EXPECT_EQ(CreateAs(*client, "lkc-limit.a", 4), "OK");
  cell_->statuses.WaitFor(document.key(), [](const StatusDocument& status) {
    return status.logical_cluster().topic_creation_withdrawn() && status.logical_cluster().partition_count() == 4;
  });
  int tries = 0;
  EXPECT_EQ(Settles("KAFKA_TOPIC_AUTHORIZATION_FAILED",
                    [&] { return CreateAs(*client, "lkc-limit.more" + std::to_string(tries++), 1); }),
            "KAFKA_TOPIC_AUTHORIZATION_FAILED");
  const auto grown = client->CreatePartitions({{.topic = "lkc-limit.a", .total = 9}}, false, kCall);
  EXPECT_FALSE(grown.ok() && grown->front().status.ok());
  std::vector<std::string> own;
  const auto topics = client->DescribeTopics(std::nullopt, kCall).value();
  for (const auto& topic : topics) own.push_back(topic.name);
  EXPECT_TRUE(client->DeleteTopics(own, kCall)->front().status.ok());
  cell_->statuses.WaitFor(document.key(), [](const StatusDocument& status) {
    return !status.logical_cluster().topic_creation_withdrawn();
  });
  EXPECT_EQ(Settles("OK", [&] { return CreateAs(*client, "lkc-limit.back", 1); }), "OK");
}

TEST_F(RealCellTest, KafkasOwnWordsForABadConfig) {
  auto document = Document("lkc-config");
  AddTopic(document, "w1", "t");
  (*document.mutable_logical_cluster()->mutable_topic_wishes(0)->mutable_configs())["no.such.config"] = "1";
  const StatusDocument status = Wish(document);
  EXPECT_EQ(status.logical_cluster().wish_results(0).error_reason(), "KAFKA_INVALID_CONFIG");
  EXPECT_THAT(status.logical_cluster().wish_results(0).error_message(), HasSubstr("no.such.config"));
}

TEST_F(RealCellTest, SuspensionStopsOpenConnectionsAndComesBack) {
  auto document = Document("lkc-susp");
  AddKey(document, "key-a");
  AddTopic(document, "w1", "t");
  Wish(document);
  const auto client = TenantClient("lkc-susp", "key-a");
  ASSERT_TRUE(client->DescribeTopics({{"lkc-susp.t"}}, kCall)->front().status.ok());
  document.set_generation(2);
  document.mutable_logical_cluster()->set_suspended(true);
  WishState(document, LogicalClusterStatus::SUSPENDED);
  // The same connection: it is still there, and may do nothing.
  const auto refused = [&] { return CreateAs(*client, "lkc-susp.more", 1) == "OK" ? "done" : "refused"; };
  EXPECT_EQ(Settles("refused", refused), "refused");
  const auto fresh = TenantClient("lkc-susp", "key-a");
  EXPECT_EQ(Settles("KAFKA_SASL_AUTHENTICATION_FAILED",
                    [&] { return ErrorReason(fresh->DescribeCluster(false, kCall).status()); }),
            "KAFKA_SASL_AUTHENTICATION_FAILED");
  document.set_generation(3);
  document.mutable_logical_cluster()->set_suspended(false);
  const StatusDocument status = Wish(document);
  EXPECT_EQ(status.logical_cluster().topic_count(), 1);
  EXPECT_TRUE(TenantClient("lkc-susp", "key-a")->DescribeTopics({{"lkc-susp.t"}}, kCall)->front().status.ok());
}

TEST_F(RealCellTest, DeletionLeavesNothing) {
  auto document = Document("lkc-gone");
  AddKey(document, "key-a");
  AddTopic(document, "w1", "t");
  Wish(document);
  EXPECT_EQ(CreateAs(*TenantClient("lkc-gone", "key-a"), "lkc-gone.own", 2), "OK");
  document.set_generation(2);
  document.set_deleted(true);
  WishState(document, LogicalClusterStatus::GONE);
  EXPECT_TRUE(cell_->admin->DescribeAcls({.principal = "User:lkc-gone"}, kCall)->empty());
  const auto users = cell_->admin->DescribeScramUsers(std::nullopt, kCall).value();
  for (const auto& user : users) EXPECT_THAT(user.user, testing::Not(HasSubstr("lkc-gone")));
  const auto topics = cell_->admin->DescribeTopics(std::nullopt, kCall).value();
  for (const auto& topic : topics) EXPECT_THAT(topic.name, testing::Not(HasSubstr("lkc-gone")));
  const auto quotas = cell_->admin->DescribeClientQuotas({}, kCall).value();
  for (const auto& quota : quotas) EXPECT_NE(quota.entity.at("user"), "lkc-gone");
}

// Java's own producer with one key: megabytes a second that it reached, by its own count.
double ProducePerSecond(const std::string& topic, const std::string& config_file, int records) {
  const std::string command = "java -Xmx96m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '" + Caches() +
                              "/kafka/4.3.1/libs/*' org.apache.kafka.tools.ProducerPerformance --topic " + topic +
                              " --num-records " + std::to_string(records) +
                              " --record-size 1000 --throughput -1 --command-config " + config_file + " 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), &pclose);
  std::string text;
  char buffer[4096];
  while (output != nullptr && fgets(buffer, sizeof(buffer), output.get()) != nullptr) text = text + buffer;
  // The last report is the one over everything: "3000 records sent, 99.5 records/sec (0.09 MB/sec), …".
  const size_t end = text.rfind(" records/sec (");
  if (end == std::string::npos) {
    ADD_FAILURE() << text;
    return 0;
  }
  const size_t begin = text.rfind(' ', end - 1);
  return std::stod(text.substr(begin + 1, end - begin - 1)) * 1000 / 1e6;
}

TEST_F(RealCellTest, QuotaHoldsOverTwoKeysAndAllBrokers) {
  auto document = Document("lkc-quota");
  document.mutable_logical_cluster()->mutable_limits()->set_ingress_bytes_per_second(300'000);
  AddKey(document, "key-a");
  AddKey(document, "key-b");
  AddTopic(document, "w1", "t");
  Wish(document);
  const Cell cell = cell_->cells.Find(kCell).value();
  std::string bootstrap;
  for (const CellBroker& broker : cell.brokers) {
    bootstrap += (bootstrap.empty() ? "" : ",") + broker.client.host + ":" + std::to_string(broker.client.port);
  }
  const std::string folder = FreshFolder();
  const auto produce = [&](const std::string& uid) {
    const std::string file = folder + "/" + uid;
    std::ofstream(file) << "bootstrap.servers=" << bootstrap << "\nacks=all\nbatch.size=4000\n"
                        << "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nssl.truststore.type=PEM\n"
                        << "ssl.truststore.location=" << cell.client_ca_file << "\nsasl.jaas.config="
                        << "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"lkc-quota."
                        << uid << "\" password=\"pw-" << uid << "\";\n";
    return ProducePerSecond("lkc-quota.t", file, 3000);
  };
  auto first = std::async(std::launch::async, produce, "key-a");
  const double second = produce("key-b");
  const double together = first.get() + second;
  std::cout << "two keys together: " << together << " MB/s of 0.3\n";
  // Each alone would reach 0.3 if the quota were a key's own.
  EXPECT_LT(together, 0.45);
  EXPECT_GT(together, 0.05);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

TEST_F(RealCellTest, LoadOfEveryBrokerAndWhatAScrapeCosts) {
  HttpBrokerScraper scraper;
  bus::FakePublisher publisher;
  metrics::Registry metrics;
  const Cell cell = cell_->cells.Find(kCell).value();
  LoadLoop loop({.data_plane = "local", .look_every = absl::Hours(1), .looks_per_sample = 1},
                {cell_->cells, ConnectToCell, scraper, cell_->loads, publisher, clock::RealClock(), metrics});
  // The agent of a node starts after the node itself is ready.
  for (const CellBroker& broker : cell.brokers) {
    EXPECT_EQ(Settles("whole",
                      [&]() -> std::string {
                        const auto page = scraper.Scrape(broker.metrics, kCall);
                        if (!page.ok()) return std::string(Std(page.status().message()));
                        return ParseBrokerReading(*page) ? "whole" : *page;
                      }),
              "whole");
  }
  for (int look = 0; look < 2; ++look) {
    const absl::Status looked = loop.LookAt(cell);
    ASSERT_TRUE(looked.ok()) << looked;
  }
  const auto reading = cell_->loads.Latest(kCell);
  ASSERT_TRUE(reading.has_value());
  ASSERT_EQ(reading->sample.brokers_size(), 3);
  for (const auto& broker : reading->sample.brokers()) {
    EXPECT_GT(broker.connections(), 0);
    ASSERT_EQ(broker.log_dirs_size(), 1);
    EXPECT_EQ(broker.log_dirs(0).total_bytes(), 256ll << 20);
  }
  EXPECT_EQ(publisher.Take().size(), 1);

  const auto cpu = [&] {
    return ParseBrokerReading(scraper.Scrape(cell.brokers[0].metrics, kCall).value())->cpu_seconds_total;
  };
  const double cpu_before = cpu();
  const absl::Time begin = absl::Now();
  constexpr int kScrapes = 40;
  for (int i = 0; i < kScrapes; ++i) ASSERT_TRUE(scraper.Scrape(cell.brokers[0].metrics, kCall).ok());
  const double cpu_each = (cpu() - cpu_before) / kScrapes;
  std::cout << "a scrape: " << absl::ToDoubleMilliseconds(absl::Now() - begin) / kScrapes << " ms, " << cpu_each * 1000
            << " ms of the broker's CPU (with what it does besides); four nodes each 7.5 s: "
            << cpu_each * 4 / 7.5 * 100 << " % of a core\n";
  EXPECT_LT(cpu_each, 0.2);
}

}  // namespace
}  // namespace sluice::satellite
