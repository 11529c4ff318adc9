#include "services/satellite/adapters/local/disk_usage.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>

namespace sluice::satellite {

int64_t BytesOnDisk(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
  if (error) return -1;
  int64_t bytes = 0;
  while (it != end) {
    struct stat file = {};
    if (lstat(it->path().c_str(), &file) == 0 && S_ISREG(file.st_mode)) bytes += int64_t{512} * file.st_blocks;
    it.increment(error);
    // A folder that was deleted while we were in it: what is left is counted next time.
    if (error) break;
  }
  return bytes;
}

int64_t BytesFree(const std::string& folder) {
  struct statvfs disk = {};
  if (statvfs(folder.c_str(), &disk) != 0) return -1;
  return static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
}

}  // namespace sluice::satellite
