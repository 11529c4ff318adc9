#include "services/balancer-planner/app/cluster_board.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/balancer-planner/core/testing/clusters.h"

namespace sluice::balancer_planner {
namespace {

using testing::Cluster;
using testing::EvenCluster;
using testing::kNow;

const ClusterKey kKey{"local", "pkc-1"};

TEST(ClusterBoard, AnotherDataPlanesWordIsAnotherEntry) {
  ClusterBoard board;
  Cluster cluster = EvenCluster(3, 3);
  board.PutStatus(cluster.status);
  cluster.status.data_plane = "forger";
  cluster.status.state = ClusterState::kGone;
  board.PutStatus(cluster.status);
  EXPECT_EQ(board.StatusOf(kKey)->state, ClusterState::kUp);
  EXPECT_EQ(board.Clusters().size(), 2u);
  board.ForgetDataPlane("forger");
  EXPECT_EQ(board.Clusters(), std::vector<ClusterKey>{kKey});
  board.Forget(kKey);
  EXPECT_FALSE(board.StatusOf(kKey).has_value());
}

TEST(ClusterBoard, ALoadIsSeenOnceItIsWhole) {
  ClusterBoard board;
  const Cluster cluster = EvenCluster(3, 3);
  board.PutLoad("local", cluster.load, 1, 2);
  EXPECT_EQ(board.LoadOf(kKey), nullptr);
  board.PutLoad("local", {.physical_cluster = "pkc-1", .time = kNow}, 2, 2);
  ASSERT_NE(board.LoadOf(kKey), nullptr);
  EXPECT_EQ(board.SharesOf(kKey).at(1).replicas, 3);
  EXPECT_EQ(board.SharesOf(kKey).at(1).leaders, 1);
}

TEST(ClusterBoard, AStatusIsHeardOfWithEachSignOfLife) {
  ClusterBoard board;
  board.PutStatus(EvenCluster(3, 3).status);
  EXPECT_EQ(board.StatusOf(kKey)->heard, absl::InfinitePast());
  board.PutLife("local", kNow + absl::Minutes(5));
  board.PutLife("another", kNow + absl::Minutes(9));
  EXPECT_EQ(board.StatusOf(kKey)->heard, kNow + absl::Minutes(5));
  EXPECT_EQ(board.StatusOf(kKey)->time, kNow);
}

TEST(ClusterBoard, NotesWhatMoved) {
  ClusterBoard board;
  Cluster cluster = EvenCluster(4, 4);
  board.PutLoad("local", cluster.load, 1, 1);
  EXPECT_TRUE(board.MovedSince(kKey, absl::InfinitePast()).empty());
  cluster.SetTime(kNow + absl::Seconds(15));
  std::swap(cluster.load.partitions[0].replicas[0], cluster.load.partitions[0].replicas[1]);  // a leader, no move
  cluster.load.partitions[1].replicas = {1, 2, 3};
  board.PutLoad("local", cluster.load, 1, 1);
  EXPECT_EQ(board.MovedSince(kKey, kNow), (std::set<PartitionName>{{"even", 1}}));
  EXPECT_TRUE(board.MovedSince(kKey, kNow + absl::Seconds(16)).empty());
}

TEST(ClusterBoard, TakesNoMoreClustersThanItsBound) {
  ClusterBoard board;
  for (size_t i = 0; i < ClusterBoard::kMostClusters + 10; ++i) {
    board.PutStatus({.physical_cluster = absl::StrCat("pkc-", i), .data_plane = "noisy"});
  }
  board.PutStatus({.physical_cluster = "pkc-1", .data_plane = "quiet"});
  EXPECT_EQ(board.Clusters().size(), ClusterBoard::kMostClusters + 1);
}

}  // namespace
}  // namespace sluice::balancer_planner
