#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace sluice::provisioner {

// Who did, or was refused, what.
struct AuditEntry {
  std::string principal;     // "apiKeys/ak-…", "system", "dataPlanes/{id}"; empty: nobody known
  std::string organization;  // id; empty: none known
  std::string method;        // "CreateKafkaCluster"
  std::string target;        // resource name
  bool allowed = true;
  std::string reason;  // of a refusal: PERMISSION_DENIED, KEY_INVALID, …
  std::string peer;
  std::string request_id;
  std::string traceparent;
  absl::Time time;
  // Refusals that are alike are told together: how many, and when the first was (time: the last).
  int64_t count = 1;
  absl::Time first_time;

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

}  // namespace sluice::provisioner
