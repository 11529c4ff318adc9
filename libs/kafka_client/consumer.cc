#include "libs/kafka_client/consumer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/kafka_client/librdkafka_config.h"
#include "libs/log/log.h"

namespace sluice::kafka_client {
namespace {

struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

PartitionList NewList(std::size_t size) {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

PartitionList ListOf(const std::vector<Position>& positions) {
  PartitionList list = NewList(positions.size());
  for (const Position& position : positions) {
    rd_kafka_topic_partition_list_add(list.get(), position.partition.topic.c_str(), position.partition.partition)
        ->offset = position.offset;
  }
  return list;
}

PartitionList ListOf(const std::vector<TopicPartition>& partitions) {
  PartitionList list = NewList(partitions.size());
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  }
  return list;
}

std::vector<TopicPartition> PartitionsIn(const rd_kafka_topic_partition_list_t& list) {
  std::vector<TopicPartition> partitions;
  for (int i = 0; i < list.cnt; ++i) partitions.push_back({list.elems[i].topic, list.elems[i].partition});
  return partitions;
}

ConsumerRecord RecordOf(const rd_kafka_message_t& message) {
  ConsumerRecord record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  record.timestamp = absl::FromUnixMillis(rd_kafka_message_timestamp(&message, nullptr));
  if (message.key != nullptr) record.key.emplace(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) record.value.emplace(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.push_back({name, value == nullptr ? "" : std::string(static_cast<const char*>(value), size)});
    }
  }
  return record;
}

class RdKafkaConsumer final : public Consumer {
 public:
  explicit RdKafkaConsumer(RebalanceCallbacks callbacks) : callbacks_(std::move(callbacks)) {}

  ~RdKafkaConsumer() override {
    Close();
    if (client_ != nullptr) rd_kafka_destroy(client_);
  }

  absl::Status Open(const ConsumerOptions& options) {
    const std::string session_ms = std::to_string(absl::ToInt64Milliseconds(options.session_timeout));
    std::map<std::string, std::string> settings = {
        {"group.id", options.group_id},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", options.on_end ? "true" : "false"},
        {"auto.offset.reset", options.from_beginning ? "earliest" : "latest"},
        {"isolation.level", "read_committed"},
        {"max.poll.interval.ms", std::to_string(absl::ToInt64Milliseconds(options.max_poll_interval))},
        {"session.timeout.ms", session_ms},
        {"queued.max.messages.kbytes", std::to_string(options.max_queued_kib)},
        {"fetch.wait.max.ms", "500"},
        {"fetch.error.backoff.ms", "100"},
        {"check.crcs", "true"},
    };
    if (!options.group_instance_id.empty()) settings["group.instance.id"] = options.group_instance_id;
    ASSIGN_OR_RETURN(Config config, NewConfig(options.connection, settings));
    rd_kafka_conf_set_opaque(config.get(), this);
    rd_kafka_conf_set_rebalance_cb(config.get(), &RdKafkaConsumer::OnRebalance);
    ASSIGN_OR_RETURN(client_, NewClient(RD_KAFKA_CONSUMER, std::move(config)));
    rd_kafka_poll_set_consumer(client_);
    on_end_ = options.on_end;
    return absl::OkStatus();
  }

  absl::Status Subscribe(const std::vector<std::string>& topics) override {
    PartitionList list = NewList(topics.size());
    for (const std::string& topic : topics) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    return StatusOf(rd_kafka_subscribe(client_, list.get()), "subscribe");
  }

  absl::Status Assign(const std::vector<Position>& positions) override {
    return StatusOf(rd_kafka_assign(client_, ListOf(positions).get()), "assign");
  }

