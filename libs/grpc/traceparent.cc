#include "libs/grpc/traceparent.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/strings.h"

namespace sluice::rpc {
namespace {

constexpr std::size_t kLength = 55;

bool IsLowerHex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }
bool IsZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

bool IsWellFormed(std::string_view text) {
  return text.size() == kLength && text.substr(0, 3) == "00-" && text[35] == '-' && text[52] == '-' &&
         IsLowerHex(text.substr(3, 32)) && !IsZero(text.substr(3, 32)) && IsLowerHex(text.substr(36, 16)) &&
         !IsZero(text.substr(36, 16)) && IsLowerHex(text.substr(53, 2));
}

std::uint64_t NonZero(clock::Random& random) {
  const std::uint64_t value = random.Next();
  return value == 0 ? 1 : value;
}

}  // namespace

std::string ContinueTrace(std::string_view incoming, clock::Random& random) {
  const std::string span = absl::StrFormat("%016x", NonZero(random));
  if (IsWellFormed(incoming)) {
    return absl::StrCat(Absl(incoming.substr(0, 36)), span, Absl(incoming.substr(52)));
  }
  return absl::StrFormat("00-%016x%016x-%s-01", NonZero(random), random.Next(), span);
}

std::string_view TraceIdOf(std::string_view traceparent) {
  return IsWellFormed(traceparent) ? traceparent.substr(3, 32) : std::string_view();
}

}  // namespace sluice::rpc
