#pragma once

#include <algorithm>
#include <string_view>

namespace sluice::satellite {

// "pkc-…" or "lkc-…": what may become a file's name.
inline bool IsDocumentId(std::string_view id, std::string_view kind) {
  if (!id.starts_with(kind) || id.size() == kind.size() || id.size() > 64) return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

inline bool IsPhysicalKey(std::string_view key) { return IsDocumentId(key, "pkc-"); }

inline bool IsLogicalKey(std::string_view key) {
  const size_t slash = key.find('/');
  return slash != std::string_view::npos && IsPhysicalKey(key.substr(0, slash)) &&
         IsDocumentId(key.substr(slash + 1), "lkc-");
}

}  // namespace sluice::satellite
