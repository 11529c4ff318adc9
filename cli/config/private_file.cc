#include "cli/config/private_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

absl::Status Unwritable(const std::filesystem::path& path, const std::string& why) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "cannot write " + path.string() + ": " + why,
                   {.reason = "FILE_UNWRITABLE", .remedy = "Check the folder's owner, rights and free space."});
}

absl::Status WriteAll(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::InternalError(std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadFileIfThere(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  // A folder opens, and only reading it fails.
  if (!in || std::filesystem::is_directory(path, error) || !(text << in.rdbuf(), in)) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "cannot read " + path.string(),
                     {.reason = "FILE_UNREADABLE", .remedy = "Check that it is a file and that you may read it."});
  }
  return text.str();
}

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, std::string_view purpose) {
  ASSIGN_OR_RETURN(std::optional<std::string> text, ReadFileIfThere(path));
  if (!text) {
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     std::string(purpose) + ", " + path.string() + ", is missing",
                     {.reason = "FILE_MISSING", .remedy = "See 'sluice context show' for where files are expected."});
  }
  return *std::move(text);
}

absl::Status WriteFileInOneStep(const std::filesystem::path& path, std::string_view text, FileMode mode) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return Unwritable(path, error.message());
  // The process id: two commands at the same time do not write into each other's file.
  const std::filesystem::path beside = path.string() + ".new-" + std::to_string(getpid());
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                        mode == FileMode::kOwnerOnly ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  if (file < 0) return Unwritable(path, std::strerror(errno));
  absl::Status written = WriteAll(file, text);
  if (close(file) != 0 && written.ok()) written = absl::InternalError(std::strerror(errno));
  if (written.ok() && rename(beside.c_str(), path.c_str()) != 0) written = absl::InternalError(std::strerror(errno));
  if (written.ok()) return written;
  unlink(beside.c_str());
  return Unwritable(path, std::string(written.message()));
}

}  // namespace sluice::cli
