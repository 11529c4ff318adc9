#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::satellite {

// Replaces `path` in one step: a reader sees the old or the new bytes, also after a crash (written beside it with mode
// 0600, synced, renamed). Makes the folder when it is not there. RESOURCE_EXHAUSTED (STATE_DISK_FULL) when the disk is
// full, else INTERNAL (STATE_WRITE_FAILED).
absl::Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes);

// NOT_FOUND when there is none; INTERNAL (STATE_READ_FAILED).
absl::StatusOr<std::string> ReadWholeFile(const std::filesystem::path& path);

// That there is none is no error.
absl::Status RemoveFile(const std::filesystem::path& path);

}  // namespace sluice::satellite
