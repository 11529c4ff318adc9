#include "services/satellite/adapters/local/local_node.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "libs/operator/server_properties.h"
#include "services/satellite/adapters/local/atomic_file.h"
#include "services/satellite/adapters/local/port_allocator.h"

namespace sluice::satellite {
namespace {

namespace fs = std::filesystem;

failpoint::FailPoint before_intent("satellite.node_start.1_before_intent");
failpoint::FailPoint after_intent("satellite.node_start.2_after_intent");
failpoint::FailPoint after_spawn("satellite.node_start.3_after_spawn");
failpoint::FailPoint after_record("satellite.node_start.4_after_record");
failpoint::FailPoint stop_before_intent("satellite.node_stop.1_before_intent");
failpoint::FailPoint stop_after_intent("satellite.node_stop.2_after_intent");
failpoint::FailPoint stop_after_signal("satellite.node_stop.3_after_signal");

constexpr int kLongestKillMs = 10'000;
constexpr int kLongestEndMs = 2'000;

// The exclusive flock on a node's lock file, or knowledge that another has it.
class NodeLock {
 public:
  explicit NodeLock(const std::string& file) : fd_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    held_ = fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) == 0;
    elsewhere_ = fd_ >= 0 && !held_ && errno == EWOULDBLOCK;
  }
  ~NodeLock() {
    if (fd_ >= 0) close(fd_);
  }
  NodeLock(const NodeLock&) = delete;
  NodeLock& operator=(const NodeLock&) = delete;

  bool held() const { return held_; }
  // The node's process has it.
  bool elsewhere() const { return elsewhere_; }
  int descriptor() const { return fd_; }

 private:
  const int fd_;
  bool held_ = false;
  bool elsewhere_ = false;
};

absl::Status CheckPorts(const NodePorts& ports) {
  for (int32_t port : {ports.client, ports.internal, ports.controller, ports.metrics}) {
    if (port == 0 || PortIsFree(port)) continue;
    return MakeError(absl::StatusCode::kUnavailable, absl::StrCat("port ", port, " is in use by another program"),
                     {.reason = "PORT_IN_USE",
                      .remedy = "End that program, or move the satellite's --port-range away from it.",
                      .metadata = {{"port", std::to_string(port)}}});
  }
  return absl::OkStatus();
}

int32_t PortOf(const std::string& listeners, const std::string& name) {
  const std::string key = name + "://";
  const size_t at = listeners.find(key);
  if (at == listeners.npos) return 0;
  const size_t colon = listeners.find(':', at + key.size());
  if (colon == listeners.npos) return 0;
  return static_cast<int32_t>(strtol(listeners.c_str() + colon + 1, nullptr, 10));
}

op::NodeRole RoleOf(int32_t node_id) {
  return node_id >= op::kFirstControllerId ? op::NodeRole::kController : op::NodeRole::kBroker;
}

}  // namespace

absl::Status LocalNode::Create(int32_t node_id, const NodePorts& ports, const std::string& rack) {
  std::error_code error;
  fs::create_directories(folder_ + "/log", error);
  if (error) return absl::InternalError(absl::StrCat("cannot make ", folder_, ": ", error.message()));
  NodeRecord record;
  record.node_id = node_id;
  record.role = RoleOf(node_id);
  record.ports = ports;
  record.rack = rack;
  record.boot_id = BootId();
  return Save(record);
}

absl::StatusOr<NodeRecord> LocalNode::Load() const {
  ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(folder_ + "/node.json"));
  return NodeRecordFromJson(text);
}

absl::Status LocalNode::Save(const NodeRecord& record) const {
  return WriteFileAtomically(folder_ + "/node.json", NodeRecordToJson(record));
}

absl::StatusOr<NodeRecord> LocalNode::Rebuild(int32_t node_id) const {
  std::error_code error;
  fs::rename(folder_ + "/node.json", folder_ + "/node.json.corrupt", error);
  ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(properties_file()));
  op::Properties properties = op::ParseProperties(text);
  NodeRecord record;
  record.node_id = node_id;
  record.role = RoleOf(node_id);
  record.ports = {PortOf(properties["listeners"], "CLIENT"), PortOf(properties["listeners"], "INTERNAL"),
                  PortOf(properties["listeners"], "CONTROLLER"), 0};
  record.rack = properties["broker.rack"];
  constexpr char kMetrics[] = "# metrics_port=";
  if (const size_t at = text.find(kMetrics); at != text.npos) {
    record.ports.metrics = static_cast<int32_t>(strtol(text.c_str() + at + strlen(kMetrics), nullptr, 10));
  }
  record.boot_id = BootId();
  // As if a start were under way: a process that runs is found by its lock.
  record.intent_run = record.run + 1;
  RETURN_IF_ERROR(Save(record));
  log::Warn("node record rebuilt from server.properties", {{"folder", folder_}});
  return record;
}

