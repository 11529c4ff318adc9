#pragma once

#include "cli/run/command_tree.h"

namespace sluice::cli {

// `sluice plan MODEL`: the planner over a model file, without any service.
void AddPlanCommand(CommandTree& tree);

}  // namespace sluice::cli
