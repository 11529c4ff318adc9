#include "libs/postgres/connect_options.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::postgres {
namespace {

void Append(std::string& out, std::string_view key, std::string_view value) {
  if (!out.empty()) out += ' ';
  out += key;
  out += "='";
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}

}  // namespace

absl::StatusOr<std::string> ConnectionString(const ConnectOptions& options) {
  std::string out;
  Append(out, "host", options.host);
  Append(out, "port", std::to_string(options.port));
  Append(out, "dbname", options.dbname);
  if (!options.user.empty()) Append(out, "user", options.user);
  if (!options.password_file.empty()) {
    std::ifstream file(options.password_file);
    std::string password;
    if (!file || !std::getline(file, password)) {
      return MakeError(absl::StatusCode::kFailedPrecondition, "cannot read the password file " + options.password_file,
                       {.reason = "PASSWORD_FILE_UNREADABLE", .remedy = "write the password into it, mode 0600"});
    }
    Append(out, "password", password);
  }
  Append(out, "sslmode", options.sslmode);
  if (!options.root_certificate_file.empty()) Append(out, "sslrootcert", options.root_certificate_file);
  Append(out, "application_name", options.application_name);
  Append(out, "connect_timeout",
         std::to_string(
             std::max<int64_t>(2, absl::ToInt64Seconds(absl::Ceil(options.connect_timeout, absl::Seconds(1))))));
  // A peer that vanished is noticed in 20 s, one that does not acknowledge in 10 s.
  Append(out, "keepalives_idle", "10");
  Append(out, "keepalives_interval", "3");
  Append(out, "keepalives_count", "3");
  Append(out, "tcp_user_timeout", "10000");
  Append(out, "options",
         "-c statement_timeout=" + std::to_string(absl::ToInt64Milliseconds(options.statement_timeout)) +
             " -c idle_in_transaction_session_timeout=" +
             std::to_string(absl::ToInt64Milliseconds(options.idle_in_transaction_timeout)) +
             (options.synchronous_commit ? "" : " -c synchronous_commit=off") + " -c client_min_messages=warning");
  return out;
}

}  // namespace sluice::postgres
