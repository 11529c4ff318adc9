#include "services/satellite/adapters/state/epoch_file.h"

#include <charconv>
#include <string>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/satellite/adapters/state/atomic_file.h"

namespace sluice::satellite {

absl::StatusOr<int64_t> NextEpoch(const std::filesystem::path& path, int64_t floor) {
  const absl::StatusOr<std::string> text = ReadWholeFile(path);
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  int64_t epoch = floor;
  if (text.ok()) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), epoch);
    if (error != std::errc() || epoch < 0) {
      return MakeError(absl::StatusCode::kInternal, path.string() + " holds no number",
                       {.reason = "STATE_READ_FAILED", .remedy = "Remove the file; the epoch then follows the clock."});
    }
    ++epoch;
  }
  RETURN_IF_ERROR(WriteFileAtomically(path, std::to_string(epoch) + "\n"));
  return epoch;
}

}  // namespace sluice::satellite
