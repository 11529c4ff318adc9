#include "libs/testing/kafka_admin_calls.h"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/kafka_client/librdkafka_config.h"

namespace sluice::testing {
namespace {

using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using Queue = std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)>;
using Event = std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;

absl::StatusOr<Client> NewClient(const kafka_client::ConnectionOptions& connection) {
  ASSIGN_OR_RETURN(auto config, kafka_client::NewConfig(connection, {}));
  ASSIGN_OR_RETURN(rd_kafka_t * client, kafka_client::NewClient(RD_KAFKA_PRODUCER, std::move(config)));
  return Client(client, &rd_kafka_destroy);
}

}  // namespace

absl::Status WaitForBroker(const kafka_client::ConnectionOptions& connection, absl::Duration timeout,
                           const std::function<bool()>& alive) {
  const absl::Time deadline = absl::Now() + timeout;
  kafka_client::ConnectionOptions quick = connection;
  quick.settings["reconnect.backoff.ms"] = "20";
  quick.settings["reconnect.backoff.max.ms"] = "100";
  ASSIGN_OR_RETURN(Client client, NewClient(quick));
  while (absl::Now() < deadline) {
    if (!alive()) return absl::UnavailableError("the broker ended");
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client.get(), 0, nullptr, &metadata, 500) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const int brokers = metadata->broker_cnt;
      rd_kafka_metadata_destroy(metadata);
      if (brokers > 0) return absl::OkStatus();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  return absl::UnavailableError("the broker is not ready");
}

absl::Status CreateTestTopic(const kafka_client::ConnectionOptions& connection, const std::string& name, int partitions,
                             const std::map<std::string, std::string>& configs) {
  ASSIGN_OR_RETURN(Client client, NewClient(connection));
  char error[256];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, error, sizeof error);
  if (topic == nullptr) return absl::InvalidArgumentError(error);
  for (const auto& [key, value] : configs) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  const Queue queue(rd_kafka_queue_new(client.get()), &rd_kafka_queue_destroy);
  rd_kafka_CreateTopics(client.get(), &topic, 1, nullptr, queue.get());
  rd_kafka_NewTopic_destroy(topic);
  const Event event(rd_kafka_queue_poll(queue.get(), 60'000), &rd_kafka_event_destroy);
  if (event == nullptr) return absl::DeadlineExceededError("CreateTopics");
  if (rd_kafka_event_error(event.get()) != 0) return absl::InternalError(rd_kafka_event_error_string(event.get()));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(results[i]) != 0) {
      return absl::InternalError(rd_kafka_err2str(rd_kafka_topic_result_error(results[i])));
    }
  }
  return absl::OkStatus();
}

absl::Status CreateTestAcl(const kafka_client::ConnectionOptions& connection, const TestAcl& acl) {
  static const std::map<std::string, rd_kafka_AclOperation_t> kOperations = {
      {"All", RD_KAFKA_ACL_OPERATION_ALL},
      {"Read", RD_KAFKA_ACL_OPERATION_READ},
      {"Write", RD_KAFKA_ACL_OPERATION_WRITE},
      {"Describe", RD_KAFKA_ACL_OPERATION_DESCRIBE}};
  ASSIGN_OR_RETURN(Client client, NewClient(connection));
  char error[256];
  rd_kafka_AclBinding_t* binding = rd_kafka_AclBinding_new(
      acl.resource == "group" ? RD_KAFKA_RESOURCE_GROUP : RD_KAFKA_RESOURCE_TOPIC, acl.name.c_str(),
      acl.prefixed ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED : RD_KAFKA_RESOURCE_PATTERN_LITERAL,
      ("User:" + acl.principal).c_str(), "*", kOperations.at(acl.operation), RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, error,
      sizeof error);
  if (binding == nullptr) return absl::InvalidArgumentError(error);
  const Queue queue(rd_kafka_queue_new(client.get()), &rd_kafka_queue_destroy);
  rd_kafka_CreateAcls(client.get(), &binding, 1, nullptr, queue.get());
  rd_kafka_AclBinding_destroy(binding);
  const Event event(rd_kafka_queue_poll(queue.get(), 60'000), &rd_kafka_event_destroy);
  if (event == nullptr) return absl::DeadlineExceededError("CreateAcls");
  if (rd_kafka_event_error(event.get()) != 0) return absl::InternalError(rd_kafka_event_error_string(event.get()));
  std::size_t count = 0;
  const rd_kafka_acl_result_t** results =
      rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_acl_result_error(results[i]) != nullptr) {
      return absl::InternalError(rd_kafka_error_string(rd_kafka_acl_result_error(results[i])));
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::testing
