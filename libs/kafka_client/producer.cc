#include "libs/kafka_client/producer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/kafka_client/librdkafka_config.h"
#include "libs/log/log.h"

namespace sluice::kafka_client {
namespace {

class RdKafkaProducer final : public Producer {
 public:
  explicit RdKafkaProducer(DeliveryCallback on_delivery) : on_delivery_(std::move(on_delivery)) {}

  ~RdKafkaProducer() override {
    if (client_ == nullptr) return;
    rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_flush(client_, 0);
    while (rd_kafka_poll(client_, 0) > 0) {
    }
    rd_kafka_destroy(client_);
  }

  absl::Status Open(const ProducerOptions& options) {
    const std::map<std::string, std::string> settings = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"partitioner", "murmur2_random"},
        {"message.timeout.ms", std::to_string(absl::ToInt64Milliseconds(options.message_timeout))},
        {"linger.ms", std::to_string(absl::ToDoubleMilliseconds(options.linger))},
        {"queue.buffering.max.messages", std::to_string(options.max_queued_records)},
        {"queue.buffering.max.kbytes", std::to_string(options.max_queued_kib)},
        {"retry.backoff.ms", "50"},
    };
    ASSIGN_OR_RETURN(Config config, NewConfig(options.connection, settings));
    rd_kafka_conf_set_opaque(config.get(), this);
    rd_kafka_conf_set_dr_msg_cb(config.get(), &RdKafkaProducer::OnDelivery);
    rd_kafka_conf_set_error_cb(config.get(), &RdKafkaProducer::OnError);
    ASSIGN_OR_RETURN(client_, NewClient(RD_KAFKA_PRODUCER, std::move(config)));
    return absl::OkStatus();
  }

  absl::Status Send(const ProducerRecord& record, std::uint64_t tag) override {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
    for (const Header& header : record.headers) {
      rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                          static_cast<ssize_t>(header.value.size()));
    }
    // topic must end with a zero byte for librdkafka.
    topic_.assign(record.topic);
    void* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
    const std::size_t size = record.value ? record.value->size() : 0;
    // An empty value is not a tombstone: librdkafka tells them apart by the pointer.
    static char empty[1] = {};
    if (record.value && value == nullptr) value = empty;
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        client_, RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
        RD_KAFKA_V_VALUE(value, size), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(tag)), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      outstanding_.fetch_add(1, std::memory_order_relaxed);
      return absl::OkStatus();
    }
    rd_kafka_headers_destroy(headers);
    return StatusOf(error, topic_);
  }

  int Poll(absl::Duration timeout) override { return rd_kafka_poll(client_, Millis(timeout)); }

  absl::Status Flush(absl::Duration timeout) override {
    rd_kafka_flush(client_, Millis(timeout));
    const int left = Outstanding();
    if (left == 0) return absl::OkStatus();
    return MakeError(absl::StatusCode::kDeadlineExceeded, std::to_string(left) + " records are not acknowledged",
                     {.reason = "KAFKA_MESSAGE_TIMED_OUT"});
  }

  void Purge() override { rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT); }

  int Outstanding() const override { return outstanding_.load(std::memory_order_relaxed); }

  // Asks the client itself: its error callback comes by Poll only, which nobody calls any more once Send refuses.
  absl::Status fatal_error() const override {
    char text[512];
    const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client_, text, sizeof text);
    if (cause == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
    return MakeError(absl::StatusCode::kInternal, text,
                     {.reason = "KAFKA_FATAL",
                      .remedy = "open another producer",
                      .metadata = {{"cause", rd_kafka_err2name(cause)}}});
  }

 private:
  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* self = static_cast<RdKafkaProducer*>(opaque);
    self->outstanding_.fetch_sub(1, std::memory_order_relaxed);
    DeliveryReport report{.tag = reinterpret_cast<std::uint64_t>(message->_private),
                          .partition = message->partition,
                          .offset = message->offset};
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) report.status = StatusOf(message->err, "delivery");
    if (self->on_delivery_) self->on_delivery_(report);
  }

  static void OnError(rd_kafka_t*, int error, const char* reason, void*) {
    if (error != RD_KAFKA_RESP_ERR__FATAL) log::Debug("kafka producer", {{"error", reason}});
  }

  const DeliveryCallback on_delivery_;
  rd_kafka_t* client_ = nullptr;
  std::atomic<int> outstanding_{0};
  static thread_local std::string topic_;
};

thread_local std::string RdKafkaProducer::topic_;

}  // namespace

absl::StatusOr<std::unique_ptr<Producer>> Producer::Create(const ProducerOptions& options,
                                                           DeliveryCallback on_delivery) {
  auto producer = std::make_unique<RdKafkaProducer>(std::move(on_delivery));
  RETURN_IF_ERROR(producer->Open(options));
  return std::unique_ptr<Producer>(std::move(producer));
}

}  // namespace sluice::kafka_client
