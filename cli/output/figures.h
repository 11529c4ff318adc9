#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::cli {

// "5 MiB", "1.5 GiB", "300 B": at most one digit after the point. Round decimal figures in decimal units: "5 MB".
std::string BytesForPeople(std::int64_t bytes);
// "12 s", "3 min", "5 h", "8 d": the largest unit that is at least 1, cut off.
std::string DurationForPeople(absl::Duration duration);
// "3 min ago"; "in 7 d" when it lies ahead; empty for a time that is not set (the epoch).
std::string TimeForPeople(absl::Time time, absl::Time now);

// A number with k, M, G (1000) or Ki, Mi, Gi (1024), an optional B and an optional /s: "5MiB/s", "250k", "1048576".
// FIGURE_INVALID with `field` otherwise.
absl::StatusOr<std::int64_t> ParseBytes(std::string_view text, std::string_view field);
// "90s", "10m", "12h", "30d", "1h30m", or seconds alone. Above zero. FIGURE_INVALID with `field` otherwise.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text, std::string_view field);

}  // namespace sluice::cli