absl::StatusOr<NodeRecord> LocalNode::ForgetOtherBoot(NodeRecord record) const {
  record.process.reset();
  record.run = record.intent_run = std::max(record.run, record.intent_run);
  record.boot_id = BootId();
  record.started_at_ms = record.stop_asked_at_ms = 0;
  // The machine went down, the node did not crash: it is started again at once.
  record.exited_at_ms = NowMs();
  record.exit_wanted = true;
  record.exit_description = "the machine restarted";
  RETURN_IF_ERROR(Save(record));
  return record;
}

absl::StatusOr<NodeRecord> LocalNode::Adopt(NodeRecord record) const {
  const std::optional<ProcessId> found = FindByArgument(marker_);
  if (!found) {
    // It is ending, or starting, this very moment: the next look tells.
    return absl::UnavailableError(absl::StrCat(folder_, " is locked by a process that is not found"));
  }
  record.process = *found;
  record.run = std::max(record.run, record.intent_run);
  record.intent_run = record.run;
  if (record.started_at_ms == 0) record.started_at_ms = NowMs();
  RETURN_IF_ERROR(Save(record));
  log::Info("took over a running node", {{"folder", folder_}, {"pid", found->pid}});
  return record;
}

absl::StatusOr<NodeRecord> LocalNode::Ended(NodeRecord record) const {
  if (record.process) {
    record.exited_at_ms = NowMs();
    record.exit_wanted = record.stop_asked_at_ms != 0;
    record.exit_description = HowItEnded(record.process->pid).value_or("process ended");
    if (!record.exit_wanted) ++record.restarts;
    record.process.reset();
  }
  record.intent_run = record.run;
  record.stop_asked_at_ms = 0;
  RETURN_IF_ERROR(Save(record));
  return record;
}

absl::StatusOr<NodeRecord> LocalNode::Refresh() {
  ASSIGN_OR_RETURN(NodeRecord record, Load());
  if (record.boot_id != BootId()) return ForgetOtherBoot(std::move(record));
  if (record.process && IsAlive(*record.process)) return record;
  if (!record.process && record.intent_run == record.run) return record;
  // Its first thread is gone; the others may still hold its lock for a moment.
  if (record.process) WaitUntilGone(*record.process, kLongestEndMs);
  const NodeLock lock(folder_ + "/lock");
  if (lock.elsewhere()) return Adopt(std::move(record));
  if (!lock.held()) return absl::InternalError(absl::StrCat("cannot open ", folder_, "/lock: ", strerror(errno)));
  return Ended(std::move(record));
}

absl::StatusOr<NodeRecord> LocalNode::Start(const Launch& launch) {
  ASSIGN_OR_RETURN(NodeRecord record, Refresh());
  if (record.process) return record;
  const NodeLock lock(folder_ + "/lock");
  if (lock.elsewhere()) return Adopt(std::move(record));
  if (!lock.held()) return absl::InternalError(absl::StrCat("cannot open ", folder_, "/lock: ", strerror(errno)));
  RETURN_IF_ERROR(CheckPorts(record.ports));
  RETURN_IF_ERROR(before_intent.Hit());
  record.intent_run = record.run + 1;
  record.version = launch.version;
  record.digest = launch.digest;
  record.certificate_fingerprint = launch.certificate_fingerprint;
  record.stop_asked_at_ms = 0;
  record.started_at_ms = NowMs();
  RETURN_IF_ERROR(Save(record));
  RETURN_IF_ERROR(after_intent.Hit());
  ASSIGN_OR_RETURN(const ProcessId process, Spawn({.arguments = launch.arguments,
                                                   .folder = folder_,
                                                   .console_file = folder_ + "/log/console.log",
                                                   .lock_descriptor = lock.descriptor()}));
  RETURN_IF_ERROR(after_spawn.Hit());
  record.run = record.intent_run;
  record.process = process;
  RETURN_IF_ERROR(Save(record));
  RETURN_IF_ERROR(after_record.Hit());
  return record;
}

absl::Status LocalNode::Stop() {
  ASSIGN_OR_RETURN(NodeRecord record, Refresh());
  if (!record.process) return absl::OkStatus();
  RETURN_IF_ERROR(stop_before_intent.Hit());
  if (record.stop_asked_at_ms == 0) {
    record.stop_asked_at_ms = NowMs();
    RETURN_IF_ERROR(Save(record));
  }
  RETURN_IF_ERROR(stop_after_intent.Hit());
  RETURN_IF_ERROR(Signal(*record.process, SIGTERM));
  return stop_after_signal.Hit();
}

absl::Status LocalNode::Kill() {
  ASSIGN_OR_RETURN(NodeRecord record, Refresh());
  if (!record.process) return absl::OkStatus();
  if (record.stop_asked_at_ms == 0) {
    record.stop_asked_at_ms = NowMs();
    RETURN_IF_ERROR(Save(record));
  }
  RETURN_IF_ERROR(Signal(*record.process, SIGKILL));
  if (!WaitUntilGone(*record.process, kLongestKillMs)) {
    return absl::UnavailableError(absl::StrCat("process ", record.process->pid, " does not end"));
  }
  return Refresh().status();
}

}  // namespace sluice::satellite
