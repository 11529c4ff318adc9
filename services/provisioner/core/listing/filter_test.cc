#include "services/provisioner/core/listing/filter.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"

namespace sluice::provisioner {
namespace {

KafkaCluster Orders() {
  KafkaCluster cluster;
  cluster.meta = {.uid = "lkc-1", .name = "organizations/a/environments/e/kafkaClusters/orders"};
  cluster.id = "orders";
  cluster.state = ClusterState::kReady;
  cluster.region = "eu";
  cluster.labels = {{"team", "a b\"c"}};
  cluster.placement.data_plane = "local";
  return cluster;
}

struct MatchCase {
  std::string filter;
  bool matches;
};

TEST(Filter, WhatMatchesACluster) {
  for (const MatchCase& c : std::vector<MatchCase>{
           {"", true},
           {"  ", true},
           {"state = READY", true},
           {"state=READY AND type=SERVERLESS", true},
           {"state = FAILED", false},
           {"state = READY AND region = us", false},
           {"name = orders", true},
           {"name = \"ord*\"", true},
           {"name = organizations/a/environments/e/kafkaClusters/orders", true},
           {"uid = lkc-2", false},
           {"data_plane = local", true},
           {R"(labels.team = "a b\"c")", true},
           {"labels.other = \"\"", true},
           {"labels.other = x", false},
       }) {
    const auto filter = ParseFilter(c.filter, ClusterFilterFields());
    ASSERT_TRUE(filter.ok()) << c.filter << ": " << filter.status();
    EXPECT_EQ(Matches(*filter, Orders()), c.matches) << c.filter;
  }
}

TEST(Filter, WhatDoesNotParseNamesTheFilter) {
  for (const char* bad :
       {"state", "state =", "= READY", "state = READY type = X", "state = READY OR type = X", "nothing = x",
        "state = \"READY", "labels. = x", "state = READY AND", "state ! READY", "state = (READY)", "state == READY"}) {
    const absl::Status status = ParseFilter(bad, ClusterFilterFields()).status();
    EXPECT_EQ(ErrorReason(status), "INVALID_FILTER") << bad;
    EXPECT_EQ(GetErrorDetail(status)->field, "filter") << bad;
  }
  EXPECT_FALSE(ParseFilter(std::string(3000, ' '), ClusterFilterFields()).ok());
}

TEST(Filter, OperationsByDoneAndTarget) {
  Operation operation;
  operation.target = "organizations/a/environments/e/kafkaClusters/orders";
  const auto filter = ParseFilter("done = false AND target = \"" + operation.target + "\"", OperationFilterFields());
  ASSERT_TRUE(filter.ok());
  EXPECT_TRUE(Matches(*filter, operation));
  operation.done = true;
  EXPECT_FALSE(Matches(*filter, operation));
}

TEST(Filter, Orders) {
  EXPECT_FALSE(ParseOrder("")->by_create_time);
  EXPECT_TRUE(ParseOrder("create_time desc")->descending);
  EXPECT_EQ(ErrorReason(ParseOrder("size").status()), "INVALID_ORDER");
}

}  // namespace
}  // namespace sluice::provisioner
