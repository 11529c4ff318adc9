#include "libs/kafka_client/librdkafka_config.h"

#include <algorithm>

#include "libs/base/error.h"
#include "libs/log/log.h"

namespace sluice::kafka_client {
namespace {

void Log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  // syslog levels: 0–3 errors, 4 warning, then what only matters to who debugs librdkafka itself.
  const log::Level our_level = level <= 4 ? log::Level::kWarn : log::Level::kDebug;
  log::Write(our_level, "librdkafka",
             {{"client", client == nullptr ? "" : rd_kafka_name(client)}, {"facility", facility}, {"text", text}});
}

}  // namespace

absl::StatusOr<Config> NewConfig(const ConnectionOptions& connection,
                                 const std::map<std::string, std::string>& settings) {
  std::map<std::string, std::string> all = {
      {"bootstrap.servers", connection.bootstrap_servers},
      {"client.id", connection.client_id},
      // Jittered by librdkafka itself.
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "2000"},
      {"socket.keepalive.enable", "true"},
      {"socket.nagle.disable", "true"},
      {"socket.timeout.ms", "10000"},
      {"socket.connection.setup.timeout.ms", "5000"},
      {"allow.auto.create.topics", "false"},
      {"topic.metadata.refresh.interval.ms", "60000"},
      // IPv6 first would cost a failed connect at each loopback broker.
      {"broker.address.family", "v4"},
      {"log_level", "4"},
  };
  if (connection.tls) {
    all["security.protocol"] = "ssl";
    all["ssl.ca.location"] = connection.tls->ca_file;
    all["ssl.certificate.location"] = connection.tls->certificate_file;
    all["ssl.key.location"] = connection.tls->key_file;
    all["ssl.endpoint.identification.algorithm"] = "https";
    all["enable.ssl.certificate.verification"] = "true";
  }
  for (const auto& [name, value] : settings) all[name] = value;
  for (const auto& [name, value] : connection.settings) all[name] = value;
  Config config(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(config.get(), &Log);
  char error[512];
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(config.get(), name.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
      return MakeError(absl::StatusCode::kInvalidArgument, error, {.reason = "KAFKA_CONFIG", .field = name});
    }
  }
  return config;
}

absl::StatusOr<rd_kafka_t*> NewClient(rd_kafka_type_t type, Config config) {
  char error[512];
  rd_kafka_t* client = rd_kafka_new(type, config.get(), error, sizeof error);
  if (client == nullptr) return MakeError(absl::StatusCode::kInvalidArgument, error, {.reason = "KAFKA_CONFIG"});
  static_cast<void>(config.release());  // the client has taken it
  return client;
}

int Millis(absl::Duration timeout) {
  const absl::Duration whole = absl::Ceil(timeout, absl::Milliseconds(1));
  return static_cast<int>(std::clamp<std::int64_t>(absl::ToInt64Milliseconds(whole), 0, 1'000'000'000));
}

absl::Status StatusOf(rd_kafka_resp_err_t error, const std::string& context) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  const std::string text = context + ": " + rd_kafka_err2str(error);
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return MakeError(absl::StatusCode::kNotFound, text, {.reason = "KAFKA_UNKNOWN_TOPIC"});
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return MakeError(absl::StatusCode::kPermissionDenied, text, {.reason = "KAFKA_ACCESS_DENIED"});
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return MakeError(absl::StatusCode::kDeadlineExceeded, text, {.reason = "KAFKA_MESSAGE_TIMED_OUT"});
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return MakeError(absl::StatusCode::kInvalidArgument, text, {.reason = "KAFKA_MESSAGE_TOO_LARGE"});
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return MakeError(absl::StatusCode::kResourceExhausted, text,
                       {.reason = "KAFKA_QUEUE_FULL", .retry_after = absl::Milliseconds(10)});
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
      return MakeError(absl::StatusCode::kInternal, text, {.reason = "KAFKA_FATAL"});
    default:
      return MakeError(absl::StatusCode::kUnavailable, text,
                       {.reason = "KAFKA_UNAVAILABLE", .retry_after = absl::Seconds(1)});
  }
}

}  // namespace sluice::kafka_client
