#include "absl/strings/str_cat.h"
#include "services/provisioner/ports/secrets.h"

namespace sluice::provisioner {
namespace {
constexpr std::string_view kBegin = "sk_";
}  // namespace

std::string BearerOf(std::string_view api_key_uid, std::string_view secret) {
  std::string bearer(kBegin);
  bearer.append(api_key_uid).append("_").append(secret);
  return bearer;
}

std::optional<std::pair<std::string, std::string>> ParseBearer(std::string_view bearer) {
  if (!bearer.starts_with(kBegin)) return std::nullopt;
  bearer.remove_prefix(kBegin.size());
  // A uid has no '_'; a secret may.
  const size_t end = bearer.find('_');
  if (end == 0 || end == std::string_view::npos || end + 1 == bearer.size()) return std::nullopt;
  return std::pair(std::string(bearer.substr(0, end)), std::string(bearer.substr(end + 1)));
}

}  // namespace sluice::provisioner
