#include "libs/process/process_name.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace sluice::process {
namespace {

TEST(ProcessName, NamesTheMachineAndTheProcess) {
  EXPECT_FALSE(HostName().empty());
  EXPECT_EQ(HolderName(), HostName() + ":" + std::to_string(getpid()));
}

}  // namespace
}  // namespace sluice::process
