#pragma once

#include <string>

#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::cli {

// The brokers before and after, a bar each for disk, network in and network out relative to the limit: for a terminal.
// 40 brokers at most: the fullest and the emptiest.
std::string PlotForTerminal(const planner::Snapshot& snapshot, const planner::Plan& plan);

// The same for all brokers as an SVG picture.
std::string PlotAsSvg(const planner::Snapshot& snapshot, const planner::Plan& plan);

}  // namespace sluice::cli
