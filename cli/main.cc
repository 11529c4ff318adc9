#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "cli/output/error_report.h"
#include "cli/run/run.h"
#include "libs/base/status.h"

namespace {

using sluice::cli::World;

// The first ^C ends what is waited for in good order, the second at once.
void FollowSignals(sluice::clock::StopSignal& stop) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Before any other thread exists, so that all of them leave these signals to the one below.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals, &stop] {
    int signal = 0;
    if (sigwait(&signals, &signal) == 0) stop.Stop();
    if (sigwait(&signals, &signal) == 0) _exit(sluice::cli::kInterrupted);
  }).detach();
}

std::string EnvironmentVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> Connect(const sluice::rpc::ClientOptions& options) {
  ASSIGN_OR_RETURN(const auto client, sluice::rpc::Client::Connect(options));
  return client->channel();
}

}  // namespace

int main(int argc, char** argv) {
  // Detached and alive until the process ends, as is the thread that uses it.
  static sluice::clock::StopSignal stop;
  FollowSignals(stop);
  World world{.out = std::cout,
              .err = std::cerr,
              .in = std::cin,
              .out_is_terminal = isatty(STDOUT_FILENO) == 1,
              .err_is_terminal = isatty(STDERR_FILENO) == 1,
              .in_is_terminal = isatty(STDIN_FILENO) == 1,
              .environment_variable = EnvironmentVariable,
              .connect = Connect,
              .clock = sluice::clock::RealClock(),
              .random = sluice::clock::CryptoRandom(),
              .stop = stop};
  return sluice::cli::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc), world);
}
