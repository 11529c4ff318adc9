#include "libs/grpc/request/update_mask.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::rpc {
namespace {

bool Matches(std::string_view path, std::string_view allowed) {
  if (!absl::EndsWith(Absl(allowed), ".*")) return path == allowed;
  const std::string_view stem = allowed.substr(0, allowed.size() - 1);
  return path.size() > stem.size() && path.substr(0, stem.size()) == stem;
}

}  // namespace

absl::StatusOr<std::set<std::string>> CheckUpdateMask(const google::protobuf::FieldMask& mask,
                                                      std::initializer_list<std::string_view> allowed) {
  std::set<std::string> names;
  for (std::string_view path : allowed) {
    if (!absl::EndsWith(Absl(path), ".*")) names.insert(std::string(path));
  }
  const std::string remedy = absl::StrCat("name some of ", absl::StrJoin(names, ", "), ", or \"*\" for all");
  if (mask.paths_size() == 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, "update_mask is empty",
                     {.reason = "UPDATE_MASK_REQUIRED", .field = "update_mask", .remedy = remedy});
  }
  std::set<std::string> paths;
  for (const std::string& path : mask.paths()) {
    if (path == "*") {
      paths.insert(names.begin(), names.end());
    } else if (std::any_of(allowed.begin(), allowed.end(), [&](auto one) { return Matches(path, one); })) {
      paths.insert(path);
    } else {
      return MakeError(
          absl::StatusCode::kInvalidArgument, absl::StrCat("\"", path, "\" cannot be updated"),
          {.reason = "UPDATE_MASK_INVALID", .field = "update_mask", .remedy = remedy, .metadata = {{"path", path}}});
    }
  }
  return paths;
}

}  // namespace sluice::rpc
