#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::cli {

// A whole file's text, decompressed when it is gzipped. At most 4 GiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// Writes `text` to a new file and puts it in the place of `path` in one step; gzipped when the name ends with .gz. "-"
// is standard output.
absl::Status WriteTextFile(const std::string& path, std::string_view text);

}  // namespace sluice::cli
