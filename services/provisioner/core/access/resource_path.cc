#include "services/provisioner/core/access/resource_path.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::provisioner {
namespace {

constexpr std::size_t kMaxId = 255;

absl::Status Invalid(std::initializer_list<std::string_view> pattern, std::string_view field) {
  std::string expected;
  for (std::string_view collection : pattern) {
    absl::StrAppend(&expected, expected.empty() ? "" : "/", Absl(collection), "/…");
  }
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat(Absl(field), " is not a name of the form ", expected),
                   {.reason = "RESOURCE_NAME_INVALID",
                    .field = std::string(field),
                    .remedy = absl::StrCat("give a name such as ", expected)});
}

}  // namespace

absl::StatusOr<ResourcePath> ResourcePath::Parse(std::string_view name, std::initializer_list<std::string_view> pattern,
                                                 std::string_view field) {
  ResourcePath path;
  path.name_ = std::string(name);
  const std::vector<std::string> words = absl::StrSplit(Absl(name), '/');
  if (words.size() != pattern.size() * 2) return Invalid(pattern, field);
  std::size_t i = 0;
  for (std::string_view collection : pattern) {
    if (words[i] != collection || words[i + 1].empty() || words[i + 1].size() > kMaxId) return Invalid(pattern, field);
    path.parts_.emplace_back(words[i], words[i + 1]);
    i += 2;
  }
  return path;
}

const std::string& ResourcePath::Id(std::string_view collection) const {
  static const std::string& none = *new std::string();
  auto it = std::find_if(parts_.begin(), parts_.end(), [&](const auto& part) { return part.first == collection; });
  return it == parts_.end() ? none : it->second;
}

}  // namespace sluice::provisioner