  absl::StatusOr<std::optional<ConsumerRecord>> Poll(absl::Duration timeout) override {
    using Message = std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)>;
    const Message message(rd_kafka_consumer_poll(client_, Millis(timeout)), &rd_kafka_message_destroy);
    if (message == nullptr) return std::optional<ConsumerRecord>();
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return std::optional<ConsumerRecord>(RecordOf(*message));
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (on_end_) on_end_({rd_kafka_topic_name(message->rkt), message->partition});
      return std::optional<ConsumerRecord>();
    }
    if (message->err == RD_KAFKA_RESP_ERR__FATAL) {
      char text[512];
      rd_kafka_fatal_error(client_, text, sizeof text);
      return MakeError(absl::StatusCode::kInternal, text,
                       {.reason = "KAFKA_FATAL", .remedy = "end the process and start it again"});
    }
    return StatusOf(message->err, rd_kafka_message_errstr(message.get()));
  }

  absl::Status CommitAsync(const std::vector<Position>& positions) override {
    return StatusOf(rd_kafka_commit(client_, ListOf(positions).get(), 1), "commit");
  }

  absl::Status CommitSync(const std::vector<Position>& positions) override {
    if (positions.empty()) return absl::OkStatus();
    return StatusOf(rd_kafka_commit(client_, ListOf(positions).get(), 0), "commit");
  }

  absl::Status Seek(const Position& position, absl::Duration timeout) override {
    PartitionList list = ListOf(std::vector<Position>{position});
    rd_kafka_error_t* error = rd_kafka_seek_partitions(client_, list.get(), Millis(timeout));
    if (error != nullptr) {
      const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
      rd_kafka_error_destroy(error);
      return StatusOf(code, "seek");
    }
    return StatusOf(list->elems[0].err, "seek");
  }

  absl::Status Pause(const std::vector<TopicPartition>& partitions) override {
    return StatusOf(rd_kafka_pause_partitions(client_, ListOf(partitions).get()), "pause");
  }

  absl::Status Resume(const std::vector<TopicPartition>& partitions) override {
    return StatusOf(rd_kafka_resume_partitions(client_, ListOf(partitions).get()), "resume");
  }

  absl::StatusOr<std::vector<TopicPartition>> PartitionsOf(const std::string& topic, absl::Duration timeout) override {
    rd_kafka_topic_t* handle = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_metadata(client_, 0, handle, &metadata, Millis(timeout));
    rd_kafka_topic_destroy(handle);
    RETURN_IF_ERROR(StatusOf(error, topic));
    const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> guard(
        metadata, &rd_kafka_metadata_destroy);
    std::vector<TopicPartition> partitions;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      RETURN_IF_ERROR(StatusOf(metadata->topics[i].err, topic));
      for (int p = 0; p < metadata->topics[i].partition_cnt; ++p) {
        partitions.push_back({topic, metadata->topics[i].partitions[p].id});
      }
    }
    if (partitions.empty()) return StatusOf(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, topic);
    return partitions;
  }

  absl::StatusOr<Watermarks> WatermarksOf(const TopicPartition& partition, absl::Duration timeout) override {
    Watermarks marks;
    RETURN_IF_ERROR(StatusOf(rd_kafka_query_watermark_offsets(client_, partition.topic.c_str(), partition.partition,
                                                              &marks.low, &marks.high, Millis(timeout)),
                             partition.topic));
    return marks;
  }

  std::optional<std::int64_t> KnownEndOf(const TopicPartition& partition) const override {
    std::int64_t low = 0, high = 0;
    if (rd_kafka_get_watermark_offsets(client_, partition.topic.c_str(), partition.partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0) {
      return std::nullopt;
    }
    return high;
  }

  absl::StatusOr<std::optional<std::int64_t>> CommittedOf(const TopicPartition& partition,
                                                          absl::Duration timeout) override {
    PartitionList list = ListOf(std::vector<TopicPartition>{partition});
    RETURN_IF_ERROR(StatusOf(rd_kafka_committed(client_, list.get(), Millis(timeout)), "committed"));
    RETURN_IF_ERROR(StatusOf(list->elems[0].err, "committed"));
    if (list->elems[0].offset < 0) return std::optional<std::int64_t>();
    return std::optional<std::int64_t>(list->elems[0].offset);
  }

  void Close() override {
    if (closed_ || client_ == nullptr) return;
    closed_ = true;
    rd_kafka_consumer_close(client_);
  }

 private:
  static void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                          void* opaque) {
    auto* self = static_cast<RdKafkaConsumer*>(opaque);
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      rd_kafka_assign(client, list);
      if (self->callbacks_.on_assigned) self->callbacks_.on_assigned(PartitionsIn(*list));
      return;
    }
    if (self->callbacks_.on_revoked) {
      self->callbacks_.on_revoked(PartitionsIn(*list), rd_kafka_assignment_lost(client) != 0);
    }
    rd_kafka_assign(client, nullptr);
  }

  const RebalanceCallbacks callbacks_;
  std::function<void(const TopicPartition&)> on_end_;
  rd_kafka_t* client_ = nullptr;
  bool closed_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Consumer>> Consumer::Create(const ConsumerOptions& options,
                                                           RebalanceCallbacks callbacks) {
  auto consumer = std::make_unique<RdKafkaConsumer>(std::move(callbacks));
  RETURN_IF_ERROR(consumer->Open(options));
  return std::unique_ptr<Consumer>(std::move(consumer));
}

}  // namespace sluice::kafka_client
