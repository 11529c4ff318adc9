#include "cli/output/figures.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::cli {
namespace {

absl::Status Invalid(std::string_view text, std::string_view field, std::string_view example) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("'", Absl(text), "' is no figure that ", Absl(field), " takes"),
                   {.reason = "FIGURE_INVALID", .field = std::string(field), .remedy = std::string(example)});
}

// 0 when it is no unit.
double Multiplier(absl::string_view unit) {
  struct Unit {
    const char* name;
    double bytes;
  };
  static constexpr Unit kUnits[] = {
      {"", 1},     {"k", 1e3},     {"K", 1e3},        {"M", 1e6},           {"G", 1e9},
      {"T", 1e12}, {"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0}};
  for (const Unit& known : kUnits) {
    if (unit == known.name) return known.bytes;
  }
  return 0;
}

}  // namespace

std::string BytesForPeople(std::int64_t bytes) {
  static constexpr const char* kBinary[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  static constexpr const char* kDecimal[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  // As whoever set it thought of it: 5,000,000 is 5 MB and not 4.7 MiB.
  const bool decimal = bytes % 1000 == 0 && bytes % 1024 != 0;
  const auto& units = decimal ? kDecimal : kBinary;
  const double step = decimal ? 1000 : 1024;
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= step && unit + 1 < std::size(units)) {
    value /= step;
    ++unit;
  }
  const bool whole = unit == 0 || std::floor(value * 10) == std::floor(value) * 10;
  return whole ? absl::StrFormat("%.0f %s", std::floor(value), units[unit])
               : absl::StrFormat("%.1f %s", std::floor(value * 10) / 10, units[unit]);
}

std::string DurationForPeople(absl::Duration duration) {
  if (duration < absl::Minutes(1)) return absl::StrCat(absl::ToInt64Seconds(duration), " s");
  if (duration < absl::Hours(1)) return absl::StrCat(absl::ToInt64Minutes(duration), " min");
  if (duration < absl::Hours(48)) return absl::StrCat(absl::ToInt64Hours(duration), " h");
  return absl::StrCat(absl::ToInt64Hours(duration) / 24, " d");
}

std::string TimeForPeople(absl::Time time, absl::Time now) {
  if (time == absl::UnixEpoch()) return "";
  if (time > now + absl::Seconds(1)) return "in " + DurationForPeople(time - now);
  return DurationForPeople(std::max(absl::ZeroDuration(), now - time)) + " ago";
}

absl::StatusOr<std::int64_t> ParseBytes(std::string_view text, std::string_view field) {
  const absl::Status invalid = Invalid(text, field, "Write it like 5MiB, 250k or 1048576.");
  absl::string_view rest = absl::StripAsciiWhitespace(Absl(text));
  rest = absl::StripSuffix(rest, "/s");
  rest = absl::StripSuffix(rest, "B");
  const std::size_t digits = rest.find_first_not_of("0123456789.");
  const absl::string_view number = rest.substr(0, digits);
  const absl::string_view unit =
      digits == absl::string_view::npos ? "" : absl::StripAsciiWhitespace(rest.substr(digits));
  double value = 0;
  if (number.empty() || !absl::SimpleAtod(number, &value)) return invalid;
  const double bytes = value * Multiplier(unit);
  // Multiplier 0 turns an unknown unit into 0 where the number was none.
  if ((bytes == 0 && value != 0) || Multiplier(unit) == 0 || bytes >= 9e18) return invalid;
  return static_cast<std::int64_t>(std::llround(bytes));
}

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text, std::string_view field) {
  const absl::Status invalid = Invalid(text, field, "Write it like 90s, 10m, 12h or 30d.");
  const absl::string_view clean = absl::StripAsciiWhitespace(Absl(text));
  std::int64_t number = 0;
  absl::Duration duration;
  if (absl::SimpleAtoi(clean, &number)) {
    duration = absl::Seconds(number);
  } else if (absl::EndsWith(clean, "d") && absl::SimpleAtoi(absl::StripSuffix(clean, "d"), &number)) {
    duration = absl::Hours(24) * number;
  } else if (!absl::ParseDuration(std::string(clean), &duration)) {
    return invalid;
  }
  if (duration <= absl::ZeroDuration() || duration > absl::Hours(24 * 36500)) return invalid;
  return duration;
}

}  // namespace sluice::cli
