#include "libs/process/stop_signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "absl/time/time.h"

namespace sluice::process {
namespace {

TEST(StopSignals, EndTheProcessInOrder) {
  const sigset_t signals = BlockStopSignals();
  static clock::StopSignal stop;
  StopOnSignal(signals, stop);
  EXPECT_FALSE(stop.stopped());
  ASSERT_EQ(kill(getpid(), SIGTERM), 0);
  EXPECT_TRUE(stop.WaitFor(absl::Seconds(30)));
}

}  // namespace
}  // namespace sluice::process
