#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace sluice {

// Debian's abseil carries a string_view of its own, which StrCat, Status and flat_hash_map want where our
// headers have std::string_view. This is the one bridge.
inline absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace sluice
