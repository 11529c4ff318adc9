#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::pki {

inline constexpr int kSecretMode = 0600;
inline constexpr int kPublicMode = 0644;

// Replaces `path` in one step: a reader sees the old or the new text, never a part of it, also after a crash (written
// beside it with `mode` from the first byte, synced, renamed). The folder must be there.
absl::Status WritePemFile(const std::filesystem::path& path, std::string_view text, int mode);

// At most 1 MiB. NOT_FOUND; INVALID_ARGUMENT PEM_FILE_TOO_LARGE; FAILED_PRECONDITION PEM_FILE_EXPOSED when `mode` is
// kSecretMode and group or others may read it.
absl::StatusOr<std::string> ReadPemFile(const std::filesystem::path& path, int mode);

}  // namespace sluice::pki
