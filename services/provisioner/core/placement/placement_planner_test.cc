#include "services/provisioner/core/placement/placement_planner.h"

#include <gtest/gtest.h>

#include <functional>

#include "libs/base/error.h"
#include "services/provisioner/core/placement/cell_planner.h"

namespace sluice::provisioner {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

DataPlane Plane(const std::string& id, const std::string& region, int32_t max_brokers = 12) {
  DataPlane plane;
  plane.id = id;
  plane.region = region;
  plane.state = DataPlaneState::kConnected;
  plane.kafka_versions = {"3.9.1", "4.3.1", "4.10.0"};
  plane.satellite_max_brokers = max_brokers;
  plane.warm_cells = 1;
  return plane;
}

PhysicalCluster Cell(const std::string& uid, const std::string& plane) {
  PhysicalCluster cell;
  cell.meta.uid = uid;
  cell.data_plane = plane;
  cell.state = PhysicalState::kUp;
  cell.spec = {.brokers = 3, .shared = true};
  return cell;
}

FleetSnapshot Fleet(std::vector<DataPlane> planes, std::vector<PhysicalCluster> cells) {
  FleetSnapshot fleet;
  for (DataPlane& plane : planes) fleet.data_planes[plane.id] = plane;
  for (PhysicalCluster& cell : cells) fleet.physical_clusters[cell.meta.uid] = cell;
  return fleet;
}

TEST(PlacementPlanner, OfTwoDrawnTheEmptierIsTaken) {
  FleetSnapshot fleet = Fleet({Plane("a", "r")}, {Cell("pkc-1", "a"), Cell("pkc-2", "a")});
  fleet.logical_clusters = {{"pkc-1", 9}, {"pkc-2", 3}};
  const auto decision = PlanPlacement(fleet, {.chance = {0, 1}});
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->placement->physical_cluster, "pkc-2");
  EXPECT_FALSE(decision->reasons.empty());
}

TEST(PlacementPlanner, TwoChoicesKeepCellsEven) {
  FleetSnapshot fleet = Fleet({Plane("a", "r")}, {});
  for (int i = 0; i < 10; ++i) {
    PhysicalCluster cell = Cell("pkc-" + std::to_string(i), "a");
    fleet.physical_clusters[cell.meta.uid] = cell;
  }
  uint64_t state = 1;
  const auto next = [&state] { return (state = state * 6364136223846793005ULL + 1442695040888963407ULL) >> 33; };
  for (int i = 0; i < 5000; ++i) {
    const uint64_t first = next(), second = next();
    const auto decision = PlanPlacement(fleet, {.chance = {first, second}});
    ASSERT_TRUE(decision.ok() && decision->placement);
    ++fleet.logical_clusters[decision->placement->physical_cluster];
  }
  for (const auto& [cell, count] : fleet.logical_clusters) EXPECT_NEAR(count, 500, 10) << cell;
}

struct UnfitCase {
  std::string sentence;
  std::function<void(FleetSnapshot&, PlacementRequest&)> change;
};

