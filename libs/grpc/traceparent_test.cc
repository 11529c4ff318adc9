#include "libs/grpc/traceparent.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::rpc {
namespace {

constexpr char kGiven[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Traceparent, KeepsTheTraceAndTakesASpanOfItsOwn) {
  clock::SeededRandom random(1);
  const std::string mine = ContinueTrace(kGiven, random);
  EXPECT_EQ(TraceIdOf(mine), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(mine, kGiven);
  EXPECT_EQ(mine.substr(52), "-01");
}

TEST(Traceparent, StartsATraceWhereNoneOrAMalformedOneCame) {
  clock::SeededRandom random(1);
  for (const std::string bad : {"", "nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    const std::string made = ContinueTrace(bad, random);
    EXPECT_EQ(TraceIdOf(made).size(), 32u) << bad;
    EXPECT_EQ(TraceIdOf(bad), "") << bad;
  }
  EXPECT_NE(ContinueTrace("", random), ContinueTrace("", random));
}

}  // namespace
}  // namespace sluice::rpc
