// Drives one physical cluster on this machine from create to READY, and prints how long it took, without a control
// plane: a way to look at the substrate alone. bench/live measures the same through the whole stack.
//
//   create_cluster STATE_FOLDER KAFKA_HOME CACHE_FOLDER BROKERS [stay]
//
// Prints one JSON object. Without `stay` the cluster is deleted again.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/metrics/metrics.h"
#include "services/satellite/adapters/kafka_probe/real_kafka_probe.h"
#include "services/satellite/adapters/local/local_substrate.h"
#include "services/satellite/app/physical/physical_clusters.h"

namespace sluice::satellite {
namespace {

using satellite::v1::PhysicalClusterStatus;

class LastStatus final : public StatusSink {
 public:
  void Publish(satellite::v1::StatusDocument draft, std::string_view) override {
    std::lock_guard lock(mutex_);
    last_ = std::move(draft);
    changed_.notify_all();
  }
  void Forget(const std::string&) override {}

  bool Await(PhysicalClusterStatus::State state, std::chrono::seconds timeout) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return last_.physical_cluster().state() == state; });
  }
  std::string Text() {
    std::lock_guard lock(mutex_);
    return last_.DebugString();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  satellite::v1::StatusDocument last_;
};

AcceptedWish WishOf(int brokers, int64_t generation, bool deleted) {
  AcceptedWish wish;
  wish.document.set_key("pkc-bench");
  wish.document.set_generation(generation);
  wish.document.set_deleted(deleted);
  auto& spec = *wish.document.mutable_physical_cluster();
  spec.set_kafka_version("4.3.1");
  spec.set_brokers(brokers);
  spec.set_controllers(1);
  spec.set_broker_disk_mib(512);
  return wish;
}

int Main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: create_cluster STATE_FOLDER KAFKA_HOME CACHE_FOLDER BROKERS [stay]\n");
    return 2;
  }
  const clock::Clock& clock = clock::RealClock();
  LocalSubstrateOptions options;
  options.state_folder = argv[1];
  options.kafka_home = argv[2];
  options.cache_folder = argv[3];
  options.first_port = 23000;
  options.last_port = 23999;
  auto substrate = LocalSubstrate::Open(options, clock);
  if (!substrate.ok()) {
    std::fprintf(stderr, "%s\n", substrate.status().ToString().c_str());
    return 1;
  }
  const bool warm = (*substrate)->AwaitWarm(absl::Minutes(3));
  RealKafkaProbeFactory probes(clock);
  LastStatus status;
  CellDirectory cells;
  LoadBoard load;
  metrics::Registry metrics;
  FakeRebalanceStore plans;
  PhysicalClusters clusters(
      {**substrate, probes, status, cells, load, plans, metrics, clock, clock::CryptoRandom(), {}, {}, {}});
  if (!clusters.Start().ok()) return 1;
  const absl::Duration start = clock.MonotonicNow();
  clusters.OnWish(WishOf(std::atoi(argv[4]), 1, false));
  const bool up = status.Await(PhysicalClusterStatus::UP, std::chrono::seconds(180));
  const absl::Duration took = clock.MonotonicNow() - start;
  std::printf("{\"ready\": %s, \"create_to_ready_ms\": %lld, \"class_archive\": %s}\n", up ? "true" : "false",
              static_cast<long long>(absl::ToInt64Milliseconds(took)), warm ? "true" : "false");
  std::fflush(stdout);
  if (!up) std::fprintf(stderr, "%s\n", status.Text().c_str());
  if (argc > 5 && std::strcmp(argv[5], "stay") == 0) return up ? 0 : 1;
  clusters.OnWish(WishOf(std::atoi(argv[4]), 2, true));
  const bool gone = status.Await(PhysicalClusterStatus::GONE, std::chrono::seconds(120));
  if (!gone) std::fprintf(stderr, "%s\n", status.Text().c_str());
  return up && gone ? 0 : 1;
}

}  // namespace
}  // namespace sluice::satellite

int main(int argc, char** argv) { return sluice::satellite::Main(argc, argv); }
