#include "services/satellite/flags.h"

#include <gtest/gtest.h>

namespace sluice::satellite {
namespace {

absl::StatusOr<Flags> Parse(std::vector<std::string> more) {
  std::vector<std::string> words = {"satellite",   "--state-dir",  "state", "--data-plane-endpoint",
                                    "localhost:1", "--kafka-home", "kafka", "--api-ca",
                                    "ca.pem"};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  absl::StatusOr<std::optional<Flags>> flags = ParseFlags(static_cast<int>(argv.size()), argv.data(), "1");
  if (!flags.ok()) return flags.status();
  return **flags;
}

TEST(FlagsTest, RacksAreAListInTheOrderGiven) {
  EXPECT_TRUE(Parse({})->racks.empty());
  EXPECT_EQ(Parse({"--racks", "b,a.1,c"})->racks, (std::vector<std::string>{"b", "a.1", "c"}));
}

TEST(FlagsTest, ARackThatIsNoneIsNamed) {
  for (const std::string& bad : std::vector<std::string>{"a,a", "a b", "a/b", std::string(64, 'x')}) {
    const auto flags = Parse({"--racks", bad});
    ASSERT_EQ(flags.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_NE(flags.status().message().find("--racks"), std::string::npos) << flags.status();
  }
}

TEST(FlagsTest, PortsAreARangeAboveThoseOfTheSystem) {
  EXPECT_EQ(Parse({"--port-range", "21000-21009"})->last_port, 21009);
  for (const char* bad : {"21000", "80-90", "3000-2000", "21000-70000", "21000-21009x"}) {
    EXPECT_FALSE(Parse({"--port-range", bad}).ok()) << bad;
  }
}

}  // namespace
}  // namespace sluice::satellite
