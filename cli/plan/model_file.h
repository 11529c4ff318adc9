#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "libs/planner/snapshot.h"

namespace sluice::cli {

// A cluster model as a file names it.
struct Model {
  std::string name;
  planner::Snapshot snapshot;
};

// Reads a "kbal-model/1" file, plain or gzipped (docs/planner.md has its form).
// NOT_FOUND: no such file. INVALID_ARGUMENT: not such a model; the error names the field or the partition.
absl::StatusOr<Model> ReadModelFile(const std::string& path);

}  // namespace sluice::cli
