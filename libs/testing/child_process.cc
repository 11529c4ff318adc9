#include "libs/testing/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <thread>

#include "absl/time/clock.h"
#include "libs/base/status.h"

extern char** environ;

namespace sluice::testing {
namespace {

// Only calls that are safe between fork and exec.
[[noreturn]] void Become(const ChildProcessOptions& options, const passwd* user, char* const* argv, char* const* env,
                         pid_t parent) {
  if (user != nullptr && (setgid(user->pw_gid) != 0 || setgroups(0, nullptr) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  // After the change of user, which clears it.
  prctl(PR_SET_PDEATHSIG, options.parent_death_signal);
  if (getppid() != parent) _exit(125);
  if (!options.log_file.empty()) {
    const int log = open(options.log_file.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
    if (log >= 0) {
      dup2(log, 1);
      dup2(log, 2);
    }
  }
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, 0);
  execvpe(argv[0], argv, env);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const ChildProcessOptions& options) {
  std::vector<char*> argv;
  for (const std::string& word : options.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> env;
  for (char** entry = environ; *entry != nullptr; ++entry) env.push_back(*entry);
  for (const std::string& entry : options.environment) env.push_back(const_cast<char*>(entry.c_str()));
  env.push_back(nullptr);
  const passwd* user = nullptr;
  if (!options.user.empty() && geteuid() == 0) {
    user = getpwnam(options.user.c_str());
    if (user == nullptr) return absl::NotFoundError("no user " + options.user);
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return absl::UnavailableError(std::string("fork: ") + strerror(errno));
  if (pid == 0) Become(options, user, argv.data(), env.data(), parent);
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() { Kill(); }

bool ChildProcess::Running() { return !WaitForExit(absl::ZeroDuration()).has_value(); }

void ChildProcess::Signal(int signal) {
  if (!exit_) kill(pid_, signal);
}

std::optional<int> ChildProcess::WaitForExit(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!exit_) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_ = status;
    } else if (absl::Now() >= deadline) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return exit_;
}

void ChildProcess::Kill() {
  Signal(SIGKILL);
  WaitForExit(absl::InfiniteDuration());
}

int FreePort() {
  // Below the kernel's own choices (32768 on): what it gives to somebody's outgoing connection while a server is down,
  // the server cannot have again.
  std::random_device seed;
  std::uniform_int_distribution<int> ports(20000, 31999);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const int port = ports(seed);
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    const bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(descriptor);
    if (bound) return port;
  }
  std::abort();
}

std::string NewTempFolder(const std::string& prefix) {
  // Not below TEST_TMPDIR: Unix sockets allow 107 characters, and the database's own user must be able to enter.
  std::string path = "/tmp/" + prefix + "-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) std::abort();
  return path;
}

absl::Status RunToEnd(const ChildProcessOptions& options, absl::Duration timeout) {
  ASSIGN_OR_RETURN(auto process, ChildProcess::Start(options));
  const std::optional<int> exit = process->WaitForExit(timeout);
  if (exit && WIFEXITED(*exit) && WEXITSTATUS(*exit) == 0) return absl::OkStatus();
  return absl::UnavailableError(options.argv[0] + (exit ? " failed: " : " took too long: ") + TailOf(options.log_file));
}

std::string TailOf(const std::string& file, int bytes) {
  std::ifstream in(file, std::ios::ate);
  if (!in) return "";
  const auto size = static_cast<std::int64_t>(in.tellg());
  in.seekg(std::max<std::int64_t>(0, size - bytes));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace sluice::testing
