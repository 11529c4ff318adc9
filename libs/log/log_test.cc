#include "libs/log/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sluice::log {
namespace {

std::vector<std::string>& Lines() {
  static std::vector<std::string> lines;
  return lines;
}

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Lines().clear();
    SetSinkForTest([](std::string_view line) { Lines().emplace_back(line); });
    SetLevel(Level::kInfo);
  }
  void TearDown() override { SetSinkForTest(nullptr); }
};

TEST_F(LogTest, OneJsonObjectWithTypedFields) {
  Info("cluster placed", {{"cluster", std::string("lkc-1")}, {"brokers", 3}, {"warm", true}, {"share", 0.5}});
  ASSERT_EQ(Lines().size(), 1u);
  const auto json = nlohmann::json::parse(Lines()[0]);
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(json["message"], "cluster placed");
  EXPECT_EQ(json["cluster"], "lkc-1");
  EXPECT_EQ(json["brokers"], 3);
  EXPECT_EQ(json["warm"], true);
  EXPECT_EQ(json["share"], 0.5);
}

TEST_F(LogTest, HostileTextStaysOneValidLine) {
  Warn("bad \xff\xc0\xaf name\n\"quoted\"", {{"key", "\x01\xed\xa0\x80 \xf0\x9f\x98\x80 ü"}, {"nan", 0.0 / 0.0}});
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_EQ(Lines()[0].find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(Lines()[0]);
  EXPECT_NE(json["key"].get<std::string>().find("😀 ü"), std::string::npos);
  EXPECT_TRUE(json["nan"].is_null());
}

TEST_F(LogTest, LongTextIsCut) {
  Info(std::string(100'000, 'x'));
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_LT(Lines()[0].size(), 5000u);
}

TEST_F(LogTest, BelowTheLevelNothing) {
  Debug("not shown");
  EXPECT_TRUE(Lines().empty());
}

TEST_F(LogTest, TraceScopeNests) {
  {
    TraceScope outer("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    {
      TraceScope inner("nonsense");
      Info("inner");
    }
    Info("outer");
  }
  Info("after");
  ASSERT_EQ(Lines().size(), 3u);
  EXPECT_FALSE(nlohmann::json::parse(Lines()[0]).contains("trace_id"));
  EXPECT_EQ(nlohmann::json::parse(Lines()[1])["trace_id"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_FALSE(nlohmann::json::parse(Lines()[2]).contains("trace_id"));
}

}  // namespace
}  // namespace sluice::log