TEST(PlacementPlanner, WhoCannotTakeIt) {
  const std::vector<UnfitCase> cases = {
      {"a silent data plane whose cell is full will not help",
       [](auto& fleet, auto&) {
         fleet.data_planes["a"].state = DataPlaneState::kUnreachable;
         fleet.logical_clusters["pkc-1"] = kDefaultLogicalClustersPerCell;
       }},
      {"one that has not enrolled is not asked",
       [](auto& fleet, auto&) { fleet.data_planes["a"].state = DataPlaneState::kRegistered; }},
      {"one that is being deleted is not asked",
       [](auto& fleet, auto&) { fleet.data_planes["a"].state = DataPlaneState::kDeleting; }},
      {"a cell that is down is not taken",
       [](auto& fleet, auto&) { fleet.physical_clusters["pkc-1"].state = PhysicalState::kDown; }},
      {"a cell that was refused is not taken",
       [](auto& fleet, auto&) { fleet.physical_clusters["pkc-1"].refused = true; }},
      {"a cell that is going is not taken",
       [](auto& fleet, auto&) { fleet.physical_clusters["pkc-1"].meta.delete_time = kNow; }},
      {"a DEDICATED cluster's brokers are not shared",
       [](auto& fleet, auto&) { fleet.physical_clusters["pkc-1"].spec.shared = false; }},
      {"a full cell is not taken",
       [](auto& fleet, auto&) { fleet.logical_clusters["pkc-1"] = kDefaultLogicalClustersPerCell; }},
      {"a data plane's own limit counts",
       [](auto& fleet, auto&) {
         fleet.data_planes["a"].max_logical_clusters_per_cell = 2;
         fleet.logical_clusters["pkc-1"] = 2;
       }},
      {"a cell that refused this cluster is not asked again",
       [](auto&, auto& request) {
         request.refused_by = {{"a", "pkc-1"}};
       }},
  };
  for (const UnfitCase& c : cases) {
    FleetSnapshot fleet = Fleet({Plane("a", "r")}, {Cell("pkc-1", "a")});
    PlacementRequest request;
    ASSERT_TRUE(PlanPlacement(fleet, request)->placement.has_value());
    c.change(fleet, request);
    const auto decision = PlanPlacement(fleet, request);
    ASSERT_TRUE(decision.ok()) << c.sentence;
    EXPECT_FALSE(decision->placement.has_value()) << c.sentence;
    EXPECT_EQ(ErrorReason(NoPlacement(*decision)), "NO_CAPACITY") << c.sentence;
  }
}

TEST(PlacementPlanner, WhoWouldTakeItAndIsSilentMayComeBack) {
  FleetSnapshot fleet = Fleet({Plane("a", "r")}, {Cell("pkc-1", "a")});
  fleet.data_planes["a"].satellite_max_brokers = 12;
  fleet.data_planes["a"].state = DataPlaneState::kUnreachable;
  for (const ClusterType type : {ClusterType::kServerless, ClusterType::kDedicated}) {
    const auto decision = PlanPlacement(fleet, {.type = type, .brokers = 3});
    ASSERT_TRUE(decision.ok()) << decision.status();
    EXPECT_FALSE(decision->placement.has_value());
    const absl::Status status = NoPlacement(*decision);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(ErrorReason(status), "DATA_PLANE_SILENT");
    EXPECT_NE(status.message().find("its satellite is silent"), std::string::npos) << status;
  }
}

TEST(PlacementPlanner, ACellThatIsStillStartingComesLast) {
  FleetSnapshot fleet = Fleet({Plane("a", "r")}, {Cell("pkc-1", "a"), Cell("pkc-2", "a")});
  fleet.physical_clusters["pkc-1"].state = PhysicalState::kProvisioning;
  fleet.logical_clusters["pkc-2"] = 100;
  EXPECT_EQ(PlanPlacement(fleet, {.chance = {0, 0}})->placement->physical_cluster, "pkc-2");
  fleet.physical_clusters.erase("pkc-2");
  EXPECT_EQ(PlanPlacement(fleet, {.chance = {0, 0}})->placement->physical_cluster, "pkc-1");
}

TEST(PlacementPlanner, ARegionIsKeptTo) {
  FleetSnapshot fleet = Fleet({Plane("a", "r1"), Plane("b", "r2")}, {Cell("pkc-1", "a"), Cell("pkc-2", "b")});
  EXPECT_EQ(PlanPlacement(fleet, {.region = "r2"})->placement->data_plane, "b");
  EXPECT_EQ(ErrorReason(PlanPlacement(fleet, {.region = "r3"}).status()), "REGION_NOT_FOUND");
}

TEST(PlacementPlanner, ADedicatedClusterGoesWhereMostBrokersFit) {
  FleetSnapshot fleet = Fleet({Plane("a", "r", 12), Plane("b", "r", 20)}, {Cell("pkc-1", "a")});
  const PlacementRequest three = {.type = ClusterType::kDedicated, .brokers = 3};
  EXPECT_EQ(PlanPlacement(fleet, three)->placement->data_plane, "b");
  PlacementRequest refused = three;
  refused.refused_by = {{"b", "pkc-x"}};
  EXPECT_EQ(PlanPlacement(fleet, refused)->placement->data_plane, "a");
  const PlacementRequest many = {.type = ClusterType::kDedicated, .brokers = 30};
  EXPECT_FALSE(PlanPlacement(fleet, many)->placement.has_value());
  const PlacementRequest old = {.type = ClusterType::kDedicated, .brokers = 1, .kafka_version = "2.0.0"};
  EXPECT_EQ(ErrorReason(PlanPlacement(fleet, old).status()), "UNSUPPORTED_VERSION");
}

