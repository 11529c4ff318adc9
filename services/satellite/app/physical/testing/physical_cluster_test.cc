// Physical clusters of real Apache Kafka on this machine, from wish to nothing left: PhysicalClusters, LocalSubstrate
// and RealKafkaProbe as main.cc puts them together.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/metrics/metrics.h"
#include "services/satellite/adapters/kafka_probe/real_kafka_probe.h"
#include "services/satellite/adapters/local/local_substrate.h"
#include "services/satellite/adapters/local/node_record.h"
#include "services/satellite/app/physical/physical_clusters.h"

namespace sluice::satellite {
namespace {

namespace fs = std::filesystem;
using satellite::v1::PhysicalClusterStatus;
using satellite::v1::StatusDocument;

constexpr char kCluster[] = "pkc-test";
// The machine has two cores and much to do: deadlines are for hangs.
constexpr std::chrono::seconds kDeadline(240);

class StatusBoard final : public StatusSink {
 public:
  void Publish(StatusDocument draft, std::string_view) override {
    std::lock_guard lock(mutex_);
    last_[draft.key()] = std::move(draft);
    changed_.notify_all();
  }
  void Forget(const std::string& key) override {
    std::lock_guard lock(mutex_);
    last_.erase(key);
    changed_.notify_all();
  }
  ::testing::AssertionResult Await(const std::function<bool(const StatusDocument&)>& holds) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kDeadline, [&] { return holds(last_[kCluster]); })) {
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << last_[kCluster].DebugString();
  }
  StatusDocument Last() {
    std::lock_guard lock(mutex_);
    return last_[kCluster];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, StatusDocument> last_;
};

std::function<bool(const StatusDocument&)> Is(PhysicalClusterStatus::State state, int64_t generation) {
  return [=](const StatusDocument& status) {
    return status.observed_generation() == generation && status.physical_cluster().state() == state;
  };
}

class PhysicalClusterTest : public ::testing::Test {
 protected:
  PhysicalClusterTest() : folder_(absl::StrCat(::testing::TempDir(), "/physical-", getpid())) {
    options_.state_folder = folder_ + "/state";
    options_.kafka_home = absl::StrCat(CacheFolder(), "/kafka/4.3.1");
    options_.cache_folder = CacheFolder() + "/class-archives";
    options_.first_port = 25000 + getpid() % 20 * 100;
    options_.last_port = options_.first_port + 99;
    document_.set_key(kCluster);
    document_.set_generation(1);
    auto& spec = *document_.mutable_physical_cluster();
    spec.set_kafka_version("4.3.1");
    spec.set_brokers(1);
    spec.set_controllers(1);
    spec.set_broker_disk_mib(256);
    spec.set_default_replication_factor(1);
    spec.set_min_insync_replicas(1);
    spec.set_broker_heap_mib(128);
  }
  ~PhysicalClusterTest() override {
    Close();
    // Whatever a failed test left: by the numbers in its own records.
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
      if (it->path().filename() != "node.json") continue;
      std::ifstream file(it->path());
      std::ostringstream text;
      text << file.rdbuf();
      const auto record = NodeRecordFromJson(text.str());
      if (record.ok() && record->process) (void)Signal(*record->process, SIGKILL).ok();
    }
    fs::remove_all(folder_, error);
  }

  static std::string CacheFolder() {
    const char* cache = getenv("SLUICE_CACHE");
    return cache != nullptr && *cache != 0 ? cache : absl::StrCat(getenv("HOME"), "/.cache/sluice");
  }

