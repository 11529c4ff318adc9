#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_admin/admin_client.h"
#include "libs/kafka_admin/cluster.h"
#include "libs/kafka_admin/security.h"
#include "libs/operator/snapshot.h"

namespace sluice::satellite {

// A physical cluster as Kafka itself tells it, on its INTERNAL listeners. One per cluster; used by one thread.
class KafkaProbe {
 public:
  virtual ~KafkaProbe() = default;

  // OK once broker `node_id` answers a real call on `internal` that lists it, unfenced, and `client` takes connections.
  // Unavailable otherwise, saying what is missing.
  virtual absl::Status BrokerReady(int32_t node_id, const kafka_admin::BrokerAddress& internal,
                                   const kafka_admin::BrokerAddress& client, absl::Duration timeout) = 0;
  // OK once the controller takes connections.
  virtual absl::Status ControllerReady(const kafka_admin::BrokerAddress& controller, absl::Duration timeout) = 0;

  // Everything but the load and `sampled_at`, which the caller knows. What cannot be learnt stays unset; an error when
  // nobody answers at all.
  virtual absl::StatusOr<op::KafkaHealth> Health(absl::Duration timeout) = 0;

  // All that is set cluster-wide.
  virtual absl::StatusOr<op::DynamicConfigs> ClusterConfigs(absl::Duration timeout) = 0;
  // Sets `wanted` cluster-wide and removes every other cluster-wide setting.
  virtual absl::Status ApplyClusterConfigs(const op::DynamicConfigs& wanted, absl::Duration timeout) = 0;
  // The broker takes up its renewed keystore while it runs.
  virtual absl::Status ReloadCertificates(int32_t node_id, const std::string& keystore_file,
                                          absl::Duration timeout) = 0;

  // For what changes replicas and leaders; lives as long as the probe.
  virtual kafka_admin::AdminClient& Admin() = 0;
};

struct ProbeTarget {
  // INTERNAL listeners of all brokers.
  std::vector<kafka_admin::BrokerAddress> bootstrap;
  kafka_admin::TlsOptions tls;
};

class KafkaProbeFactory {
 public:
  virtual ~KafkaProbeFactory() = default;
  // Dials nobody yet.
  virtual absl::StatusOr<std::unique_ptr<KafkaProbe>> Open(ProbeTarget target) = 0;
};

}  // namespace sluice::satellite
