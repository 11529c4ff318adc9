#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/reader/publisher.h"
#include "libs/clock/clock.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_admin/admin_client.h"
#include "libs/metrics/loop_board.h"
#include "libs/metrics/metrics.h"
#include "services/satellite/app/tenancy/worker_pool.h"
#include "services/satellite/core/load/cell_load.h"
#include "services/satellite/ports/broker_scraper.h"
#include "services/satellite/ports/cell_directory.h"
#include "services/satellite/ports/load_board.h"

namespace sluice::satellite {

struct LoadPorts {
  const CellDirectory& cells;
  std::function<absl::StatusOr<std::shared_ptr<kafka_admin::AdminClient>>(const Cell&)> connect;
  BrokerScraper& scraper;
  LoadBoard& board;
  bus::Publisher& publisher;
  const clock::Clock& clock;
  metrics::Registry& metrics;
  // Hears of the loop's rounds, as "load"; null: nobody does.
  metrics::LoopBoard* rounds = nullptr;
};

struct LoadOptions {
  std::string data_plane;
  // For the safety gate, which refuses a reading older than 15 s: two looks fit into that.
  absl::Duration look_every = absl::Milliseconds(7500);
  // Onto the load topic: each so-many-th look.
  int looks_per_sample = 2;
  absl::Duration timeout = absl::Seconds(4);
};

// Looks at all cells from time to time: their agents' pages, their partitions, their disks. Each cell is a task of its
// own, and one that has not ended is not begun again, so a sick cell costs the others nothing.
class LoadLoop {
 public:
  LoadLoop(LoadOptions options, LoadPorts ports);
  // Waits for looks under way, at most their timeouts.
  ~LoadLoop();

  // One look at one cell; the loop's own thread does it for all. For tests.
  absl::Status LookAt(const Cell& cell);

 private:
  struct CellState {
    std::shared_ptr<kafka_admin::AdminClient> admin;
    std::vector<kafka_admin::BrokerAddress> addresses;
    std::optional<CellReading> looked;   // the look before
    std::optional<CellReading> sampled;  // the one that was last published
    int looks = 0;
  };

  // By topic, partition and broker.
  using Sizes = std::map<std::pair<std::string, int32_t>, std::map<int32_t, int64_t>>;

  void Loop();
  void LookAtAll();
  absl::StatusOr<CellReading> Read(const Cell& cell, kafka_admin::AdminClient& admin);
  absl::Status ReadPartitions(kafka_admin::AdminClient& admin, const Sizes& sizes, CellReading& reading);
  std::map<std::string, int32_t> MinInSync(kafka_admin::AdminClient& admin,
                                           const std::vector<kafka_admin::TopicDescription>& topics);
  std::shared_ptr<CellState> StateOf(const std::string& physical_cluster);
  void Publish(const satellite::v1::LoadSample& sample);

  const LoadOptions options_;
  const LoadPorts ports_;
  metrics::Histogram& look_seconds_;
  metrics::Counter& failed_looks_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<CellState>> states_;
  std::set<std::string> under_way_;
  clock::StopSignal stop_;
  std::unique_ptr<WorkerPool> pool_;
  std::thread thread_;
};

}  // namespace sluice::satellite
