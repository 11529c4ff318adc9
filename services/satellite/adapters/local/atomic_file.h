#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::satellite {

// The file has the old content or the whole new one, also after a crash or a power cut: a temporary file beside it,
// fsync, rename, fsync of the folder. ResourceExhausted DISK_FULL when there is no room.
absl::Status WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode = 0644);

// NotFound when there is none. Files of ours are small: InvalidArgument over 64 MiB.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

}  // namespace sluice::satellite
