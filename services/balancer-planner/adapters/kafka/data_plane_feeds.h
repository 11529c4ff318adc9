#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/bus/event.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_client/connection.h"
#include "services/balancer-planner/adapters/kafka/data_plane_feed.h"

namespace sluice::balancer_planner {

struct DataPlaneFeedsOptions {
  kafka_client::ConnectionOptions kafka;
  // Listened to from the start, whether their events say so or not.
  std::vector<std::string> data_planes;
};

// One DataPlaneFeed for each data plane that there is, as sluice.data-plane.events.v1 tells: it begins once a data
// plane's topics are there, and ends with the data plane.
class DataPlaneFeeds {
 public:
  DataPlaneFeeds(DataPlaneFeedsOptions options, FeedPorts ports);

  // Works until `stop`; another status than OK is a fatal error of Kafka's client: end the process.
  absl::Status Run(clock::StopSignal& stop);

 private:
  absl::Status FollowEvents(clock::StopSignal& stop);
  void Take(const bus::ReceivedEvent& event);
  // Feeds as `wanted_` says; the first fatal error of one.
  absl::Status KeepFeeds();

  const DataPlaneFeedsOptions options_;
  const FeedPorts ports_;
  metrics::Gauge& listened_to_;
  // By the data plane's uid: one that was deleted and registered again is another.
  std::map<std::string, std::string> wanted_;
  std::map<std::string, std::unique_ptr<DataPlaneFeed>> feeds_;  // by id
};

}  // namespace sluice::balancer_planner
