#pragma once

#include <csignal>

#include "libs/clock/stop_signal.h"

namespace sluice::process {

// Blocks SIGTERM and SIGINT, so that StopOnSignal's thread alone takes them, and ignores SIGPIPE: a broken connection
// is an error of its call. Before any other thread is made: all inherit it. Gives what it has blocked.
sigset_t BlockStopSignals();

// The first of the blocked `signals` ends the process in order: it sets `stop`, which lives as long as the process.
void StopOnSignal(const sigset_t& signals, clock::StopSignal& stop);

}  // namespace sluice::process
