#include "libs/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace sluice::metrics {
namespace {

template <typename Metric, typename Builder>
prometheus::Family<Metric>& FamilyOf(std::map<std::string, prometheus::Family<Metric>*, std::less<>>& families,
                                     Builder builder, std::string_view name, std::string_view help,
                                     prometheus::Registry& registry) {
  auto found = families.find(name);
  if (found == families.end()) {
    auto& family = builder.Name(std::string(name)).Help(std::string(help)).Register(registry);
    found = families.emplace(std::string(name), &family).first;
  }
  return *found->second;
}

}  // namespace

const std::vector<double>& LatencyBounds() {
  static const std::vector<double>* const bounds = new std::vector<double>{
      0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.04, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  return *bounds;
}

Registry::Registry() : registry_(std::make_shared<prometheus::Registry>()) {}

Counter& Registry::CounterOf(std::string_view name, std::string_view help, const Labels& labels) {
  std::lock_guard lock(mutex_);
  return FamilyOf(counters_, prometheus::BuildCounter(), name, help, *registry_).Add(labels);
}

Gauge& Registry::GaugeOf(std::string_view name, std::string_view help, const Labels& labels) {
  std::lock_guard lock(mutex_);
  Gauge*& gauge = gauge_of_labels_[{std::string(name), labels}];
  if (gauge == nullptr) gauge = &FamilyOf(gauges_, prometheus::BuildGauge(), name, help, *registry_).Add(labels);
  return *gauge;
}

Histogram& Registry::HistogramOf(std::string_view name, std::string_view help, const Labels& labels,
                                 const std::vector<double>& bounds) {
  std::lock_guard lock(mutex_);
  return FamilyOf(histograms_, prometheus::BuildHistogram(), name, help, *registry_).Add(labels, bounds);
}

void Registry::RemoveGauge(std::string_view name, const Labels& labels) {
  std::lock_guard lock(mutex_);
  auto found = gauge_of_labels_.find({std::string(name), labels});
  if (found == gauge_of_labels_.end()) return;
  gauges_.find(name)->second->Remove(found->second);
  gauge_of_labels_.erase(found);
}

std::string Registry::Render() const { return prometheus::TextSerializer().Serialize(registry_->Collect()); }

}  // namespace sluice::metrics
