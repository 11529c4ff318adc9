#include "libs/process/stop_signals.h"

#include <thread>

#include "libs/log/log.h"

namespace sluice::process {

sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void StopOnSignal(const sigset_t& signals, clock::StopSignal& stop) {
  std::thread([&stop, signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    log::Info("ends", {{"signal", signal}});
    stop.Stop();
  }).detach();
}

}  // namespace sluice::process
