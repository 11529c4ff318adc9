#include "services/satellite/adapters/local/node_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::satellite {
namespace {

constexpr int kLockDescriptor = 3;

std::string ReadProc(pid_t pid, const char* name) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/", name), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Stat {
  char state = '?';
  uint64_t start_ticks = 0;
};

std::optional<Stat> StatOf(pid_t pid) {
  const std::string text = ReadProc(pid, "stat");
  // The name in parentheses may hold anything: fields are counted from its end.
  const size_t end = text.rfind(')');
  if (end == text.npos) return std::nullopt;
  std::istringstream fields(text.substr(end + 1));
  Stat stat;
  fields >> stat.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  if (!(fields >> stat.start_ticks)) return std::nullopt;
  return stat;
}

int OpenPid(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> ShortEnvironment() {
  std::vector<std::string> environment = {"LANG=C.UTF-8"};
  for (const char* name : {"PATH", "HOME", "JAVA_HOME", "TZ"}) {
    if (const char* value = getenv(name)) environment.push_back(absl::StrCat(name, "=", value));
  }
  return environment;
}

class SpawnSetup {
 public:
  explicit SpawnSetup(const SpawnRequest& request) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, request.console_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&actions_, 1, 2);
    int keep = 2;
    if (request.lock_descriptor >= 0) {
      posix_spawn_file_actions_adddup2(&actions_, request.lock_descriptor, kLockDescriptor);
      keep = kLockDescriptor;
    }
    posix_spawn_file_actions_addclosefrom_np(&actions_, keep + 1);
    posix_spawn_file_actions_addchdir_np(&actions_, request.folder.c_str());
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

absl::StatusOr<ProcessId> Spawn(const SpawnRequest& request) {
  std::vector<std::string> arguments = request.arguments, environment = ShortEnvironment();
  // A lock descriptor that is 3 already would keep its close-on-exec mark through dup2: move it out of the way.
  int lock = request.lock_descriptor;
  if (lock >= 0) lock = fcntl(lock, F_DUPFD_CLOEXEC, 64);
  SpawnRequest moved = request;
  moved.lock_descriptor = lock;
  SpawnSetup setup(moved);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, arguments[0].c_str(), &setup.actions_, &setup.attributes_,
                                 Pointers(arguments).data(), Pointers(environment).data());
  if (lock >= 0) close(lock);
  if (error == ENOENT || error == EACCES) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, absl::StrCat("cannot run ", arguments[0], ": ", strerror(error)),
        {.reason = "JAVA_MISSING", .remedy = "Install a Java 17 runtime (Debian: openjdk-17-jre-headless)."});
  }
  if (error != 0) return absl::InternalError(absl::StrCat("cannot run ", arguments[0], ": ", strerror(error)));
  // A child of ours keeps its number until it is reaped, so this is its own start time even if it ended already.
  const std::optional<Stat> stat = StatOf(pid);
  return ProcessId{pid, stat ? stat->start_ticks : 0};
}

bool IsAlive(const ProcessId& process) {
  if (process.pid <= 0) return false;
  const std::optional<Stat> stat = StatOf(process.pid);
  return stat && stat->start_ticks == process.start_ticks && stat->state != 'Z' && stat->state != 'X';
}

std::optional<ProcessId> IdentityOf(pid_t pid) {
  const std::optional<Stat> stat = StatOf(pid);
  if (!stat) return std::nullopt;
  return ProcessId{pid, stat->start_ticks};
}

std::optional<ProcessId> FindByArgument(const std::string& argument) {
  const std::string whole = argument + '\0';
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return std::nullopt;
  std::optional<ProcessId> found;
  while (const dirent* entry = readdir(proc)) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry->d_name, &pid)) continue;
    const std::string command = ReadProc(pid, "cmdline");
    const size_t at = command.find(whole);
    if (at == command.npos || (at > 0 && command[at - 1] != '\0')) continue;
    const std::optional<ProcessId> process = IdentityOf(pid);
    if (process && IsAlive(*process)) {
      found = process;
      break;
    }
  }
  closedir(proc);
  return found;
}

std::optional<std::string> HowItEnded(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  if (WIFSIGNALED(status)) return absl::StrCat("signal ", WTERMSIG(status));
  return absl::StrCat("exit code ", WEXITSTATUS(status));
}

absl::Status Signal(const ProcessId& process, int signal) {
  const int fd = OpenPid(process.pid);
  if (fd < 0) return absl::OkStatus();
  absl::Status status;
  // Checked after the descriptor is held: from here on it names this process and no other.
  if (IsAlive(process) && syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0) != 0 && errno != ESRCH) {
    status = absl::InternalError(absl::StrCat("cannot signal process ", process.pid, ": ", strerror(errno)));
  }
  close(fd);
  return status;
}

bool WaitUntilGone(const ProcessId& process, int timeout_ms) {
  const int fd = OpenPid(process.pid);
  if (fd < 0) return true;
  // Readable once all its threads have ended, and with them its descriptors and locks; a leader that is a zombie
  // already may have threads that have not.
  bool gone = true;
  if (IdentityOf(process.pid) == process) {
    pollfd wait = {fd, POLLIN, 0};
    gone = poll(&wait, 1, timeout_ms) == 1;
  }
  close(fd);
  return gone;
}

}  // namespace sluice::satellite
