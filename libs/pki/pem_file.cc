#include "libs/pki/pem_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::pki {
namespace {

constexpr off_t kMaxBytes = 1 << 20;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

absl::Status Failed(std::string_view what, const std::filesystem::path& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(std::string(what), " ", path.string()));
}

absl::Status WriteAll(int fd, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : Failed("sync", path);
}

absl::Status SyncFolder(const std::filesystem::path& folder) {
  File opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.fd() < 0 || fsync(opened.fd()) != 0) return Failed("sync", folder);
  return absl::OkStatus();
}

}  // namespace

absl::Status WritePemFile(const std::filesystem::path& path, std::string_view text, int mode) {
  std::string fresh = absl::StrCat(path.string(), ".XXXXXX");
  File file(mkostemp(fresh.data(), O_CLOEXEC));  // 0600 until it is whole
  if (file.fd() < 0) return Failed("create", fresh);
  absl::Status status = WriteAll(file.fd(), text, fresh);
  if (status.ok() && fchmod(file.fd(), static_cast<mode_t>(mode)) != 0) status = Failed("chmod", fresh);
  if (status.ok() && rename(fresh.c_str(), path.c_str()) != 0) status = Failed("rename to", path);
  if (!status.ok()) {
    unlink(fresh.c_str());
    return status;
  }
  return SyncFolder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

absl::StatusOr<std::string> ReadPemFile(const std::filesystem::path& path, int mode) {
  File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) return Failed("open", path);
  struct stat facts {};
  if (fstat(file.fd(), &facts) != 0) return Failed("stat", path);
  if (facts.st_size > kMaxBytes) {
    return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(path.string(), " has more than 1 MiB"),
                     {.reason = "PEM_FILE_TOO_LARGE", .remedy = "Name a PEM file."});
  }
  if (mode == kSecretMode && (facts.st_mode & 077) != 0) {
    return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat(path.string(), " can be read by others"),
                     {.reason = "PEM_FILE_EXPOSED",
                      .remedy = "Take the rights of group and others away (chmod 600), and replace the secret."});
  }
  std::string text(static_cast<size_t>(facts.st_size), '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = read(file.fd(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", path);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  text.resize(filled);
  return text;
}

}  // namespace sluice::pki
