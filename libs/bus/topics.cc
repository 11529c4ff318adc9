#include "libs/bus/topics.h"

#include "libs/base/error.h"

namespace sluice::bus {
namespace {

constexpr std::string_view kDataPlaneRoot = "sluice.dp.";
constexpr std::string_view kServiceRoot = "/sluice/";
constexpr std::string_view kSatelliteRoot = "/sluice/dp/";

std::string TopicOf(std::string_view data_plane, std::string_view what) {
  return DataPlanePrefix(data_plane) + std::string(what) + ".v1";
}

absl::Status Forged(std::string_view topic, std::string_view source) {
  return MakeError(absl::StatusCode::kPermissionDenied,
                   "'" + std::string(source) + "' may not speak on " + std::string(topic),
                   {.reason = "FORGED_SOURCE", .field = "ce_source"});
}

}  // namespace

std::string DataPlanePrefix(std::string_view data_plane) {
  return std::string(kDataPlaneRoot) + std::string(data_plane) + ".";
}
std::string DesiredTopic(std::string_view data_plane) { return TopicOf(data_plane, "desired"); }
std::string PlansTopic(std::string_view data_plane) { return TopicOf(data_plane, "plans"); }
std::string StatusTopic(std::string_view data_plane) { return TopicOf(data_plane, "status"); }
std::string LoadTopic(std::string_view data_plane) { return TopicOf(data_plane, "load"); }
std::string UsageTopic(std::string_view data_plane) { return TopicOf(data_plane, "usage"); }
std::string EventsTopic(std::string_view aggregate) { return "sluice." + std::string(aggregate) + ".events.v1"; }

std::optional<std::string> DataPlaneOf(std::string_view topic) {
  if (topic.substr(0, kDataPlaneRoot.size()) != kDataPlaneRoot) return std::nullopt;
  const std::string_view rest = topic.substr(kDataPlaneRoot.size());
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  return std::string(rest.substr(0, dot));
}

std::string ServiceSource(std::string_view service) { return std::string(kServiceRoot) + std::string(service); }
std::string SatelliteSource(std::string_view data_plane) {
  return std::string(kSatelliteRoot) + std::string(data_plane) + "/satellite";
}

absl::Status CheckSource(std::string_view topic, std::string_view source) {
  const std::optional<std::string> data_plane = DataPlaneOf(topic);
  if (!data_plane) {
    const bool service = source.substr(0, kServiceRoot.size()) == kServiceRoot &&
                         source.find('/', kServiceRoot.size()) == std::string_view::npos &&
                         source.size() > kServiceRoot.size();
    return service ? absl::OkStatus() : Forged(topic, source);
  }
  std::string expected = SatelliteSource(*data_plane);
  if (topic == DesiredTopic(*data_plane)) expected = ServiceSource("provisioner");
  if (topic == PlansTopic(*data_plane)) expected = ServiceSource("balancer-planner");
  return source == expected ? absl::OkStatus() : Forged(topic, source);
}

}  // namespace sluice::bus
