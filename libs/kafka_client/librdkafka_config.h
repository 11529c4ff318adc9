#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_client/connection.h"

namespace sluice::kafka_client {

struct DestroyConfig {
  void operator()(rd_kafka_conf_t* config) const { rd_kafka_conf_destroy(config); }
};
using Config = std::unique_ptr<rd_kafka_conf_t, DestroyConfig>;

// librdkafka's configuration for `connection` and `settings`; connection.settings win. Its log lines go to libs/log.
// INVALID_ARGUMENT with reason KAFKA_CONFIG and the setting's name as field.
absl::StatusOr<Config> NewConfig(const ConnectionOptions& connection,
                                 const std::map<std::string, std::string>& settings);

// A new client that has taken `config`; the caller destroys it. INVALID_ARGUMENT with reason KAFKA_CONFIG.
absl::StatusOr<rd_kafka_t*> NewClient(rd_kafka_type_t type, Config config);

// A timeout as librdkafka takes it. Never negative: that is for ever to it, and a caller's time may be over by the time
// that it calls. Rounded up: who polls until a deadline would spin through its last millisecond.
int Millis(absl::Duration timeout);

// What an error of librdkafka or of a broker means as a status; see Producer and Consumer for the reasons.
absl::Status StatusOf(rd_kafka_resp_err_t error, const std::string& context);

}  // namespace sluice::kafka_client