TEST(PlacementPlanner, AClusterGrowsByAsManyBrokersAsItsDataPlaneHasRoomFor) {
  const FleetSnapshot fleet = Fleet({Plane("a", "r", 12)}, {Cell("pkc-1", "a"), Cell("pkc-2", "a")});
  EXPECT_TRUE(CheckRoomToGrow(fleet, "a", 6).ok());
  const absl::Status refused = CheckRoomToGrow(fleet, "a", 7);
  EXPECT_EQ(ErrorReason(refused), "NO_CAPACITY");
  EXPECT_NE(refused.message().find("data plane a has room for 6 more brokers, 7 are needed"), absl::string_view::npos);
  EXPECT_EQ(ErrorReason(CheckRoomToGrow(fleet, "gone", 1)), "NO_CAPACITY");
}

TEST(PlacementPlanner, TheNewestVersionIsByNumberNotByLetters) {
  EXPECT_EQ(NewestVersion({"3.9.1", "4.10.0", "4.3.1"}), "4.10.0");
  EXPECT_EQ(NewestVersion({}), "");
}

TEST(CellPlanner, AnEmptyDataPlaneGetsItsFirstCellOfThreeBrokers) {
  const std::vector<CellPlan> plans = PlanCells(Fleet({Plane("a", "r")}, {}), kNow);
  ASSERT_EQ(plans.size(), 1u);
  EXPECT_EQ(plans[0].spec.brokers, 3);
  EXPECT_EQ(plans[0].spec.default_replication_factor, 3);
  EXPECT_EQ(plans[0].spec.min_insync_replicas, 2);
  EXPECT_TRUE(plans[0].spec.shared);
}

TEST(CellPlanner, WhenItPlansAndWhenNot) {
  EXPECT_TRUE(PlanCells(Fleet({Plane("a", "r")}, {Cell("pkc-1", "a")}), kNow).empty());
  FleetSnapshot full = Fleet({Plane("a", "r")}, {Cell("pkc-1", "a")});
  full.logical_clusters["pkc-1"] = kDefaultLogicalClustersPerCell;
  EXPECT_EQ(PlanCells(full, kNow).size(), 1u);
  full.data_planes["a"].satellite_max_brokers = 3;
  EXPECT_TRUE(PlanCells(full, kNow).empty()) << "no room for brokers";
  EXPECT_EQ(PlanCells(Fleet({Plane("a", "r", 2)}, {}), kNow)[0].spec.brokers, 1);
  FleetSnapshot silent = Fleet({Plane("a", "r")}, {});
  silent.data_planes["a"].state = DataPlaneState::kUnreachable;
  EXPECT_TRUE(PlanCells(silent, kNow).empty());
}

TEST(CellPlanner, ARefusedCellIsTakenBackAndNotAskedAgainAtOnce) {
  FleetSnapshot fleet = Fleet({Plane("a", "r")}, {Cell("pkc-1", "a")});
  fleet.physical_clusters["pkc-1"].refused = true;
  fleet.physical_clusters["pkc-1"].meta.update_time = kNow;
  EXPECT_TRUE(PlanCells(fleet, kNow + absl::Seconds(30)).empty());
  EXPECT_EQ(PlanCells(fleet, kNow + absl::Seconds(90)).size(), 1u);
  EXPECT_EQ(CellsToDelete(fleet), std::vector<std::string>{"pkc-1"});
}

TEST(CellPlanner, ADeletedDataPlanesEmptyCellsGo) {
  FleetSnapshot fleet = Fleet({Plane("a", "r")}, {Cell("pkc-1", "a"), Cell("pkc-2", "a")});
  EXPECT_TRUE(CellsToDelete(fleet).empty());
  fleet.data_planes["a"].state = DataPlaneState::kDeleting;
  fleet.logical_clusters["pkc-2"] = 1;
  EXPECT_EQ(CellsToDelete(fleet), std::vector<std::string>{"pkc-1"});
}

}  // namespace
}  // namespace sluice::provisioner
