#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/kafka_admin/security.h"
#include "libs/kafka_admin/transport/deadline.h"
#include "libs/kafka_admin/transport/stream.h"
#include "libs/kafka_admin/transport/tcp.h"

namespace sluice::kafka_admin {

// Whether the PEM files can be read and fit together. KAFKA_TLS_FAILED names the file that does not.
absl::Status CheckTlsOptions(const TlsOptions& options);

// Shakes hands over a connected socket. `host` is what was dialled; the certificate must name it, or
// options.server_name if that is set. KAFKA_TLS_FAILED when the server's certificate is refused or it refuses ours
// during the handshake (with TLS 1.3 a server may refuse ours later: the first read then fails with KAFKA_TLS_FAILED).
absl::StatusOr<std::unique_ptr<Stream>> StartTls(Socket socket, const TlsOptions& options, const std::string& host,
                                                 Deadline deadline);

}  // namespace sluice::kafka_admin
