#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/satellite/core/load/cell_load.h"
#include "services/satellite/ports/cell_directory.h"
#include "sluice/satellite/v1/load.pb.h"

namespace sluice::satellite {

satellite::v1::LoadSample ToLoadSample(const Cell& cell, const CellReading& now, const CellRates& rates,
                                       absl::Time time);

// As many samples as it takes for each to stay below what a record holds; brokers are in the first.
std::vector<satellite::v1::LoadSample> InParts(const satellite::v1::LoadSample& sample, int partitions_per_part = 1500);

}  // namespace sluice::satellite
