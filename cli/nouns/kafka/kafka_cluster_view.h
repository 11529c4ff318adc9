#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/run/session.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"

namespace sluice::cli {

// The cluster of a short or full name.
absl::StatusOr<provisioner::v1::KafkaCluster> GetKafkaCluster(Session& session, const std::string& text);

// Keeps its CA and shows it.
absl::Status ShowKafkaCluster(Session& session, const provisioner::v1::KafkaCluster& cluster);

}  // namespace sluice::cli
