#include "libs/bus/reader/publisher.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <thread>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/reader/publish_queue.h"
#include "libs/kafka_client/producer.h"
#include "libs/log/log.h"

namespace sluice::bus {
namespace {

constexpr int kMaxInFlight = 500;
constexpr std::chrono::milliseconds kFailurePause{200};
constexpr std::chrono::milliseconds kFatalPause{10'000};

absl::Status Check(const OutboxMessage& message) {
  const auto bad = [](std::string_view field) {
    return MakeError(absl::StatusCode::kInvalidArgument, "message without a sound " + std::string(field),
                     {.reason = "BUS_MESSAGE_INVALID", .field = std::string(field)});
  };
  if (message.topic.empty()) return bad("topic");
  if (message.key.empty() || message.key.size() > 512) return bad("key");
  if (message.type.empty() || message.type.size() > 512) return bad("type");
  if (message.source.empty() || message.source.size() > 512) return bad("source");
  if (message.payload ? message.payload->size() > kMaxPayloadBytes : !message.compacted) return bad("payload");
  if (message.generation < (message.compacted ? 1 : 0)) return bad("generation");
  return absl::OkStatus();
}

class KafkaPublisher final : public Publisher {
 public:
  KafkaPublisher(PublisherOptions options, PublisherPorts ports)
      : options_(std::move(options)),
        ports_(ports),
        queue_(options_.max_queued_messages),
        waiting_(ports.metrics.GaugeOf("sluice_bus_publisher_waiting", "Messages that wait to be sent")),
        dropped_(ports.metrics.CounterOf("sluice_bus_publisher_dropped_total", "Samples that were never sent")),
        published_(ports.metrics.CounterOf("sluice_bus_publisher_published_total", "Messages acknowledged")) {}

  ~KafkaPublisher() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Open() {
    ASSIGN_OR_RETURN(producer_, kafka_client::Producer::Create(
                                    {.connection = options_.kafka, .message_timeout = options_.message_timeout},
                                    [this](const kafka_client::DeliveryReport& report) { OnDelivery(report); }));
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  absl::Status Publish(OutboxMessage message) override {
    RETURN_IF_ERROR(Check(message));
    QueuedMessage queued{.ce_id = ports_.ids.NewUuid(), .time = ports_.clock.Now(), .message = std::move(message)};
    PublishQueue::Put put;
    {
      std::lock_guard lock(mutex_);
      put = queue_.Add(std::move(queued));
      waiting_.Set(queue_.waiting());
    }
    changed_.notify_all();
    if (put.dropped) dropped_.Increment();
    return put.status;
  }

  absl::Status Flush(absl::Duration timeout) override {
    std::unique_lock lock(mutex_);
    if (landed_.wait_for(lock, absl::ToChronoNanoseconds(timeout), [this] { return queue_.empty(); })) {
      return absl::OkStatus();
    }
    return MakeError(absl::StatusCode::kDeadlineExceeded,
                     std::to_string(queue_.waiting() + queue_.in_flight()) + " messages are not acknowledged",
                     {.reason = "KAFKA_MESSAGE_TIMED_OUT"});
  }

  absl::Status fatal_error() const override { return producer_->fatal_error(); }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      SendWaiting(lock);
      if (queue_.in_flight() > 0) {
        lock.unlock();
        producer_->Poll(absl::Milliseconds(5));
        lock.lock();
        continue;
      }
      changed_.wait(lock, [this] { return stopping_ || queue_.has_next(); });
    }
    // What is in flight may still land; what waits is lost with the process, as it would be a moment later.
    lock.unlock();
    (void)producer_->Flush(absl::Seconds(1));
  }

  void SendWaiting(std::unique_lock<std::mutex>& lock) {
    if (std::chrono::steady_clock::now() < paused_until_) {
      changed_.wait_until(lock, paused_until_, [this] { return stopping_; });
      if (stopping_) return;
    }
    while (queue_.in_flight() < kMaxInFlight) {
      std::optional<QueuedMessage> next = queue_.Take();
      if (!next) break;
      const std::uint64_t tag = next_tag_++;
      const OutboxMessage& message = next->message;
      const absl::Status sent =
          producer_->Send({.topic = message.topic,
                           .key = message.key,
                           .value = message.payload ? std::optional<std::string_view>(*message.payload) : std::nullopt,
                           .headers = EncodeHeaders(message, next->ce_id, next->time)},
                          tag);
      if (!sent.ok()) {
        Fail(*std::move(next), sent);
        break;
      }
      in_flight_.emplace(tag, *std::move(next));
    }
    waiting_.Set(queue_.waiting());
  }

  // From Poll, on our thread, without the lock.
  void OnDelivery(const kafka_client::DeliveryReport& report) {
    std::lock_guard lock(mutex_);
    auto found = in_flight_.find(report.tag);
    if (found == in_flight_.end()) return;
    QueuedMessage message = std::move(found->second);
    in_flight_.erase(found);
    if (report.status.ok()) {
      queue_.Delivered(message);
      published_.Increment();
    } else {
      Fail(std::move(message), report.status);
    }
    if (queue_.empty()) landed_.notify_all();
  }

  void Fail(QueuedMessage message, const absl::Status& status) {
    log::Warn(
        "publish failed",
        {{"topic", message.message.topic}, {"key", message.message.key}, {"error", std::string(status.message())}});
    if (!queue_.Failed(std::move(message))) dropped_.Increment();
    // After a fatal error nothing is accepted any more: the owner replaces this publisher, until then say it rarely.
    paused_until_ = std::chrono::steady_clock::now() + (fatal_error().ok() ? kFailurePause : kFatalPause);
  }

  const PublisherOptions options_;
  const PublisherPorts ports_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable landed_;
  PublishQueue queue_;
  std::map<std::uint64_t, QueuedMessage> in_flight_;
  std::uint64_t next_tag_ = 1;
  std::chrono::steady_clock::time_point paused_until_{};
  bool stopping_ = false;
  metrics::Gauge& waiting_;
  metrics::Counter& dropped_;
  metrics::Counter& published_;
  std::unique_ptr<kafka_client::Producer> producer_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Publisher>> NewKafkaPublisher(PublisherOptions options, PublisherPorts ports) {
  auto publisher = std::make_unique<KafkaPublisher>(std::move(options), ports);
  RETURN_IF_ERROR(publisher->Open());
  return std::unique_ptr<Publisher>(std::move(publisher));
}

}  // namespace sluice::bus