  void Open() {
    auto substrate = LocalSubstrate::Open(options_, clock_);
    ASSERT_TRUE(substrate.ok()) << substrate.status();
    substrate_ = *std::move(substrate);
    LoopTimes times;
    times.health_again = absl::Seconds(1);
    op::PlannerPolicy policy;
    policy.gate.settle = absl::Seconds(1);
    clusters_ = std::make_unique<PhysicalClusters>(
        PhysicalClustersParts{*substrate_, probes_, status_, cells_, load_, rebalances_, metrics_, clock_,
                              clock::CryptoRandom(), times, policy, op::RebalancePolicy()});
    ASSERT_TRUE(clusters_->Start().ok());
  }
  void Close() {
    clusters_.reset();
    substrate_.reset();
  }
  void Wish() { clusters_->OnWish({document_, ""}); }
  void WishNext() {
    document_.set_generation(document_.generation() + 1);
    Wish();
  }
  void AwaitUp() { ASSERT_TRUE(status_.Await(Is(PhysicalClusterStatus::UP, document_.generation()))); }

  std::map<int32_t, NodeSight> Nodes() {
    std::map<int32_t, NodeSight> nodes;
    auto sight = substrate_->Look(kCluster);
    // The loop may be looking at the same node this moment.
    for (int i = 0; i < 100 && absl::IsUnavailable(sight.status()); ++i) {
      usleep(50'000);
      sight = substrate_->Look(kCluster);
    }
    EXPECT_TRUE(sight.ok()) << sight.status();
    if (!sight.ok()) return nodes;
    for (const NodeSight& node : sight->nodes) nodes[node.node_id] = node;
    return nodes;
  }
  void KillNode(int32_t id) {
    std::ifstream file(absl::StrCat(options_.state_folder, "/clusters/", kCluster, "/", id, "/node.json"));
    std::ostringstream text;
    text << file.rdbuf();
    const auto record = NodeRecordFromJson(text.str());
    ASSERT_TRUE(record.ok() && record->process);
    ASSERT_EQ(kill(record->process->pid, SIGKILL), 0);
  }
  std::unique_ptr<kafka_admin::AdminClient> Admin() {
    const auto cell = cells_.Find(kCluster);
    if (!cell) return nullptr;
    kafka_admin::AdminClientOptions options;
    for (const CellBroker& broker : cell->brokers) options.bootstrap.push_back(broker.internal);
    options.tls = cell->admin_tls;
    auto client = kafka_admin::NewKafkaAdminClient(options);
    return client.ok() ? *std::move(client) : nullptr;
  }
  std::string ClusterWide(const std::string& key) {
    const auto admin = Admin();
    if (admin == nullptr) return "no cell";
    const auto configs =
        admin->DescribeConfigs({{kafka_admin::ConfigResourceType::kBroker, ""}}, {key}, absl::Seconds(20));
    if (!configs.ok()) return configs.status().ToString();
    for (const auto& entry : configs->at(0).entries) {
      if (entry.name == key && entry.value) return *entry.value;
    }
    return "";
  }
  void SayLoad() {
    LoadReading reading;
    reading.taken_at = clock_.MonotonicNow();
    reading.sample.set_physical_cluster(kCluster);
    for (const auto& [id, node] : Nodes()) {
      if (node.role != op::NodeRole::kBroker) continue;
      auto& broker = *reading.sample.add_brokers();
      broker.set_broker(id);
      broker.set_request_handler_idle(0.9);
      auto& dir = *broker.add_log_dirs();
      dir.set_used_bytes(1);
      dir.set_total_bytes(100);
    }
    load_.Put(reading);
  }

  balancer_planner::v1::PlanDocument PlanFor(const std::string& rebalance) const {
    balancer_planner::v1::PlanDocument plan;
    plan.set_key(kCluster);
    plan.set_generation(1);
    plan.set_rebalance(rebalance);
    plan.set_physical_cluster_generation(document_.generation());
    plan.set_wish(balancer_planner::v1::PlanDocument::RUN);
    plan.set_throttle_bytes_per_second(1'000'000);
    plan.set_batches_total(1);
    plan.add_batches();
    return plan;
  }
  static void AddMove(balancer_planner::v1::PlanDocument& plan, int32_t partition, std::vector<int32_t> before,
                      std::vector<int32_t> after) {
    auto& move = *plan.mutable_batches(0)->add_moves();
    move.set_topic("t");
    move.set_partition(partition);
    move.mutable_replicas_before()->Add(before.begin(), before.end());
    move.mutable_replicas()->Add(after.begin(), after.end());
  }
  // Moves are begun with fresh load only.
  ::testing::AssertionResult AwaitWithLoad(const std::function<bool(const StatusDocument&)>& holds) {
    const auto until = std::chrono::steady_clock::now() + kDeadline;
    while (std::chrono::steady_clock::now() < until) {
      LoadReading reading;
      reading.taken_at = clock_.MonotonicNow();
      reading.sample.set_physical_cluster(kCluster);
      for (int32_t id : {1, 2, 3, 4}) reading.sample.add_brokers()->set_broker(id);
      load_.Put(reading);
      if (holds(status_.Last())) return ::testing::AssertionSuccess();
      usleep(100'000);
    }
    return ::testing::AssertionFailure();
  }
  // "leader: replicas; " of t's partitions.
  static std::string LeadersAndReplicas(kafka_admin::AdminClient& admin) {
    std::string text;
    const auto topics = admin.DescribeTopics({{"t"}}, absl::Seconds(20));
    if (!topics.ok()) return topics.status().ToString();
    for (const auto& partition : topics->at(0).partitions) {
      absl::StrAppend(&text, partition.leader, ":");
      for (int32_t id : partition.replicas) absl::StrAppend(&text, " ", id);
      absl::StrAppend(&text, "; ");
    }
    return text;
  }
  static std::string Throttles(kafka_admin::AdminClient& admin) {
    std::vector<kafka_admin::ConfigResource> resources = {{kafka_admin::ConfigResourceType::kTopic, "t"}};
    const auto cluster = admin.DescribeCluster(false, absl::Seconds(20));
    if (!cluster.ok()) return cluster.status().ToString();
    for (const auto& broker : cluster->brokers) {
      resources.push_back({kafka_admin::ConfigResourceType::kBroker, std::to_string(broker.id)});
    }
    std::string text;
    const auto described = admin.DescribeConfigs(resources, {}, absl::Seconds(20));
    if (!described.ok()) return described.status().ToString();
    for (const auto& resource : *described) {
      for (const auto& entry : resource.entries) {
        const bool own = entry.source == kafka_admin::ConfigEntry::Source::kDynamicBroker ||
                         entry.source == kafka_admin::ConfigEntry::Source::kDynamicTopic;
        if (own && entry.name.find("throttled") != entry.name.npos) {
          absl::StrAppend(&text, resource.resource.name, " ", entry.name, " ");
        }
      }
    }
    return text;
  }

  const std::string folder_;
  const clock::Clock& clock_ = clock::RealClock();
  LocalSubstrateOptions options_;
  provisioner::v1::DesiredDocument document_;
  RealKafkaProbeFactory probes_{clock_};
  StatusBoard status_;
  CellDirectory cells_;
  LoadBoard load_;
  metrics::Registry metrics_;
  FakeRebalanceStore rebalances_;
  std::unique_ptr<LocalSubstrate> substrate_;
  std::unique_ptr<PhysicalClusters> clusters_;
};

TEST_F(PhysicalClusterTest, FromWishToNothingLeft) {
  Open();
  Wish();
  AwaitUp();
  const StatusDocument status = status_.Last();
  const PhysicalClusterStatus& cluster = status.physical_cluster();
  EXPECT_EQ(cluster.nodes_size(), 2);
  EXPECT_EQ(cluster.bootstrap_servers(), absl::StrCat("localhost:", Nodes()[1].client.port));
  EXPECT_NE(cluster.ca_certificate_pem().find("BEGIN CERTIFICATE"), std::string::npos);
  EXPECT_EQ(status.conditions(0).status(), "TRUE") << status.conditions(0).DebugString();
  ASSERT_TRUE(cells_.Find(kCluster).has_value());
  EXPECT_TRUE(cells_.Find(kCluster)->brokers.at(0).live);
  EXPECT_EQ(ClusterWide("min.insync.replicas"), "1");

  // A broker that dies is back by itself.
  KillNode(1);
  ASSERT_TRUE(status_.Await([](const StatusDocument& s) {
    return s.physical_cluster().state() == PhysicalClusterStatus::UP && s.physical_cluster().nodes(0).restarts() == 1;
  }));
  EXPECT_EQ(Nodes()[1].run, 2);
  EXPECT_EQ(Nodes()[1001].run, 1);

  // Another owner finds all of it and touches nothing.
  Close();
  Open();
  Wish();
  AwaitUp();
  EXPECT_EQ(Nodes()[1].run, 2);
  EXPECT_EQ(Nodes()[1001].run, 1);

  // A dynamic setting changes while they run.
  (*document_.mutable_physical_cluster()->mutable_broker_configs())["log.retention.ms"] = "3600000";
  WishNext();
  for (int i = 0; i < 600 && ClusterWide("log.retention.ms") != "3600000"; ++i) usleep(100'000);
  EXPECT_EQ(ClusterWide("log.retention.ms"), "3600000");
  EXPECT_EQ(Nodes()[1].run, 2);

  // A static one rolls the broker, once there is fresh load for the gate.
  (*document_.mutable_physical_cluster()->mutable_broker_configs())["queued.max.requests"] = "400";
  WishNext();
  ASSERT_TRUE(status_.Await([](const StatusDocument& s) {
    for (const auto& condition : s.conditions()) {
      if (condition.type() == "UpToDate" && condition.status() == "FALSE" &&
          condition.reason() == "GATE_INCONCLUSIVE") {
        return true;
      }
    }
    return false;
  })) << "without a sample it waits";
  EXPECT_EQ(Nodes()[1].run, 2);
  for (int i = 0; i < 2400; ++i) {
    SayLoad();
    const auto nodes = Nodes();
    if (nodes.at(1).run == 3 && nodes.at(1001).run == 2 &&
        status_.Last().physical_cluster().state() == PhysicalClusterStatus::UP) {
      break;
    }
    usleep(100'000);
  }
  EXPECT_EQ(Nodes()[1].run, 3);
  EXPECT_EQ(Nodes()[1].restarts, 1) << "a roll is no crash";
  AwaitUp();

  document_.set_deleted(true);
  WishNext();
  ASSERT_TRUE(status_.Await(Is(PhysicalClusterStatus::GONE, document_.generation())));
  EXPECT_FALSE(cells_.Find(kCluster).has_value());
  EXPECT_TRUE(fs::is_empty(options_.state_folder + "/clusters"));
  EXPECT_EQ(clusters_->Capacity().brokers, 0);
  clusters_->OnForgotten(kCluster);
  Wish();
  ASSERT_TRUE(status_.Await(Is(PhysicalClusterStatus::GONE, document_.generation())))
      << "asked again, it is still gone";
}

TEST_F(PhysicalClusterTest, ThreeBrokersBecomeFour) {
  auto& spec = *document_.mutable_physical_cluster();
  spec.set_brokers(3);
  spec.set_default_replication_factor(3);
  spec.set_min_insync_replicas(2);
  Open();
  Wish();
  AwaitUp();
  EXPECT_EQ(ClusterWide("min.insync.replicas"), "2");
  spec.set_brokers(4);
  WishNext();
  ASSERT_TRUE(status_.Await([this](const StatusDocument& s) {
    return Is(PhysicalClusterStatus::UP, document_.generation())(s) && s.physical_cluster().nodes_size() == 5;
  }));
  const auto admin = Admin();
  ASSERT_NE(admin, nullptr);
  const auto cluster = admin->DescribeCluster(true, absl::Seconds(30));
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_EQ(cluster->brokers.size(), 4u);
  for (int32_t id : {1, 2, 3, 1001}) EXPECT_EQ(Nodes()[id].run, 1) << id;
  document_.set_deleted(true);
  WishNext();
  ASSERT_TRUE(status_.Await(Is(PhysicalClusterStatus::GONE, document_.generation())));
  EXPECT_TRUE(fs::is_empty(options_.state_folder + "/clusters"));
}

// What moves/cluster_moves_test.cc does on a Kafka in memory, on a real one: a plan, then the broker that it filled is
// emptied again and goes.
TEST_F(PhysicalClusterTest, APlanMovesReplicasAndAnEmptiedBrokerGoes) {
  auto& spec = *document_.mutable_physical_cluster();
  spec.set_brokers(4);
  spec.set_default_replication_factor(2);
  Open();
  Wish();
  AwaitUp();
  auto admin = Admin();
  ASSERT_NE(admin, nullptr);
  const auto made = admin->CreateTopics({{.name = "t", .assignments = {{1, 2}, {1, 2}}}}, false, absl::Seconds(30));
  ASSERT_TRUE(made.ok() && made->at(0).status.ok());

  balancer_planner::v1::PlanDocument plan = PlanFor("reb-1");
  AddMove(plan, 0, {1, 2}, {4, 2});
  AddMove(plan, 1, {1, 2}, {2, 1});
  clusters_->OnPlan(std::make_shared<const balancer_planner::v1::PlanDocument>(plan));
  ASSERT_TRUE(AwaitWithLoad([](const StatusDocument& s) {
    return s.physical_cluster().rebalance().state() == satellite::v1::RebalanceStatus::DONE;
  })) << status_.Last().DebugString();
  EXPECT_EQ(status_.Last().physical_cluster().rebalance().moves_done(), 2);
  EXPECT_EQ(LeadersAndReplicas(*admin), "4: 4 2; 2: 2 1; ");
  EXPECT_EQ(Throttles(*admin), "");

  spec.set_brokers(3);
  WishNext();
  ASSERT_TRUE(AwaitWithLoad([](const StatusDocument& s) {
    return s.physical_cluster().state() == PhysicalClusterStatus::SHRINKING &&
           s.physical_cluster().nodes(3).leaving() && s.physical_cluster().nodes(3).replicas() == 1;
  })) << status_.Last().DebugString();
  plan = PlanFor("reb-2");
  AddMove(plan, 0, {4, 2}, {1, 2});
  clusters_->OnPlan(std::make_shared<const balancer_planner::v1::PlanDocument>(plan));
  ASSERT_TRUE(AwaitWithLoad([this](const StatusDocument& s) {
    return Is(PhysicalClusterStatus::UP, document_.generation())(s) && s.physical_cluster().nodes_size() == 4;
  })) << status_.Last().DebugString();
  admin = Admin();
  const auto cluster = admin->DescribeCluster(true, absl::Seconds(30));
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_EQ(cluster->brokers.size(), 3u);
  EXPECT_EQ(LeadersAndReplicas(*admin), "1: 1 2; 2: 2 1; ");
  EXPECT_EQ(Throttles(*admin), "");
  EXPECT_FALSE(fs::exists(options_.state_folder + "/clusters/" + kCluster + "/4"));
  EXPECT_EQ(clusters_->Capacity().brokers, 3);

  // One of the same number that comes later takes replicas again.
  spec.set_brokers(4);
  WishNext();
  ASSERT_TRUE(AwaitWithLoad([this](const StatusDocument& s) {
    return Is(PhysicalClusterStatus::UP, document_.generation())(s) && s.physical_cluster().nodes_size() == 5;
  }));
  absl::Status placed;
  for (int i = 0; i < 120; ++i) {
    admin = Admin();
    const auto topic = admin->CreateTopics(
        {{.name = absl::StrCat("after", i), .partitions = 1, .replication_factor = 4}}, false, absl::Seconds(20));
    placed = topic.ok() ? topic->at(0).status : topic.status();
    if (placed.ok()) break;
    usleep(500'000);
  }
  EXPECT_TRUE(placed.ok()) << placed;
  document_.set_deleted(true);
  WishNext();
  ASSERT_TRUE(status_.Await(Is(PhysicalClusterStatus::GONE, document_.generation())));
}

}  // namespace
}  // namespace sluice::satellite
