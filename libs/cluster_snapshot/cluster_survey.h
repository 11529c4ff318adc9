#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/clock/stop_signal.h"
#include "libs/cluster_snapshot/cluster_facts.h"
#include "libs/kafka_admin/admin_client.h"

namespace sluice::cluster_snapshot {

struct SurveyOptions {
  // Between the two looks at offsets and sizes that rates come from; 0: one look, no rates.
  absl::Duration sample = absl::Seconds(10);
  // Of each call to Kafka.
  absl::Duration call_timeout = absl::Seconds(30);
  // Told what is done now, for people: "asks 3 brokers for their log dirs".
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

// Asks a cluster for all that AssembleSnapshot takes. Reads only. Brokers are asked for their log dirs in turn,
// partitions for their offsets a thousand at a time; a topic or partition that goes away meanwhile is left out.
//
// Rights: Describe on the cluster and on topics, DescribeConfigs on topics; topics that the user may not describe are
// not seen. Without DescribeConfigs min.insync.replicas counts as 1.
//
// Errors: as the client's, with the step that failed; INTERRUPTED when `stop` is set while it waits.
absl::StatusOr<ClusterFacts> SurveyCluster(kafka_admin::AdminClient& kafka, const clock::Clock& clock,
                                           const clock::StopSignal& stop, const SurveyOptions& options);

}  // namespace sluice::cluster_snapshot
