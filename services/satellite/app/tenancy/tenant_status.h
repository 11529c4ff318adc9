#pragma once

#include <map>
#include <string>

#include "services/satellite/adapters/bus/tenant_document.h"
#include "services/satellite/core/tenancy/tenant_verdict.h"
#include "sluice/satellite/v1/status.pb.h"

namespace sluice::satellite {

// What a status of a logical cluster is made of.
struct TenantReport {
  const TenantDocument& document;
  const TenantSeen& seen;
  const WishJournal& journal;
  const TenantVerdict& verdict;
  const std::map<std::string, KeyReadiness>& keys;  // by uid
  bool creation_withdrawn = false;
};

// At most 256 KiB encoded: beyond that the topics lose first their configs and then, by name from the end, themselves;
// topic_count stays right.
satellite::v1::StatusDocument ToStatusDocument(const TenantReport& report);

}  // namespace sluice::satellite
