#include "services/satellite/adapters/state/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "libs/base/error.h"

namespace sluice::satellite {
namespace {

absl::Status WriteError(const std::filesystem::path& path, int error) {
  const std::string what = "cannot write " + path.string() + ": " + std::strerror(error);
  if (error == ENOSPC || error == EDQUOT) {
    return MakeError(absl::StatusCode::kResourceExhausted, what,
                     {.reason = "STATE_DISK_FULL", .remedy = "Free space on the disk of the state folder."});
  }
  return MakeError(absl::StatusCode::kInternal, what,
                   {.reason = "STATE_WRITE_FAILED", .remedy = "Check that the state folder is there and writable."});
}

// 0 or errno.
int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return ::fdatasync(fd) == 0 ? 0 : errno;
}

}  // namespace

absl::Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return WriteError(path, error.value());
  const std::string beside = path.string() + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return WriteError(beside, errno);
  int failed = WriteAll(fd, bytes);
  if (::close(fd) != 0 && failed == 0) failed = errno;
  if (failed == 0 && ::rename(beside.c_str(), path.c_str()) != 0) failed = errno;
  if (failed == 0) return absl::OkStatus();
  ::unlink(beside.c_str());
  return WriteError(path, failed);
}

absl::StatusOr<std::string> ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    const std::string what = "cannot read " + path.string() + ": " + std::strerror(error);
    if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(what);
    return MakeError(absl::StatusCode::kInternal, what,
                     {.reason = "STATE_READ_FAILED", .remedy = "Check who owns the state folder."});
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::Status RemoveFile(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  return error ? WriteError(path, error.value()) : absl::OkStatus();
}

}  // namespace sluice::satellite
