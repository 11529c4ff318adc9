#include "services/satellite/adapters/state/file_desired_store.h"

#include <system_error>

#include "libs/base/error.h"
#include "libs/log/log.h"
#include "services/satellite/adapters/state/atomic_file.h"

namespace sluice::satellite {
namespace {

constexpr char kEnding[] = ".pb";

}  // namespace

absl::StatusOr<std::vector<AcceptedWish>> FileDesiredStore::LoadAll() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  std::vector<AcceptedWish> wishes;
  for (auto entry = std::filesystem::recursive_directory_iterator(folder_, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    if (!entry->is_regular_file() || entry->path().extension() != kEnding) continue;
    const auto bytes = ReadWholeFile(entry->path());
    if (!bytes.ok()) return bytes.status();
    AcceptedWish wish;
    if (wish.document.ParseFromString(*bytes)) {
      wishes.push_back(std::move(wish));
    } else {
      log::Error("a stored document does not decode", {{"file", entry->path().string()}});
    }
  }
  if (error) {
    return MakeError(absl::StatusCode::kInternal, "cannot list " + folder_.string() + ": " + error.message(),
                     {.reason = "STATE_READ_FAILED", .remedy = "Check who owns the state folder."});
  }
  return wishes;
}

absl::Status FileDesiredStore::Save(const AcceptedWish& wish) {
  return WriteFileAtomically(folder_ / (wish.document.key() + kEnding), wish.document.SerializeAsString());
}

absl::Status FileDesiredStore::Remove(const std::string& key) { return RemoveFile(folder_ / (key + kEnding)); }

}  // namespace sluice::satellite
