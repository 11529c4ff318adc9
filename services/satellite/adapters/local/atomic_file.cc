#include "services/satellite/adapters/local/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::satellite {
namespace {

constexpr off_t kLargest = 64 << 20;

absl::Status Failed(const char* what, const std::string& path, int error) {
  const std::string message = absl::StrCat(what, " ", path, ": ", strerror(error));
  if (error == ENOSPC || error == EDQUOT) {
    return MakeError(absl::StatusCode::kResourceExhausted, message,
                     {.reason = "DISK_FULL", .remedy = "Free space on the disk that holds the state folder."});
  }
  return absl::InternalError(message);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status WriteAndSync(const std::string& path, std::string_view content, mode_t mode) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (file.get() < 0) return Failed("cannot create", path, errno);
  if (fchmod(file.get(), mode) != 0) return Failed("cannot set the mode of", path, errno);
  while (!content.empty()) {
    const ssize_t n = write(file.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("cannot write", path, errno);
    content.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(file.get()) != 0) return Failed("cannot sync", path, errno);
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode) {
  // One writer of a file at a time is the rule, yet two processes may make the same cache entry, and two looks at a
  // node may meet: the name has the thread's id, which nobody else on the machine has now.
  const std::string temporary = absl::StrCat(path, ".", gettid(), ".new");
  if (absl::Status written = WriteAndSync(temporary, content, mode); !written.ok()) {
    unlink(temporary.c_str());
    return written;
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) return Failed("cannot rename to", path, errno);
  const std::string folder = std::filesystem::path(path).parent_path();
  const Descriptor parent(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() < 0 || fsync(parent.get()) != 0) return Failed("cannot sync", folder, errno);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat(path, " does not exist"));
    return Failed("cannot open", path, errno);
  }
  std::string content;
  char buffer[16384];
  while (true) {
    const ssize_t n = read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("cannot read", path, errno);
    if (n == 0) return content;
    content.append(buffer, static_cast<size_t>(n));
    if (static_cast<off_t>(content.size()) > kLargest) return absl::InvalidArgumentError(path + " is too large");
  }
}

}  // namespace sluice::satellite
