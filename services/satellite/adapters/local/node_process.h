#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::satellite {

// A process of the machine that cannot be mistaken for a later one with the same number.
struct ProcessId {
  pid_t pid = 0;
  // Field 22 of /proc/<pid>/stat: ticks from boot to its start.
  uint64_t start_ticks = 0;

  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

struct SpawnRequest {
  // argv[0] is looked up in PATH.
  std::vector<std::string> arguments;
  std::string folder;
  // stdout and stderr go here, from its start.
  std::string console_file;
  // Stays open in the child as descriptor 3; the flock on it lives as long as the child.
  int lock_descriptor = -1;
};

// Starts it as the leader of a session of its own, with no other descriptor of ours, a short environment and the
// default signal dispositions, so that it lives on when we die. FailedPrecondition JAVA_MISSING when argv[0] does not
// exist.
absl::StatusOr<ProcessId> Spawn(const SpawnRequest& request);

// It exists and is no zombie.
bool IsAlive(const ProcessId& process);
// Nothing when there is no such pid.
std::optional<ProcessId> IdentityOf(pid_t pid);
// The living process whose command line has `argument` as one whole argument. Walks /proc.
std::optional<ProcessId> FindByArgument(const std::string& argument);

// How it ended, when it was a child of ours and has ended: "exit code 1", "signal 9". Reaps it.
std::optional<std::string> HowItEnded(pid_t pid);

// Sends `signal`, by way of a pidfd, so that never a later process of the same number is hit. Fine when it is gone.
absl::Status Signal(const ProcessId& process, int signal);
// True when it is gone before `timeout_ms` have passed.
bool WaitUntilGone(const ProcessId& process, int timeout_ms);

}  // namespace sluice::satellite
