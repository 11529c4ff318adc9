#include "bench/report/report.h"

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

TEST(QuantileTest, IsAValueThatOccurred) {
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  EXPECT_EQ(Quantile(values, 0), 1);
  EXPECT_EQ(Quantile(values, 0.5), 51);
  EXPECT_EQ(Quantile(values, 0.99), 100);
  EXPECT_EQ(Quantile(values, 1), 100);
  EXPECT_EQ(Quantile({7}, 0.99), 7);
}

TEST(QuantileTest, OfNothingIsZero) { EXPECT_EQ(Quantile({}, 0.5), 0); }

TEST(PrintTest, SaysTheFigureAndItsMachine) {
  ::testing::internal::CaptureStdout();
  Print({{"bench", "speed"}, {"p50_ms", 1.5}});
  const auto line = nlohmann::json::parse(::testing::internal::GetCapturedStdout());
  EXPECT_EQ(line["p50_ms"], 1.5);
  EXPECT_GE(line["machine"]["cores"], 1);
  EXPECT_TRUE(line["machine"].contains("load_average_1m"));
}

}  // namespace
}  // namespace sluice::bench
