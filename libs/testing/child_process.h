#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::testing {

struct ChildProcessOptions {
  std::vector<std::string> argv;
  // NAME=value, besides the parent's environment.
  std::vector<std::string> environment;
  // stdout and stderr go there, appended; empty: the parent's.
  std::string log_file;
  // Runs as this user when the parent is root; empty: as the parent.
  std::string user;
  // Sent by the kernel when the thread that started it ends, so that nothing outlives a crashed test.
  int parent_death_signal = 9;
};

// A process that ends with its owner: killed and reaped by the destructor. Start it from a thread that lives as long.
class ChildProcess {
 public:
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const ChildProcessOptions& options);
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  bool Running();
  void Signal(int signal);
  // The wait status (see waitpid), or nothing when it still runs after `timeout`.
  std::optional<int> WaitForExit(absl::Duration timeout);
  // SIGKILL, and waits.
  void Kill();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> exit_;
};

// A port of 127.0.0.1 that was free a moment ago.
int FreePort();
// A new empty folder below /tmp; the caller removes it.
std::string NewTempFolder(const std::string& prefix);
// Runs to the end; UNAVAILABLE with the log's tail when it fails or takes longer.
absl::Status RunToEnd(const ChildProcessOptions& options, absl::Duration timeout);
// The last `bytes` of a file, for messages of failed tests.
std::string TailOf(const std::string& file, int bytes = 4000);

}  // namespace sluice::testing
