#include "services/provisioner/core/access/not_found.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::provisioner {

absl::Status ResourceNotFound(std::string_view name) {
  return MakeError(absl::StatusCode::kNotFound, absl::StrCat(Absl(name), " does not exist"),
                   {.reason = "RESOURCE_NOT_FOUND",
                    .remedy = "check the name and the organization of your key",
                    .metadata = {{"resource", std::string(name)}}});
}

}  // namespace sluice::provisioner
