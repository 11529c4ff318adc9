#pragma once

#include <string>

#include "libs/planner/snapshot.h"

namespace sluice::cli {

// The snapshot as a "kbal-model/1" file that ReadModelFile takes.
std::string ModelJson(const std::string& name, const planner::Snapshot& snapshot);

}  // namespace sluice::cli
