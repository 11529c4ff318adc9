#include "libs/kafka_admin/kafka_admin_client.h"

#include <utility>

#include "libs/base/status.h"
#include "libs/kafka_admin/client/brokered_admin_client.h"
#include "libs/kafka_admin/transport/tls.h"

namespace sluice::kafka_admin {

absl::StatusOr<std::unique_ptr<AdminClient>> NewKafkaAdminClient(AdminClientOptions options) {
  if (options.bootstrap.empty()) return absl::InvalidArgumentError("an admin client needs an address to start from");
  for (const BrokerAddress& address : options.bootstrap) {
    if (address.host.empty() || address.port == 0) {
      return absl::InvalidArgumentError("each bootstrap address needs a host and a port");
    }
  }
  if (options.connect_timeout <= absl::ZeroDuration() || options.request_timeout <= absl::ZeroDuration() ||
      options.retry_backoff <= absl::ZeroDuration() || options.max_retry_backoff < options.retry_backoff ||
      options.max_response_bytes < 1024) {
    return absl::InvalidArgumentError("an admin client needs times above zero and room for a response of 1 KiB");
  }
  if (options.tls) RETURN_IF_ERROR(CheckTlsOptions(*options.tls));
  return std::make_unique<BrokeredAdminClient>(std::move(options));
}

}  // namespace sluice::kafka_admin
