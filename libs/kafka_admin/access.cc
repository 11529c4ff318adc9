#include "libs/kafka_admin/access.h"

#include "libs/kafka_admin/wire/error_code.h"

namespace sluice::kafka_admin {

absl::Status CheckAclBinding(const AclBinding& binding) {
  bool single = binding.resource_type > AclResourceType::kAny && binding.operation > AclOperation::kAny &&
                binding.permission > AclPermission::kAny && binding.pattern_type >= AclPatternType::kLiteral;
  if (!single) {
    return KafkaStatus(kInvalidRequest, "an ACL must name one resource type, pattern, operation and permission");
  }
  if (binding.resource_name.empty()) return KafkaStatus(kInvalidRequest, "an ACL must name a resource");
  size_t colon = binding.principal.find(':');
  if (colon == std::string::npos || colon == 0 || binding.host.empty()) {
    return KafkaStatus(kInvalidRequest, "an ACL must name a principal as type:name, and a host or *");
  }
  return absl::OkStatus();
}

}  // namespace sluice::kafka_admin
