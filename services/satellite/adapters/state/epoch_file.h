#pragma once

#include <cstdint>
#include <filesystem>

#include "absl/status/statusor.h"

namespace sluice::satellite {

// The satellite's epoch: one more at each start, so that a paused predecessor's word is older than its successor's. On
// disk when it returns. A folder that was lost starts below what has been said before: then `floor`, the wall clock's
// seconds, keeps it growing.
absl::StatusOr<int64_t> NextEpoch(const std::filesystem::path& path, int64_t floor);

}  // namespace sluice::satellite
