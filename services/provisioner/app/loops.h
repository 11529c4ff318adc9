#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/stop_signal.h"
#include "libs/metrics/loop_board.h"
#include "libs/metrics/metrics.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/ports/bus_admin.h"

// What the provisioner does by itself. Every replica runs all of it: rows have versions, so where two do the same,
// one's commit is refused. Each has Step, which does what there is to do now, and Run, which repeats it with jitter
// until `stop`; an error is logged and counted, and the next round tries again.
namespace sluice::provisioner {

struct LoopPorts {
  CommandPorts commands;
  BusAdmin& bus;
  metrics::Registry& metrics;
  metrics::LoopBoard& board;
};

// Reads the fleet anew each second; the counts of logical clusters each fifth time.
class FleetLoop {
 public:
  explicit FleetLoop(LoopPorts ports) : ports_(ports) {}
  absl::Status Step();
  void Run(clock::StopSignal& stop);

 private:
  LoopPorts ports_;
  int rounds_ = 0;
};

// Gives new data planes their topics and ACLs, takes them from deleted ones, and marks the silent ones.
class DataPlaneLoop {
 public:
  // No word for so long while the bus is there: UNREACHABLE. While it is away nobody can be heard, and nobody is
  // blamed.
  static constexpr absl::Duration kSilence = absl::Seconds(15);

  explicit DataPlaneLoop(LoopPorts ports) : ports_(ports), listens_since_(ports.commands.clock.Now()) {}
  absl::Status Step();
  void Run(clock::StopSignal& stop);

 private:
  absl::Status SetUp(DataPlane data_plane);
  absl::Status TakeDown(const DataPlane& data_plane);
  absl::Status MarkSilent(DataPlane data_plane);
  absl::Status MarkUnheard(DataPlane data_plane);
  absl::Status WriteConnected(DataPlane data_plane, const char* mutation, Condition condition);
  absl::Duration SilenceOf(const DataPlane& data_plane) const;
  // Asks the bus, at most once a step.
  bool BusIsThere();

  LoopPorts ports_;
  // A process that has just begun has not listened for kSilence yet, nor has one whose bus was away.
  absl::Time listens_since_;
  bool bus_away_ = false;
  bool asked_bus_ = false;
};

// Keeps warm cells (core/placement/cell_planner.h).
class CellLoop {
 public:
  explicit CellLoop(LoopPorts ports) : ports_(ports) {}
  absl::Status Step();
  void Run(clock::StopSignal& stop);

 private:
  absl::Status Begin(const FleetSnapshot& fleet, const std::string& data_plane, const PhysicalSpec& spec,
                     const std::string& reason);
  absl::Status Delete(const std::string& cell);

  LoopPorts ports_;
};

// Removes deleted clusters past their purge_time, operations 30 days after their end, and requests after 24 hours.
class PurgeLoop {
 public:
  static constexpr absl::Duration kRequestRetention = absl::Hours(24);

  explicit PurgeLoop(LoopPorts ports) : ports_(ports) {}
  absl::Status Step();
  void Run(clock::StopSignal& stop);

 private:
  LoopPorts ports_;
};

// Says again what no status shows as taken: at most kBatch documents of a data plane and round, each less and less
// often. Closes the gap that a relay without a transactional id leaves, and a satellite that lost its state.
class RepublishLoop {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(15);
  static constexpr absl::Duration kLongestPause = absl::Minutes(5);
  static constexpr int kBatch = 200;

  explicit RepublishLoop(LoopPorts ports) : ports_(ports) {}
  absl::Status Step();
  void Run(clock::StopSignal& stop);

 private:
  struct Said {
    int64_t generation = 0;
    absl::Duration pause = kPatience;
    absl::Time next;
  };
  absl::Status OfDataPlane(const std::string& data_plane);

  LoopPorts ports_;
  std::map<std::string, Said> said_;  // by document key
};

}  // namespace sluice::provisioner
