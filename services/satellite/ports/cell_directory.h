#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libs/kafka_admin/cluster.h"
#include "libs/kafka_admin/security.h"

namespace sluice::satellite {

// One broker that belongs to a physical cluster, running or not.
struct CellBroker {
  int32_t id = 0;
  kafka_admin::BrokerAddress client;    // tenants' listener: SASL_SSL, SCRAM-SHA-512
  kafka_admin::BrokerAddress internal;  // SSL with client certificates, for the satellite's own admin
  kafka_admin::BrokerAddress metrics;   // plain HTTP on loopback: the JMX Prometheus agent's /metrics
  bool live = false;                    // registered and not fenced: it serves tenants now

  friend bool operator==(const CellBroker&, const CellBroker&) = default;
};

// What tenancy and load need to know of a physical cluster.
struct Cell {
  std::string physical_cluster;  // pkc-…
  // All that belong to it, by id; the number of them divides the tenants' quotas.
  std::vector<CellBroker> brokers;
  // The satellite's own identity on the cell (CN=sluice-satellite).
  kafka_admin::TlsOptions admin_tls;
  // The CA of the client listener's certificates, a PEM file.
  std::string client_ca_file;
  // For tenants' topics that name none.
  int32_t replication_factor = 3;
  // The disk that the spec gives each broker.
  int64_t broker_disk_bytes = 0;
  // What each broker's link carries in each direction; 0: not limited.
  int64_t broker_network_bytes_per_second = 0;
  // Several tenants share it: a logical cluster without a prefix is refused here.
  bool shared = false;
  // Being taken down with everything on it: what tenants left goes with it.
  bool deleting = false;
};

// Which physical clusters this satellite runs, and where. The physical side puts and removes, tenancy and load read.
// Thread-safe.
class CellDirectory {
 public:
  // Called after each change with the cluster's id, on the thread that made the change: do little in it.
  using Listener = std::function<void(const std::string& physical_cluster)>;

  void Subscribe(Listener listener);
  void Put(Cell cell);
  void Remove(const std::string& physical_cluster);

  std::optional<Cell> Find(const std::string& physical_cluster) const;
  std::vector<Cell> All() const;

 private:
  void Tell(const std::string& physical_cluster);

  mutable std::mutex mutex_;
  std::map<std::string, Cell> cells_;
  std::vector<Listener> listeners_;
};

}  // namespace sluice::satellite
