#pragma once

#include <cstddef>

#include "services/provisioner/core/access/token_bucket.h"

namespace sluice::provisioner {

// How often who may call. Per process: behind a balancer over N replicas an organization has N times as much.
struct GateLimits {
  // Calls of one organization.
  BucketLimits tenant = {.per_second = 500, .burst = 1000};
  // Failed attempts from one address, and with one key's public part.
  BucketLimits failures_of_peer = {.per_second = 20, .burst = 40};
  BucketLimits failures_of_key = {.per_second = 5, .burst = 10};
  // Addresses, keys and organizations that are remembered.
  std::size_t names = 10'000;
};

}  // namespace sluice::provisioner
