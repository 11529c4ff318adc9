#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/bus/outbox/backlog.h"
#include "libs/kafka_client/connection.h"
#include "libs/postgres/connect_options.h"
#include "services/balancer-planner/app/balance_ports.h"

namespace sluice::balancer_planner {

// What the balancer-planner is told. Secrets are files, never values.
struct CommandLine {
  enum class Command { kServe, kRebuild, kChecksums, kListFailPoints };
  Command command = Command::kServe;

  std::string listen = "127.0.0.1:7444";
  std::string tls_certificate_file, tls_key_file;
  std::string provisioner, provisioner_ca_file;
  std::string database_url, database_password_file;
  std::string bus_bootstrap, bus_ca_file, bus_certificate_file, bus_key_file;
  std::string pepper_file;
  std::string metrics_listen = "127.0.0.1:0";
  // Listened to besides those of which the bus tells.
  std::vector<std::string> data_planes;
  bus::BacklogLimits outbox;
  BalanceOptions balance;

  kafka_client::ConnectionOptions Bus() const;

  // Made of database_url and database_password_file.
  postgres::ConnectOptions database;
};

// Exits the process for --help and for what cannot be read, as command-line programs do. INVALID_ARGUMENT INVALID_FIELD
// for a --database-url that is none.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, char** argv);

}  // namespace sluice::balancer_planner
