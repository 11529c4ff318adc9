#include "libs/bus/topics.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"

namespace sluice::bus {
namespace {

TEST(TopicsTest, NamesAndBack) {
  EXPECT_EQ(DesiredTopic("eu-1"), "sluice.dp.eu-1.desired.v1");
  EXPECT_EQ(EventsTopic("kafka_cluster"), "sluice.kafka_cluster.events.v1");
  EXPECT_EQ(DataPlaneOf(LoadTopic("eu-1")), "eu-1");
  EXPECT_EQ(DataPlaneOf(EventsTopic("kafka_cluster")), std::nullopt);
  EXPECT_EQ(DataPlaneOf("sluice.dp.eu-1"), std::nullopt);
  EXPECT_EQ(DataPlaneOf("sluice.dp..desired.v1"), std::nullopt);
}

TEST(TopicsTest, PrefixOfOneDataPlaneIsNoPrefixOfAnother) {
  EXPECT_NE(DesiredTopic("eu-10").rfind(DataPlanePrefix("eu-1"), 0), 0u);
  EXPECT_EQ(DesiredTopic("eu-1").rfind(DataPlanePrefix("eu-1"), 0), 0u);
}

struct SourceCase {
  std::string topic, source;
  bool allowed;
};

TEST(TopicsTest, WhoMaySpeakWhere) {
  const SourceCase cases[] = {
      {StatusTopic("eu-1"), SatelliteSource("eu-1"), true},
      {LoadTopic("eu-1"), SatelliteSource("eu-1"), true},
      {UsageTopic("eu-1"), SatelliteSource("eu-1"), true},
      {StatusTopic("eu-1"), SatelliteSource("eu-2"), false},
      {StatusTopic("eu-1"), SatelliteSource("eu-10"), false},
      {StatusTopic("eu-1"), ServiceSource("provisioner"), false},
      {DesiredTopic("eu-1"), ServiceSource("provisioner"), true},
      {DesiredTopic("eu-1"), SatelliteSource("eu-1"), false},
      {DesiredTopic("eu-1"), ServiceSource("scaler"), false},
      {PlansTopic("eu-1"), ServiceSource("balancer-planner"), true},
      {EventsTopic("kafka_cluster"), ServiceSource("provisioner"), true},
      {EventsTopic("kafka_cluster"), SatelliteSource("eu-1"), false},
      {EventsTopic("kafka_cluster"), "/sluice/", false},
      {EventsTopic("kafka_cluster"), "", false},
  };
  for (const SourceCase& c : cases) {
    const absl::Status status = CheckSource(c.topic, c.source);
    EXPECT_EQ(status.ok(), c.allowed) << c.topic << " " << c.source;
    EXPECT_EQ(ErrorReason(status), c.allowed ? "" : "FORGED_SOURCE");
  }
}

}  // namespace
}  // namespace sluice::bus
