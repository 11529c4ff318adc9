#include "services/provisioner/adapters/grpc/handlers/pages.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"

namespace sluice::provisioner {

PageBinding::PageBinding(const rpc::TokenSealer& sealer, std::initializer_list<std::string_view> parts)
    : sealer_(sealer) {
  // Lengths, so that no two lists of parts run together into the same text.
  for (std::string_view part : parts) absl::StrAppend(&binding_, part.size(), ":", Absl(part));
}

absl::StatusOr<PageRequest> PageBinding::Open(int32_t page_size, const std::string& token) const {
  if (page_size < 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, "page_size is negative",
                     {.reason = "INVALID_FIELD", .field = "page_size", .remedy = "give 1 to 1000, or 0 for 100"});
  }
  PageRequest page{.page_size = page_size > 1000 ? 1000 : page_size};
  ASSIGN_OR_RETURN(const std::string position, rpc::OpenPageToken(sealer_, binding_, token));
  const std::size_t cut = position.rfind('\0');
  if (cut != std::string::npos) {
    page.position = {.after_order = position.substr(0, cut), .after_uid = position.substr(cut + 1)};
  }
  return page;
}

std::string PageBinding::Seal(const std::optional<PagePosition>& next) const {
  if (!next) return "";
  std::string position = next->after_order;
  position.push_back('\0');
  return sealer_.Seal(binding_, position + next->after_uid);
}

}  // namespace sluice::provisioner
