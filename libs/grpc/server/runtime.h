#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/grpc/server/call.h"
#include "libs/grpc/server/fair_pool.h"
#include "libs/grpc/server/gate.h"
#include "libs/grpc/server/stream_source.h"
#include "libs/metrics/metrics.h"

namespace sluice::rpc {

struct RuntimeOptions {
  FairPoolOptions work = {.threads = 24, .running_per_tenant = 18};
  FairPoolOptions waiting = {.threads = 64, .running_per_tenant = 48, .waiting_per_tenant = 64, .waiting = 256};
  // For callers that the gate has to look up: strangers wait here, not among the known.
  FairPoolOptions lookups = {.threads = 2, .running_per_tenant = 2, .waiting_per_tenant = 64, .waiting = 64};
  FairPoolOptions streams = {.threads = 2, .running_per_tenant = 2, .waiting_per_tenant = 1024, .waiting = 4096};
  int max_streams = 500;
  int max_streams_per_tenant = 50;
  // A stream whose client takes nothing for so long is broken off.
  absl::Duration stream_stall = absl::Minutes(2);
  int message_bytes = 1024 * 1024;
};

struct ServerPorts {
  Gate& gate;
  const clock::Clock& clock;
  clock::Random& random;
  metrics::Registry& metrics;
};

// Figures of one RPC, found once.
class MethodMetrics {
 public:
  MethodMetrics(metrics::Registry& registry, std::string method);
  void Ended(absl::StatusCode code, absl::Duration took);
  metrics::Gauge& in_flight() { return in_flight_; }

 private:
  metrics::Registry& registry_;
  const std::string method_;
  metrics::Histogram& seconds_;
  metrics::Gauge& in_flight_;
  std::array<std::atomic<metrics::Counter*>, 17> calls_{};
};

// What the calls of one server share: threads, ports, the streams that are open.
class Runtime {
 public:
  Runtime(RuntimeOptions options, ServerPorts ports);
  ~Runtime();

  const RuntimeOptions& options() const { return options_; }
  ServerPorts& ports() { return ports_; }
  FairPool& work() { return work_; }
  FairPool& waiting() { return waiting_; }
  FairPool& lookups() { return lookups_; }
  FairPool& streams() { return streams_; }

  // Log line, metrics and the gate's Ended.
  void Finished(const Call& call, const absl::Status& status, absl::Duration took, MethodMetrics& metrics);

  // RESOURCE_EXHAUSTED / TOO_MANY_STREAMS. `tick` is called each half second until the place is given back.
  absl::StatusOr<int64_t> TakeStreamPlace(const std::string& tenant, StreamWaker tick);
  void GiveStreamPlaceBack(int64_t place);

 private:
  struct Stream {
    std::string tenant;
    StreamWaker tick;
  };
  void Tick();
  bool MayLogRefusal(int64_t& suppressed);

  const RuntimeOptions options_;
  ServerPorts ports_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  int64_t next_place_ = 1;
  std::map<int64_t, Stream> open_streams_;
  std::map<std::string, int> streams_of_tenant_;
  int64_t refusals_suppressed_ = 0;
  absl::Duration refusal_window_;
  int refusals_logged_ = 0;
  FairPool work_;
  FairPool waiting_;
  FairPool lookups_;
  FairPool streams_;
  std::thread ticker_;
};

}  // namespace sluice::rpc
