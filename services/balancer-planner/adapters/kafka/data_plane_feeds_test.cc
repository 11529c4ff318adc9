// A data plane that is registered is heard, one that goes is forgotten: on a real Kafka.
#include "services/balancer-planner/adapters/kafka/data_plane_feeds.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "libs/bus/reader/publisher.h"
#include "libs/bus/topics.h"
#include "libs/testing/kafka_fixture.h"
#include "sluice/provisioner/v1/data_plane_events.pb.h"
#include "sluice/satellite/v1/load.pb.h"
#include "sluice/satellite/v1/status.pb.h"

namespace sluice::balancer_planner {
namespace {

const ClusterKey kKey{"eu-1", "pkc-1"};

class DataPlaneFeedsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    kafka_ = *sluice::testing::KafkaFixture::Start();
    connection_ = *kafka_->ConnectionFor();
    ASSERT_TRUE(kafka_->CreateTopic(bus::EventsTopic("data-plane"), 1).ok());
    ASSERT_TRUE(kafka_->CreateTopic(bus::StatusTopic("eu-1"), 2, {{"cleanup.policy", "compact"}}).ok());
    ASSERT_TRUE(kafka_->CreateTopic(bus::LoadTopic("eu-1"), 2).ok());
    publisher_ = *bus::NewKafkaPublisher({.kafka = connection_}, {clock::RealClock(), ids_, metrics_});
    feeds_ = std::make_unique<DataPlaneFeeds>(DataPlaneFeedsOptions{.kafka = connection_}, Ports());
    thread_ = std::thread([this] { result_ = feeds_->Run(stop_); });
  }
  void TearDown() override {
    stop_.Stop();
    thread_.join();
    EXPECT_TRUE(result_.ok()) << result_;
  }

  FeedPorts Ports() { return {board_, clock::RealClock(), clock::CryptoRandom(), metrics_}; }

  void Say(const std::string& topic, const std::string& key, const std::string& source,
           const google::protobuf::Message* message, bool compacted = false) {
    bus::OutboxMessage out{.topic = topic,
                           .key = key,
                           .type = message == nullptr ? "test.Nothing" : message->GetTypeName(),
                           .source = source,
                           .generation = ++generation_,
                           .compacted = compacted};
    if (message != nullptr) out.payload = message->SerializeAsString();
    ASSERT_TRUE(publisher_->Publish(std::move(out)).ok());
    ASSERT_TRUE(publisher_->Flush(absl::Seconds(60)).ok());
  }

  void SayDataPlane(bool ready, bool erased = false) {
    provisioner::v1::DataPlaneChanged changed;
    changed.mutable_state()->mutable_resource()->set_name("dataPlanes/eu-1");
    changed.mutable_state()->set_bus_ready(ready);
    changed.set_erased(erased);
    Say(bus::EventsTopic("data-plane"), "dp-1", bus::ServiceSource("provisioner"), &changed);
  }

  satellite::v1::StatusDocument Status(const std::string& data_plane, int64_t generation) {
    satellite::v1::StatusDocument document;
    document.set_key("pkc-1");
    document.set_data_plane(data_plane);
    document.set_observed_generation(generation);
    document.mutable_physical_cluster()->set_state(satellite::v1::PhysicalClusterStatus::UP);
    return document;
  }

  satellite::v1::LoadSample Load(const std::string& data_plane) {
    satellite::v1::LoadSample sample;
    sample.set_physical_cluster("pkc-1");
    sample.set_data_plane(data_plane);
    sample.mutable_time()->set_seconds(++seconds_);
    sample.set_part(1);
    sample.set_parts(1);
    sample.add_partitions()->set_topic("t");
    return sample;
  }

