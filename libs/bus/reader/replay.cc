#include "libs/bus/reader/replay.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/topics.h"
#include "libs/clock/clock.h"
#include "libs/kafka_client/consumer.h"
#include "libs/log/log.h"

namespace sluice::bus {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(10);

class TopicReplay {
 public:
  TopicReplay(const kafka_client::ConnectionOptions& kafka, std::string group_id, std::string topic)
      : kafka_(kafka), group_id_(std::move(group_id)), topic_(std::move(topic)) {}

  absl::Status Run(absl::Duration timeout, absl::FunctionRef<absl::Status(const ReceivedEvent&)> apply,
                   ReplayResult& result) {
    RETURN_IF_ERROR(Begin());
    absl::Duration progress = clock::RealClock().MonotonicNow();
    while (!ends_.empty()) {
      absl::StatusOr<std::optional<kafka_client::ConsumerRecord>> record = consumer_->Poll(absl::Milliseconds(100));
      if (!record.ok() && ErrorReason(record.status()) == "KAFKA_FATAL") return record.status();
      if (record.ok() && record->has_value()) {
        progress = clock::RealClock().MonotonicNow();
        RETURN_IF_ERROR(Apply(**std::move(record), apply, result));
      } else if (clock::RealClock().MonotonicNow() - progress > timeout) {
        return MakeError(absl::StatusCode::kDeadlineExceeded, "no progress in replaying " + topic_,
                         {.reason = "KAFKA_MESSAGE_TIMED_OUT"});
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Begin() {
    kafka_client::ConsumerOptions options{.connection = kafka_, .group_id = group_id_};
    options.on_end = [this](const kafka_client::TopicPartition& partition) { ends_.erase(partition.partition); };
    ASSIGN_OR_RETURN(consumer_, kafka_client::Consumer::Create(options));
    ASSIGN_OR_RETURN(const auto partitions, consumer_->PartitionsOf(topic_, kCallTimeout));
    std::vector<kafka_client::Position> positions;
    for (const kafka_client::TopicPartition& partition : partitions) {
      ASSIGN_OR_RETURN(const kafka_client::Watermarks marks, consumer_->WatermarksOf(partition, kCallTimeout));
      if (marks.high == marks.low) continue;
      ends_[partition.partition] = marks.high;
      positions.push_back({partition, kafka_client::Position::kBeginning});
    }
    return positions.empty() ? absl::OkStatus() : consumer_->Assign(positions);
  }

  absl::Status Apply(kafka_client::ConsumerRecord record, absl::FunctionRef<absl::Status(const ReceivedEvent&)> apply,
                     ReplayResult& result) {
    const std::int32_t partition = record.partition;
    const std::int64_t offset = record.offset;
    auto end = ends_.find(partition);
    // What came after we began is the business of who follows the topic.
    if (end == ends_.end() || offset >= end->second) {
      if (end != ends_.end()) ends_.erase(end);
      return absl::OkStatus();
    }
    absl::StatusOr<ReceivedEvent> event = DecodeCloudEvent(std::move(record));
    absl::Status status = event.status();
    if (status.ok()) status = CheckSource(event->topic, event->source);
    if (status.ok()) {
      RETURN_IF_ERROR(apply(*event));
      ++result.events;
    } else {
      ++result.rejected;
      log::Warn("record skipped in replay", {{"topic", topic_}, {"partition", partition}, {"offset", offset}});
    }
    if (offset + 1 >= end->second) ends_.erase(partition);
    return absl::OkStatus();
  }

  const kafka_client::ConnectionOptions kafka_;
  const std::string group_id_;
  const std::string topic_;
  // Partitions that are not read yet, and where they end.
  std::map<std::int32_t, std::int64_t> ends_;
  std::unique_ptr<kafka_client::Consumer> consumer_;
};

}  // namespace

absl::StatusOr<ReplayResult> Replay(const kafka_client::ConnectionOptions& kafka, const std::string& group_id,
                                    const std::vector<std::string>& topics, absl::Duration timeout,
                                    absl::FunctionRef<absl::Status(const ReceivedEvent&)> apply) {
  ReplayResult result;
  for (const std::string& topic : topics) {
    TopicReplay replay(kafka, group_id, topic);
    RETURN_IF_ERROR(replay.Run(timeout, apply, result));
  }
  return result;
}

}  // namespace sluice::bus
