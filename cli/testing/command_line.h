#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run/run.h"
#include "cli/testing/fake_api.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"

namespace sluice::cli::testing {

// How one command line ended.
struct Ended {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Runs command lines against a FakeApi, in a folder of its own with a context `test` (organization acme, environment
// prod).
class CommandLineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("command_line_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "config.yaml") << "current: test\n"
                                              "contexts:\n"
                                              "- name: test\n"
                                              "  endpoint: localhost:1\n"
                                              "  balancer_endpoint: localhost:2\n"
                                              "  ca_file: ca.pem\n"
                                              "  key_file: key\n"
                                              "  organization: acme\n"
                                              "  environment: prod\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Ended Run(const std::vector<std::string>& arguments, const std::string& typed = "", bool is_terminal = false) {
    std::ostringstream out, err;
    std::istringstream in(typed);
    World world{.out = out,
                .err = err,
                .in = in,
                .in_is_terminal = is_terminal,
                .environment_variable = [this](const std::string& name) { return environment_[name]; },
                .connect = [this](const rpc::ClientOptions&) { return api_.NewChannel(); },
                .clock = clock::RealClock(),
                .random = clock::CryptoRandom(),
                .stop = stop_};
    environment_["SLUICE_CONFIG"] = (folder_ / "config.yaml").string();
    const int exit_code = RunCommandLine(arguments, world);
    return {exit_code, out.str(), err.str()};
  }

  FakeApi api_;
  clock::StopSignal stop_;
  std::filesystem::path folder_;
  std::map<std::string, std::string> environment_;
};

}  // namespace sluice::cli::testing
