#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::provisioner {

// A resource name taken apart (AIP-122): "organizations/acme/environments/prod" is {organizations: acme, environments:
// prod}.
class ResourcePath {
 public:
  // `pattern` lists the collections that the name must have, in order: {"organizations", "environments"}. Ids are 1–255
  // characters without '/'; whether such an id can exist is not asked, and whether it does neither. INVALID_ARGUMENT
  // RESOURCE_NAME_INVALID with `field`.
  static absl::StatusOr<ResourcePath> Parse(std::string_view name, std::initializer_list<std::string_view> pattern,
                                            std::string_view field);

  // The id under a collection; "" when the path has no such collection.
  const std::string& Id(std::string_view collection) const;
  const std::string& organization() const { return Id("organizations"); }
  const std::string& environment() const { return Id("environments"); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::vector<std::pair<std::string, std::string>> parts_;
};

}  // namespace sluice::provisioner
