#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "libs/postgres/connect_options.h"

namespace sluice::postgres {

// What a service's --database-url and --database-password-file say: postgresql://user@host:port/dbname, where a host
// that begins with %2F is a socket's folder and the port may be left out. INVALID_ARGUMENT INVALID_FIELD for another
// shape.
absl::StatusOr<ConnectOptions> ConnectOptionsOf(const std::string& url, const std::string& password_file,
                                                const std::string& application_name);

}  // namespace sluice::postgres
