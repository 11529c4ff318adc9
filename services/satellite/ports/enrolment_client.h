#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace sluice::satellite {

// What the control plane gives a satellite that it knows.
struct EnrolmentGrant {
  std::string data_plane;  // "local", without "dataPlanes/"
  std::string certificate_pem;
  std::string ca_certificate_pem;
  std::string bus_bootstrap_servers;
};

struct EnrolmentRequest {
  std::string token;
  std::string certificate_request_pem;
  std::string sealing_public_key;
};

struct RenewalRequest {
  std::string data_plane;
  std::string current_certificate_pem;
  std::string certificate_request_pem;
  std::string sealing_public_key;
  std::string signature;
};

// The control plane's API as a satellite uses it. Errors are the API's, with its reasons.
class EnrolmentClient {
 public:
  virtual ~EnrolmentClient() = default;
  virtual absl::StatusOr<EnrolmentGrant> Enrol(const EnrolmentRequest& request) = 0;
  virtual absl::StatusOr<EnrolmentGrant> Renew(const RenewalRequest& request) = 0;
};

}  // namespace sluice::satellite
