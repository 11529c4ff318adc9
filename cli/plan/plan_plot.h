#pragma once

#include <string>

#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::cli {

// The brokers before and after, a bar each for disk, network in, network out and leaders: for a terminal of 80 columns.
// Of many brokers the fullest and the emptiest.
std::string PlotForTerminal(const planner::Snapshot& snapshot, const planner::Plan& plan);

// The same for all brokers as an SVG picture: light before, dark after, red above a limit; a broker's figures show when
// the pointer is on it.
std::string PlotAsSvg(const planner::Snapshot& snapshot, const planner::Plan& plan);

}  // namespace sluice::cli
