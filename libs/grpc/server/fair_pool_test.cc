#include "libs/grpc/server/fair_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace sluice::rpc {
namespace {

TEST(FairPool, OneTenantsQueueDelaysAnothersTaskByOneTask) {
  std::vector<std::string> order;
  {
    std::promise<void> go;
    std::shared_future<void> gate = go.get_future().share();
    FairPool pool({.threads = 1, .running_per_tenant = 1});
    ASSERT_TRUE(pool.Submit("hold", [gate] { gate.wait(); }));
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.Submit("busy", [&order] { order.push_back("busy"); }));
    ASSERT_TRUE(pool.Submit("quiet", [&order] { order.push_back("quiet"); }));
    go.set_value();
  }
  ASSERT_EQ(order.size(), 51u);
  EXPECT_EQ(order[1], "quiet");
}

TEST(FairPool, RefusesBeyondItsBounds) {
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  FairPool pool({.threads = 1, .running_per_tenant = 1, .waiting_per_tenant = 2, .waiting = 3});
  std::promise<void> begun;
  ASSERT_TRUE(pool.Submit("a", [&begun, gate] {
    begun.set_value();
    gate.wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(pool.Submit("a", [] {}));
  EXPECT_TRUE(pool.Submit("a", [] {}));
  EXPECT_FALSE(pool.Submit("a", [] {}));
  EXPECT_TRUE(pool.Submit("b", [] {}));
  EXPECT_FALSE(pool.Submit("c", [] {}));
  go.set_value();
}

TEST(FairPool, LeavesThreadsForOthersWhileOneTenantIsSlow) {
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  std::promise<void> other_ran;
  FairPool pool({.threads = 3, .running_per_tenant = 2});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.Submit("slow", [gate] { gate.wait(); }));
  ASSERT_TRUE(pool.Submit("other", [&other_ran] { other_ran.set_value(); }));
  EXPECT_EQ(other_ran.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  go.set_value();
}

TEST(FairPool, RunsEverythingThatItTook) {
  std::atomic<int> ran = 0;
  int taken = 0;
  {
    FairPool pool({.threads = 4, .running_per_tenant = 3, .waiting_per_tenant = 1000, .waiting = 5000});
    for (int i = 0; i < 4000; ++i) taken += pool.Submit(std::to_string(i % 7), [&ran] { ++ran; });
  }
  EXPECT_EQ(ran, taken);
}

}  // namespace
}  // namespace sluice::rpc
