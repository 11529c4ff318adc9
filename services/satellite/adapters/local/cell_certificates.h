#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/kafka_admin/security.h"
#include "libs/pki/authority.h"

namespace sluice::satellite {

// The data plane's own authority and what it signs: nodes, and the satellite as their admin. In one folder: ca.pem and
// ca.key, satellite.pem and satellite.key. Thread-safe.
class CellCertificates {
 public:
  // Makes the authority when the folder is new.
  static absl::StatusOr<std::unique_ptr<CellCertificates>> Open(std::string folder, absl::Duration node_lifetime,
                                                                const clock::Clock& clock);

  // Key and certificate of a node in one PEM file (0600), for localhost and 127.0.0.1. Makes it when there is none,
  // when it cannot be read, or when it runs out within `ahead`. Gives the certificate's SHA-256 as it is on disk.
  absl::StatusOr<std::string> EnsureKeystore(const std::string& file, const std::string& common_name,
                                             absl::Duration ahead);
  // The satellite's own; made anew when it runs out within `ahead`. Connections read the files when they are made.
  absl::Status EnsureAdmin(absl::Duration ahead);

  kafka_admin::TlsOptions AdminTls() const;
  std::string ca_file() const { return folder_ + "/ca.pem"; }
  const std::string& ca_pem() const { return authority_.certificate_pem(); }
  absl::Duration node_lifetime() const { return node_lifetime_; }

 private:
  CellCertificates(std::string folder, absl::Duration node_lifetime, const clock::Clock& clock,
                   pki::Authority authority)
      : folder_(std::move(folder)), node_lifetime_(node_lifetime), clock_(clock), authority_(std::move(authority)) {}

  const std::string folder_;
  const absl::Duration node_lifetime_;
  const clock::Clock& clock_;
  const pki::Authority authority_;
  std::mutex admin_mutex_;
};

}  // namespace sluice::satellite
