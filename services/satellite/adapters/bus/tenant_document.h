#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "services/satellite/core/tenancy/tenant_wish.h"
#include "services/satellite/ports/wish_handler.h"

namespace sluice::satellite {

// A logical cluster's desired document as tenancy uses it.
struct TenantDocument {
  std::string key;               // pkc-…/lkc-…
  std::string physical_cluster;  // pkc-…
  int64_t generation = 0;
  TenantWish wish;
  std::map<std::string, std::string> sealed_credentials;  // by user name
  std::string traceparent;
};

// `wish` is of a logical cluster, as the intake has checked.
TenantDocument ToTenantDocument(const AcceptedWish& wish);

}  // namespace sluice::satellite
