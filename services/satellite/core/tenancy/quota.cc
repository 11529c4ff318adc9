#include "services/satellite/core/tenancy/quota.h"

#include <algorithm>

namespace sluice::satellite {

std::map<std::string, double> WantedQuotas(const TenantLimits& limits, int brokers) {
  std::map<std::string, double> quotas;
  const int64_t shares = std::max(1, brokers);
  // A quota below one byte a second would stop the tenant for good.
  const auto share = [&](int64_t limit) { return static_cast<double>(std::max<int64_t>(1, limit / shares)); };
  if (limits.ingress_bytes_per_second > 0) quotas["producer_byte_rate"] = share(limits.ingress_bytes_per_second);
  if (limits.egress_bytes_per_second > 0) quotas["consumer_byte_rate"] = share(limits.egress_bytes_per_second);
  if (limits.request_percent > 0) quotas["request_percentage"] = limits.request_percent;
  if (limits.controller_mutations_per_second > 0) {
    quotas["controller_mutation_rate"] = limits.controller_mutations_per_second;
  }
  return quotas;
}

}  // namespace sluice::satellite
