#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"

namespace sluice::cli {

// A cluster's limits as options; an option that is not given leaves its field alone.
struct KafkaLimitsFlags {
  std::string ingress;
  std::string egress;
  int request_percent = -1;
  int controller_mutations = -1;
  int partitions = -1;
};

void AddLimitsFlags(CLI::App& verb, KafkaLimitsFlags& flags);

// Sets what is given and says which fields that are, as paths of KafkaCluster ("limits.partitions").
absl::StatusOr<std::vector<std::string>> ApplyLimits(const KafkaLimitsFlags& flags,
                                                     provisioner::v1::KafkaLimits& limits);

}  // namespace sluice::cli
