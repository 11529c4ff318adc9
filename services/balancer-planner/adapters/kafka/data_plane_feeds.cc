#include "services/balancer-planner/adapters/kafka/data_plane_feeds.h"

#include <utility>

#include "absl/strings/strip.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/reader/compacted_reader.h"
#include "libs/bus/topics.h"
#include "libs/kafka_client/identity_watch.h"
#include "sluice/provisioner/v1/data_plane_events.pb.h"

namespace sluice::balancer_planner {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(500);

}  // namespace

DataPlaneFeeds::DataPlaneFeeds(DataPlaneFeedsOptions options, FeedPorts ports)
    : options_(std::move(options)),
      ports_(ports),
      listened_to_(ports.metrics.GaugeOf("sluice_balancer_planner_data_planes", "Data planes that are listened to")) {
  for (const std::string& id : options_.data_planes) wanted_["flag " + id] = id;
}

void DataPlaneFeeds::Take(const bus::ReceivedEvent& event) {
  provisioner::v1::DataPlaneChanged changed;
  if (!event.payload || !changed.ParseFromString(*event.payload)) return;
  const provisioner::v1::DataPlane& resource = changed.state().resource();
  const std::string id(absl::StripPrefix(resource.name(), "dataPlanes/"));
  if (id.empty()) return;
  if (changed.erased() || !changed.state().bus_ready()) {
    wanted_.erase(event.key);
  } else {
    wanted_[event.key] = id;
  }
}

absl::Status DataPlaneFeeds::KeepFeeds() {
  std::set<std::string> ids;
  for (const auto& [uid, id] : wanted_) ids.insert(id);
  std::erase_if(feeds_, [&](const auto& entry) { return !ids.contains(entry.first); });
  for (const std::string& id : ids) {
    std::unique_ptr<DataPlaneFeed>& feed = feeds_[id];
    if (feed == nullptr) feed = std::make_unique<DataPlaneFeed>(id, options_.kafka, ports_);
    RETURN_IF_ERROR(feed->result());
  }
  listened_to_.Set(static_cast<double>(feeds_.size()));
  return absl::OkStatus();
}

absl::Status DataPlaneFeeds::FollowEvents(clock::StopSignal& stop) {
  kafka_client::IdentityWatch identity(options_.kafka, ports_.clock);
  const std::unique_ptr<bus::DocumentSource> source =
      bus::NewCompactedReader({.kafka = options_.kafka,
                               .group_id = "balancer-planner.data-planes",
                               .topic = bus::EventsTopic("data-plane"),
                               .source = bus::ServiceSource("provisioner")},
                              ports_.metrics);
  while (!stop.stopped() && !identity.Renewed()) {
    const absl::StatusOr<std::vector<bus::ReceivedEvent>> events = source->Poll(kPoll);
    if (!events.ok() && ErrorReason(events.status()) == "KAFKA_FATAL") return events.status();
    if (events.ok()) {
      for (const bus::ReceivedEvent& event : *events) Take(event);
    }
    RETURN_IF_ERROR(KeepFeeds());
  }
  return absl::OkStatus();
}

absl::Status DataPlaneFeeds::Run(clock::StopSignal& stop) {
  absl::Status status;
  while (status.ok() && !stop.stopped()) status = FollowEvents(stop);
  feeds_.clear();
  return status;
}

}  // namespace sluice::balancer_planner
