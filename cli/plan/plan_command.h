#pragma once

#include "cli/plan/live_cluster.h"
#include "cli/run/command_tree.h"

namespace sluice::cli {

// `sluice plan MODEL` and `sluice plan --bootstrap HOST:PORT`: the planner over a model file or over a running cluster,
// without any service. The second form connects by `connect`.
void AddPlanCommand(CommandTree& tree, KafkaConnector connect);
void AddPlanCommand(CommandTree& tree);

}  // namespace sluice::cli
