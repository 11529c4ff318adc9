#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::cli {

enum class FileMode {
  // 0600: it holds or leads to a secret.
  kOwnerOnly,
  // 0644
  kReadable,
};

// The whole file, nothing when it is not there; FILE_UNREADABLE when it is and cannot be read.
absl::StatusOr<std::optional<std::string>> ReadFileIfThere(const std::filesystem::path& path);

// The whole file; FILE_MISSING or FILE_UNREADABLE. `purpose` names it for people ("the context's key file").
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, std::string_view purpose);

// Makes the folder, writes beside `path` and renames: a reader sees the old or the new, never half. FILE_UNWRITABLE.
absl::Status WriteFileInOneStep(const std::filesystem::path& path, std::string_view text, FileMode mode);

}  // namespace sluice::cli
