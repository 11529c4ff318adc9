#pragma once

#include <string>

#include "absl/time/time.h"

namespace sluice::provisioner {

// Who asks, already authenticated and allowed to (core/access), and what the request carried. Every use case takes one.
struct Caller {
  // "apiKeys/ak-…"; "system" for what the provisioner does by itself.
  std::string principal;
  // The organization (id) that the caller belongs to. Names below another organization never reach a use case, but for
  // PLATFORM_ADMIN.
  std::string organization;
  // UUID4 in lower case, or empty. With it, payload_hash: SHA-256 over the deterministic bytes of the request with its
  // request_id cleared, prefixed by the method's name.
  std::string request_id;
  std::string payload_hash;
  // W3C Trace Context, or empty.
  std::string traceparent;
  // For the audit event: the caller's address.
  std::string peer;
  // Nothing is waited for beyond this.
  absl::Time deadline = absl::InfiniteFuture();
  bool validate_only = false;
};

}  // namespace sluice::provisioner
