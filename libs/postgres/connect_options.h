#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::postgres {

// How to reach one database. The password comes from a file (mode 0600), never from an argument or the environment.
struct ConnectOptions {
  // A host name, an address, or the folder of a Unix socket ("/…").
  std::string host = "127.0.0.1";
  int port = 5432;
  std::string dbname;
  std::string user;
  // The file holds the password alone on its first line; empty for none (peer, trust). Read at each connect, so it can
  // be replaced while running.
  std::string password_file;
  // libpq's sslmode; "verify-full" wants root_certificate_file.
  std::string sslmode = "prefer";
  std::string root_certificate_file;
  // Shown in pg_stat_activity.
  std::string application_name = "sluice";

  absl::Duration connect_timeout = absl::Seconds(3);
  // The server ends a longer statement.
  absl::Duration statement_timeout = absl::Seconds(10);
  // The server ends a session that idles longer inside a transaction.
  absl::Duration idle_in_transaction_timeout = absl::Seconds(15);
  // False: a commit does not wait for the disk, and a crash of the server may undo the last 0.6 s of them. For work
  // that is simply done again.
  bool synchronous_commit = true;
};

// libpq's connection string, password included: never log it. FAILED_PRECONDITION with reason PASSWORD_FILE_UNREADABLE.
absl::StatusOr<std::string> ConnectionString(const ConnectOptions& options);

}  // namespace sluice::postgres
