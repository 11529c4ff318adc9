#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace sluice::provisioner {

// What a caller is told of a resource that does not exist, and, word for word, of one that it may not know of.
absl::Status ResourceNotFound(std::string_view name);

}  // namespace sluice::provisioner
