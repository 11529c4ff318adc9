#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/operator/cluster_state.h"
#include "services/satellite/adapters/local/node_process.h"

namespace sluice::satellite {

struct NodePorts {
  int32_t client = 0;      // brokers
  int32_t internal = 0;    // brokers
  int32_t controller = 0;  // controllers
  int32_t metrics = 0;
};

// What is known of a node, in node.json of its folder, written whole before and after each act:
//   start: intent_run = run + 1 is written; the process is spawned; run = intent_run and the process are written
// A crash between leaves intent_run > run: whether the process exists is then told by the node's lock, and which it is
// by its command line (see LocalNode).
struct NodeRecord {
  int32_t node_id = 0;
  op::NodeRole role = op::NodeRole::kBroker;
  NodePorts ports;
  // Where a broker was put, for good; empty: it has none.
  std::string rack;
  // Grows with each start.
  int64_t run = 0;
  int64_t intent_run = 0;
  std::optional<ProcessId> process;
  std::string version;
  std::string digest;
  // Of the certificate that the process has loaded.
  std::string certificate_fingerprint;
  // Milliseconds on CLOCK_BOOTTIME, of this boot.
  std::string boot_id;
  int64_t started_at_ms = 0;
  int64_t stop_asked_at_ms = 0;  // 0: not asked
  // The last end; 0: none.
  int64_t exited_at_ms = 0;
  bool exit_wanted = false;
  std::string exit_description;
  int32_t restarts = 0;
};

std::string NodeRecordToJson(const NodeRecord& record);
// DataLoss RECORD_CORRUPT when it is not one of ours.
absl::StatusOr<NodeRecord> NodeRecordFromJson(const std::string& json);

// Names the present boot: process numbers and moments of another boot mean nothing.
std::string BootId();

}  // namespace sluice::satellite