  bool Eventually(const std::function<bool()>& done) {
    const absl::Time deadline = absl::Now() + absl::Minutes(2);
    while (!done()) {
      if (absl::Now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
  }

  std::unique_ptr<sluice::testing::KafkaFixture> kafka_;
  kafka_client::ConnectionOptions connection_;
  metrics::Registry metrics_;
  clock::RandomIdSource ids_{clock::RealClock(), clock::CryptoRandom()};
  std::unique_ptr<bus::Publisher> publisher_;
  ClusterBoard board_;
  clock::StopSignal stop_;
  std::unique_ptr<DataPlaneFeeds> feeds_;
  std::thread thread_;
  absl::Status result_;
  int64_t generation_ = 0;
  int64_t seconds_ = 1'800'000'000;
};

TEST_F(DataPlaneFeedsTest, HearsWhoIsThereAndForgetsWhoGoes) {
  const std::string source = bus::SatelliteSource("eu-1");
  // Said before anybody listens.
  auto status = Status("eu-1", 3);
  Say(bus::StatusTopic("eu-1"), "pkc-1", source, &status, /*compacted=*/true);
  auto load = Load("eu-1");
  Say(bus::LoadTopic("eu-1"), "pkc-1", source, &load);
  SayDataPlane(/*ready=*/true);
  ASSERT_TRUE(Eventually([&] { return board_.StatusOf(kKey).has_value() && board_.LoadOf(kKey) != nullptr; }));
  EXPECT_EQ(board_.StatusOf(kKey)->generation, 3);

  // What another data plane or somebody else says in its name is not taken; what comes after it is.
  auto foreign = Status("us-1", 4);
  Say(bus::StatusTopic("eu-1"), "pkc-1", source, &foreign, true);
  auto forged = Status("eu-1", 5);
  Say(bus::StatusTopic("eu-1"), "pkc-1", bus::SatelliteSource("us-1"), &forged, true);
  auto foreign_load = Load("us-1");
  Say(bus::LoadTopic("eu-1"), "pkc-1", source, &foreign_load);
  auto forged_load = Load("eu-1");
  Say(bus::LoadTopic("eu-1"), "pkc-1", bus::SatelliteSource("us-1"), &forged_load);
  auto logical = Status("eu-1", 9);
  logical.set_key("pkc-1/lkc-1");
  Say(bus::StatusTopic("eu-1"), "pkc-1/lkc-1", source, &logical, true);
  status = Status("eu-1", 6);
  Say(bus::StatusTopic("eu-1"), "pkc-1", source, &status, true);
  load = Load("eu-1");
  Say(bus::LoadTopic("eu-1"), "pkc-1", source, &load);
  const absl::Time last = absl::FromUnixSeconds(seconds_);
  ASSERT_TRUE(Eventually([&] { return board_.StatusOf(kKey)->generation == 6 && board_.LoadOf(kKey)->time == last; }));
  EXPECT_EQ(board_.Clusters(), std::vector<ClusterKey>{kKey});
  const auto dropped = [&](const char* topic, const char* reason) {
    return metrics_
        .CounterOf("sluice_balancer_planner_dropped_total", "Records of data planes that were not taken",
                   {{"data_plane", "eu-1"}, {"topic", topic}, {"reason", reason}})
        .Value();
  };
  EXPECT_EQ(dropped("status", "DATA_PLANE_MISMATCH"), 1);
  EXPECT_EQ(dropped("load", "DATA_PLANE_MISMATCH"), 1);
  EXPECT_EQ(dropped("load", "FORGED_SOURCE"), 1);

  // A cluster of which nothing is left, then a data plane that goes.
  Say(bus::StatusTopic("eu-1"), "pkc-1", source, nullptr, true);
  ASSERT_TRUE(Eventually([&] { return !board_.StatusOf(kKey).has_value(); }));
  status = Status("eu-1", 7);
  Say(bus::StatusTopic("eu-1"), "pkc-1", source, &status, true);
  ASSERT_TRUE(Eventually([&] { return board_.StatusOf(kKey).has_value(); }));
  SayDataPlane(true, /*erased=*/true);
  ASSERT_TRUE(Eventually([&] { return board_.Clusters().empty(); }));
}

}  // namespace
}  // namespace sluice::balancer_planner
