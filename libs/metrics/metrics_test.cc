#include "libs/metrics/metrics.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>

#include "libs/base/error.h"

namespace sluice::metrics {
namespace {

TEST(MetricsTest, SameNameAndLabelsAreOneMetric) {
  Registry registry;
  registry.CounterOf("sluice_test_total", "t", {{"a", "1"}}).Increment();
  registry.CounterOf("sluice_test_total", "t", {{"a", "1"}}).Increment();
  registry.CounterOf("sluice_test_total", "t", {{"a", "2"}}).Increment();
  const std::string text = registry.Render();
  EXPECT_NE(text.find("sluice_test_total{a=\"1\"} 2"), std::string::npos) << text;
  EXPECT_NE(text.find("sluice_test_total{a=\"2\"} 1"), std::string::npos) << text;
}

TEST(MetricsTest, RemovedGaugeIsGone) {
  Registry registry;
  registry.GaugeOf("sluice_test_gauge", "g", {{"a", "1"}}).Set(4);
  registry.RemoveGauge("sluice_test_gauge", {{"a", "1"}});
  EXPECT_EQ(registry.Render().find("sluice_test_gauge{"), std::string::npos);
  registry.GaugeOf("sluice_test_gauge", "g", {{"a", "1"}}).Set(5);
  EXPECT_NE(registry.Render().find("sluice_test_gauge{a=\"1\"} 5"), std::string::npos);
}

TEST(ExposerTest, ServesMetricsAndHealth) {
  Registry registry;
  registry.HistogramOf("sluice_test_seconds", "h").Observe(0.002);
  std::atomic<bool> healthy = true;
  auto exposer = Exposer::Start("127.0.0.1:0", registry,
                                [&] { return healthy ? absl::OkStatus() : absl::UnavailableError("no database"); });
  ASSERT_TRUE(exposer.ok()) << exposer.status();
  httplib::Client client("127.0.0.1", (*exposer)->port());
  auto metrics = client.Get("/metrics");
  ASSERT_TRUE(metrics);
  EXPECT_NE(metrics->body.find("sluice_test_seconds_count 1"), std::string::npos);
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  healthy = false;
  auto sick = client.Get("/healthz");
  EXPECT_EQ(sick->status, 503);
  EXPECT_EQ(sick->body, "{\"healthy\":false,\"message\":\"no database\"}\n");
}

TEST(ExposerTest, PortInUseAndNonsenseAreNamed) {
  Registry registry;
  auto first = Exposer::Start("127.0.0.1:0", registry, nullptr);
  ASSERT_TRUE(first.ok());
  auto second = Exposer::Start("127.0.0.1:" + std::to_string((*first)->port()), registry, nullptr);
  EXPECT_EQ(ErrorReason(second.status()), "PORT_IN_USE");
  EXPECT_EQ(ErrorReason(Exposer::Start("nonsense", registry, nullptr).status()), "ADDRESS_INVALID");
}

}  // namespace
}  // namespace sluice::metrics
