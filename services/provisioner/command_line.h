#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/inbox/inbox_consumer.h"
#include "libs/bus/outbox/backlog.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/kafka_client/connection.h"
#include "libs/postgres/connect_options.h"
#include "services/provisioner/adapters/grpc/gate/gate_limits.h"

namespace sluice::provisioner {

// What the provisioner is told. Secrets are files, never values.
struct CommandLine {
  enum class Command { kServe, kBootstrapAdmin, kRebuild, kChecksums, kReplayParked, kListFailPoints };
  Command command = Command::kServe;

  std::string listen = "127.0.0.1:7443";
  std::string tls_certificate_file, tls_key_file, tls_ca_file;
  std::string authority_certificate_file, authority_key_file;
  std::string database_url, database_password_file;
  std::string bus_bootstrap, bus_ca_file, bus_certificate_file, bus_key_file;
  std::string pepper_file;
  std::string metrics_listen = "127.0.0.1:0";
  // What may wait to be published before mutations are refused (BUS_BACKLOG).
  bus::BacklogLimits outbox;
  // Waits between the tries of a status that cannot be applied; after the last its key is parked.
  std::vector<absl::Duration> retry_waits = bus::InboxOptions{}.retry_waits;
  absl::Duration satellite_certificate_lifetime = absl::Hours(24);
  // From the delete of a Kafka cluster to its purge.
  absl::Duration undelete_window = absl::Hours(24 * 7);
  GateLimits rate_limits;
  // Of each event partition's past, kept in memory from the start for watches that resume.
  int64_t watch_backlog_events = 5'000;

  // bootstrap-admin
  std::string key_file;
  bool rotate = false;
  // replay-parked; empty: all.
  std::string parked_key;

  postgres::ConnectOptions Database() const { return database; }
  kafka_client::ConnectionOptions Bus() const;
  kafka_admin::AdminClientOptions BusAdmin() const;

  // Made of database_url and database_password_file.
  postgres::ConnectOptions database;
};

// Exits the process for --help and for what cannot be read, as command-line programs do. INVALID_ARGUMENT INVALID_FIELD
// for a --database-url or --bus-bootstrap that is none.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, char** argv);

// postgresql://user@host:port/dbname; a host that begins with %2F is a socket's folder.
absl::StatusOr<postgres::ConnectOptions> DatabaseOf(const std::string& url, const std::string& password_file);

}  // namespace sluice::provisioner
