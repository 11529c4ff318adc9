// The planner on clusters of its own generator: one JSON line a cluster. usage: planner_bench [SEED]

#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "libs/planner/planner.h"
#include "libs/planner/testing/random_cluster.h"

namespace {

using sluice::planner::kDimensionNames;
using sluice::planner::Plan;
using sluice::planner::Snapshot;
using sluice::planner::testing::RandomCluster;
using sluice::planner::testing::RandomClusterOptions;

class Stopwatch final : public sluice::planner::StageObserver {
 public:
  void Reached(const char* stage) override {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
    (stage[0] == 't' ? target : plan) = passed.count();
  }
  double target = 0, plan = 0;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void Measure(const char* name, const RandomClusterOptions& options) {
  const Snapshot snapshot = RandomCluster(options);
  Stopwatch stopwatch;
  const absl::StatusOr<Plan> plan = sluice::planner::MakePlan(snapshot, {}, stopwatch);
  if (!plan.ok()) {
    std::cerr << plan.status() << "\n";
    std::exit(1);
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  nlohmann::ordered_json line = {{"bench", "planner"},
                                 {"cluster", name},
                                 {"brokers", snapshot.brokers.size()},
                                 {"replicas", snapshot.replicas.size()},
                                 {"target_seconds", stopwatch.target},
                                 {"plan_seconds", stopwatch.plan},
                                 {"peak_rss_mb", usage.ru_maxrss / 1024},
                                 {"replica_moves", plan->replica_moves},
                                 {"bytes_mb", plan->bytes_mb},
                                 {"intermediate_violations", plan->intermediate_violations},
                                 {"hours_over_bound", plan->hours_bound > 0 ? plan->hours / plan->hours_bound : 1}};
  for (int k = 0; k <= sluice::planner::kOut; ++k) {
    line["max_over_mean"][kDimensionNames[k]] = {plan->before[k].most, plan->after[k].most};
  }
  std::cout << line << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20240;
  Measure("30 brokers, uneven", {.seed = seed, .brokers = 30, .racks = 3, .partitions = 10'000});
  Measure("100 brokers, uneven", {.seed = seed, .brokers = 100, .racks = 5, .partitions = 50'000});
  Measure("100 brokers and 5 new", {.seed = seed, .brokers = 100, .racks = 5, .partitions = 50'000, .added = 5});
  Measure("300 brokers, uneven", {.seed = seed, .brokers = 300, .racks = 6, .partitions = 200'000});
}
