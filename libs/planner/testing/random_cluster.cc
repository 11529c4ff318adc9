#include "libs/planner/testing/random_cluster.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "libs/planner/testing/numbers.h"

namespace sluice::planner::testing {
namespace {

constexpr ResourceVector kCapacity = {4'000'000, 625'000, 625'000, 100};

}  // namespace

Snapshot RandomCluster(const RandomClusterOptions& options) {
  Numbers numbers(options.seed);
  SnapshotBuilder builder;
  std::vector<BrokerState> states;
  std::vector<double> weights;
  for (int b = 0; b < options.brokers + options.added; ++b) {
    Broker broker{.id = 100 + b, .rack = "rack" + std::to_string(b % options.racks), .capacity = kCapacity};
    if (b >= options.brokers) {
      broker.state = BrokerState::kNew;
    } else if (b < options.leaving) {
      broker.state = BrokerState::kLeaving;
    } else if (b < options.leaving + options.dead) {
      broker.state = BrokerState::kDead;
    }
    if (options.unequal && b % 4 == 0) {
      for (int r = 0; r < kCpu; ++r) broker.capacity[r] *= 2;
    }
    states.push_back(broker.state);
    weights.push_back(0.5 + numbers.Unit());
    if (!builder.AddBroker(broker).ok()) std::abort();
  }
  const int topics = std::max(1, options.partitions / 12);
  for (int t = 0; t < topics; ++t) builder.AddTopic("topic" + std::to_string(t));
  const double mean_disk =
      options.disk_use * kCapacity[kDisk] * options.brokers / (options.partitions * options.replication);
  const double mean_in = 0.15 * kCapacity[kNetworkIn] * options.brokers / (options.partitions * options.replication);
  for (int p = 0; p < options.partitions; ++p) {
    PartitionFacts facts{.topic = p % topics, .partition = p / topics};
    // Weighted sampling without replacement; one in ten ignores racks, so that there is something to repair.
    const bool careless = numbers.Below(10) == 0;
    std::vector<std::pair<double, int>> order;
    for (int b = 0; b < options.brokers; ++b) order.emplace_back(numbers.Exponential() / weights[b], b);
    std::sort(order.begin(), order.end());
    std::vector<int> racks;
    for (int pass = 0; pass < 2; ++pass) {
      for (const auto& [key, b] : order) {
        if (static_cast<int>(facts.replicas.size()) == options.replication) break;
        const int rack = b % options.racks;
        const bool taken = std::find(facts.replicas.begin(), facts.replicas.end(), 100 + b) != facts.replicas.end();
        const bool same_rack = std::find(racks.begin(), racks.end(), rack) != racks.end();
        if (taken || (pass == 0 && !careless && same_rack)) continue;
        facts.replicas.push_back(100 + b);
        racks.push_back(rack);
      }
    }
    // Leadership has failed over already.
    const auto live = std::find_if(facts.replicas.begin(), facts.replicas.end(),
                                   [&](int32_t id) { return states[id - 100] != BrokerState::kDead; });
    if (live != facts.replicas.end()) {
      std::iter_swap(facts.replicas.begin(), live);
    } else {  // one of them lives: there is something to copy from
      const auto first_live = std::find_if(
          order.begin(), order.end(), [&](const auto& entry) { return states[entry.second] != BrokerState::kDead; });
      facts.replicas[0] = 100 + first_live->second;
    }
    const double in = std::min(8.0, numbers.Exponential()) * mean_in;
    const double disk = std::min(6.0, 0.3 + 0.7 * numbers.Exponential()) * mean_disk;
    const double out = in * (options.replication - 1 + numbers.Below(4));
    const double cpu = in / kCapacity[kNetworkIn] * 120;
    facts.leader_load = {disk, in, out, cpu};
    facts.follower_load = {disk, in, 0, cpu * 0.2};
    if (!builder.AddPartition(facts).ok()) std::abort();
  }
  return *std::move(builder).Build();
}

}  // namespace sluice::planner::testing
