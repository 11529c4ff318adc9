#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/bus/event.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_client/connection.h"
#include "libs/kafka_client/consumer.h"
#include "libs/metrics/metrics.h"
#include "services/balancer-planner/app/cluster_board.h"

namespace sluice::balancer_planner {

struct FeedPorts {
  ClusterBoard& board;
  const clock::Clock& clock;
  clock::Random& random;
  metrics::Registry& metrics;
};

// Puts what one data plane says onto the board: its statuses from the beginning of their compacted topic, its load from
// a little before the end. Two threads of its own, so that a sick data plane costs the others nothing. Records that are
// forged, that cannot be decoded or that speak for another data plane are counted and dropped.
class DataPlaneFeed {
 public:
  DataPlaneFeed(std::string data_plane, kafka_client::ConnectionOptions kafka, FeedPorts ports);
  // What it said is forgotten.
  ~DataPlaneFeed();

  // Not OK: a fatal error of Kafka's client; end the process.
  absl::Status result();

 private:
  absl::Status ReadStatuses();
  absl::Status ReadLoad();
  absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> OpenLoad();
  void TakeStatus(const bus::ReceivedEvent& event);
  void TakeLoad(kafka_client::ConsumerRecord record);
  void Drop(const char* topic, const std::string& reason);
  void Repeat(const char* what, absl::Status (DataPlaneFeed::*read)());

  const std::string data_plane_;
  const kafka_client::ConnectionOptions kafka_;
  const FeedPorts ports_;
  clock::StopSignal stop_;
  std::mutex mutex_;
  absl::Status result_;
  std::thread status_thread_;
  std::thread load_thread_;
};

}  // namespace sluice::balancer_planner
