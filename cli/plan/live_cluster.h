#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/plan/kafka_login.h"
#include "cli/run/session.h"
#include "libs/cluster_snapshot/snapshot_assembly.h"
#include "libs/kafka_admin/admin_client.h"

namespace sluice::cli {

// Opens a cluster's administration; tests give one of their own.
using KafkaConnector =
    std::function<absl::StatusOr<std::unique_ptr<kafka_admin::AdminClient>>(kafka_admin::AdminClientOptions)>;

struct LiveClusterFlags {
  KafkaLoginFlags login;
  std::string sample = "10s";
  // "500" for every broker, "3=800" for one.
  std::vector<std::string> disk_gib, network_mb;
  double reads_per_record = 1;
  std::vector<int32_t> remove, cordon;
  std::vector<std::string> exclude_topics;

  bool wanted() const { return !login.bootstrap.empty() || !login.command_config.empty(); }
};

void AddLiveClusterOptions(CLI::App& command, LiveClusterFlags& flags);

struct LiveCluster {
  std::string name;  // the cluster's id
  planner::Snapshot snapshot;
  std::vector<std::string> notes;
  bool network_known = false;  // the throttle can follow the links
};

// Takes the snapshot of a running cluster; changes nothing there. Takes as long as the sample, and some calls.
// --timeout is the longest wait for one call, 30 s by default.
absl::StatusOr<LiveCluster> ReadLiveCluster(Session& session, const LiveClusterFlags& flags,
                                            const KafkaConnector& connect);

}  // namespace sluice::cli
