#include "services/satellite/core/load/cell_load.h"

#include <gtest/gtest.h>

namespace sluice::satellite {
namespace {

constexpr char kPage[] = R"(# HELP sluice_broker_bytes_in_total x
# TYPE sluice_broker_bytes_in_total untyped
sluice_broker_bytes_in_total 1.5E3
sluice_broker_bytes_out_total 20.0
sluice_broker_replication_bytes_in_total 3
sluice_broker_replication_bytes_out_total 4
sluice_broker_leaders 5.0
sluice_broker_replicas 6.0
sluice_broker_connections{listener="CLIENT",networkprocessor="0",} 2.0
sluice_broker_connections{listener="CLIENT",networkprocessor="1",} 3.0
sluice_broker_request_handler_idle 0.98
sluice_broker_produce_local_ms 12.5
process_cpu_seconds_total 12.5
sluice_topic_bytes_in_total{topic="lkc-a.t",} 100.0
sluice_topic_bytes_out_total{topic="lkc-a.t",} 50.0
jvm_threads_current 10
)";

TEST(BrokerReadingTest, ReadsWhatItNames) {
  const auto reading = ParseBrokerReading(kPage);
  ASSERT_TRUE(reading.has_value());
  EXPECT_EQ(reading->bytes_in_total, 1500);
  EXPECT_EQ(reading->connections, 5);
  EXPECT_EQ(reading->cpu_seconds_total, 12.5);
  EXPECT_EQ(reading->leaders, 5);
  EXPECT_EQ(reading->request_handler_idle, 0.98);
  EXPECT_EQ(reading->produce_local_ms, 12.5);
  EXPECT_EQ(reading->topics.at("lkc-a.t").in, 100);
  EXPECT_EQ(reading->topics.at("lkc-a.t").out, 50);
}

TEST(BrokerReadingTest, NoReadingFromAPageThatLacksWhatEveryBrokerSays) {
  const std::string page = kPage;
  EXPECT_FALSE(ParseBrokerReading("").has_value());
  EXPECT_FALSE(ParseBrokerReading(page.substr(0, page.size() / 2)).has_value());
  EXPECT_FALSE(ParseBrokerReading("sluice_broker_bytes_in_total NaN\nsluice_broker_bytes_in_total{\n").has_value());
}

CellReading At(double at_s, double in, double cpu, std::vector<int64_t> sizes, double topic_in) {
  CellReading reading{.at_s = at_s};
  reading.brokers[1] = {.bytes_in_total = in, .cpu_seconds_total = cpu};
  reading.brokers[1].topics["t"] = {topic_in, topic_in * 2};
  for (size_t i = 0; i < sizes.size(); ++i) {
    reading.partitions.push_back({.topic = "t", .partition = int32_t(i), .leader = 1, .size_bytes = sizes[i]});
  }
  return reading;
}

TEST(RatesBetweenTest, BrokerAndPartitionsByGrowth) {
  const auto rates = RatesBetween(At(10, 1000, 5, {0, 100}, 0), At(20, 3000, 6, {300, 200}, 1000));
  ASSERT_TRUE(rates.has_value());
  EXPECT_EQ(rates->interval_s, 10);
  EXPECT_DOUBLE_EQ(rates->brokers.at(1).bytes_in_per_second, 200);
  EXPECT_DOUBLE_EQ(rates->brokers.at(1).cpu, 0.1);
  EXPECT_DOUBLE_EQ(rates->partitions[0].bytes_in_per_second, 75);
  EXPECT_DOUBLE_EQ(rates->partitions[1].bytes_in_per_second, 25);
  EXPECT_DOUBLE_EQ(rates->partitions[1].bytes_out_per_second, 50);
}

TEST(RatesBetweenTest, EvenlyWhereNoneGrew) {
  const auto rates = RatesBetween(At(10, 0, 0, {500, 100}, 0), At(20, 0, 0, {100, 100}, 1000));
  EXPECT_DOUBLE_EQ(rates->partitions[0].bytes_in_per_second, 50);
  EXPECT_DOUBLE_EQ(rates->partitions[1].bytes_in_per_second, 50);
}

TEST(RatesBetweenTest, RestartedOrMissingBrokerIsAbsent) {
  EXPECT_TRUE(RatesBetween(At(10, 1000, 5, {}, 0), At(20, 0, 6, {}, 0))->brokers.empty());
  EXPECT_TRUE(RatesBetween(At(10, 0, 5, {}, 0), At(20, 0, 1, {}, 0))->brokers.empty());
  CellReading before = At(10, 0, 0, {1}, 0);
  before.brokers.clear();
  const auto rates = RatesBetween(before, At(20, 0, 0, {2}, 5));
  EXPECT_TRUE(rates->brokers.empty());
  EXPECT_EQ(rates->partitions[0].bytes_in_per_second, 0);
  CellReading now = At(20, 0, 0, {2}, 5);
  now.brokers.clear();
  EXPECT_TRUE(RatesBetween(At(10, 0, 0, {1}, 0), now)->brokers.empty());
}

TEST(RatesBetweenTest, NothingWithoutTime) {
  EXPECT_FALSE(RatesBetween(At(10, 0, 0, {}, 0), At(10, 0, 0, {}, 0)).has_value());
}

}  // namespace
}  // namespace sluice::satellite
