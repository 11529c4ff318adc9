#include "libs/bus/reader/compacted_reader.h"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/reader/generation_filter.h"
#include "libs/bus/reader/latest_of_keys.h"
#include "libs/bus/topics.h"
#include "libs/clock/clock.h"
#include "libs/kafka_client/consumer.h"
#include "libs/log/log.h"

namespace sluice::bus {
namespace {

constexpr std::size_t kBatch = 500;
constexpr absl::Duration kCallTimeout = absl::Seconds(5);
constexpr absl::Duration kPause = absl::Milliseconds(200);

class CompactedReader final : public DocumentSource {
 public:
  CompactedReader(CompactedReaderOptions options, metrics::Registry& registry)
      : options_(std::move(options)),
        registry_(registry),
        filter_(options_.max_tombstones),
        caught_up_gauge_(registry.GaugeOf("sluice_bus_reader_caught_up", "1 once the whole topic was read",
                                          {{"topic", options_.topic}})) {}

  absl::StatusOr<std::vector<ReceivedEvent>> Poll(absl::Duration timeout) override {
    if (absl::Status begun = BeginOnce(timeout); !begun.ok()) {
      // A caller that polls in a loop must not spin while the topic or Kafka is away.
      std::this_thread::sleep_for(absl::ToChronoMilliseconds(std::min(timeout, kPause)));
      return begun;
    }
    const absl::Duration deadline = clock::RealClock().MonotonicNow() + timeout;
    while (!at_end() && clock::RealClock().MonotonicNow() < deadline) {
      RETURN_IF_ERROR(PollOnce(deadline, held_).status());
    }
    if (!at_end()) return std::vector<ReceivedEvent>();
    std::vector<ReceivedEvent> events = held_.TakeFirst(kBatch);
    NoteCaughtUp();
    if (!events.empty()) return events;
    return PollNews(deadline);
  }

  bool caught_up() const override { return caught_up_; }

 private:
  absl::Status BeginOnce(absl::Duration timeout) {
    if (begun_) return absl::OkStatus();
    const absl::Duration call = std::clamp(timeout, absl::Seconds(1), kCallTimeout);
    if (consumer_ == nullptr) {
      kafka_client::ConsumerOptions options{.connection = options_.kafka, .group_id = options_.group_id};
      options.on_end = [this](const kafka_client::TopicPartition& partition) { ends_.erase(partition.partition); };
      ASSIGN_OR_RETURN(consumer_, kafka_client::Consumer::Create(options));
    }
    ASSIGN_OR_RETURN(const auto partitions, consumer_->PartitionsOf(options_.topic, call));
    std::vector<kafka_client::Position> positions;
    ends_.clear();
    for (const kafka_client::TopicPartition& partition : partitions) {
      ASSIGN_OR_RETURN(const kafka_client::Watermarks marks, consumer_->WatermarksOf(partition, call));
      if (marks.high > marks.low) ends_[partition.partition] = marks.high;
      positions.push_back({partition, kafka_client::Position::kBeginning});
    }
    RETURN_IF_ERROR(consumer_->Assign(positions));
    begun_ = true;
    return absl::OkStatus();
  }

  bool at_end() const { return ends_.empty(); }

  // The first is waited for; then what is there is taken.
  absl::StatusOr<std::vector<ReceivedEvent>> PollNews(absl::Duration deadline) {
    std::vector<ReceivedEvent> events;
    while (events.size() < kBatch) {
      const absl::StatusOr<bool> more = PollOnce(events.empty() ? deadline : absl::ZeroDuration(), events);
      if (!more.ok() && events.empty()) return more.status();
      const bool over = !more.ok() || !*more;
      if (over && (!events.empty() || clock::RealClock().MonotonicNow() >= deadline)) break;
    }
    return events;
  }

  // Waits until `deadline` for one record and puts it into `events` if it is one to be given out; whether one came.
  template <typename Events>
  absl::StatusOr<bool> PollOnce(absl::Duration deadline, Events& events) {
    const absl::Duration left = deadline - clock::RealClock().MonotonicNow();
    ASSIGN_OR_RETURN(std::optional<kafka_client::ConsumerRecord> record,
                     consumer_->Poll(std::max(left, absl::ZeroDuration())));
    if (!record) return false;
    Take(*std::move(record), events);
    return true;
  }

  static void Add(ReceivedEvent event, std::vector<ReceivedEvent>& events) { events.push_back(std::move(event)); }
  static void Add(ReceivedEvent event, LatestOfKeys& events) { events.Put(std::move(event)); }

  template <typename Events>
  void Take(kafka_client::ConsumerRecord record, Events& events) {
    const std::int32_t partition = record.partition;
    const std::int64_t offset = record.offset;
    absl::StatusOr<ReceivedEvent> event = DecodeCloudEvent(std::move(record));
    absl::Status status = event.status();
    if (status.ok()) status = CheckWho(*event);
    if (!status.ok()) {
      Count(ErrorReason(status));
      log::Warn("record dropped", {{"topic", options_.topic},
                                   {"partition", partition},
                                   {"offset", offset},
                                   {"error", std::string(status.message())}});
    } else if (filter_.Admit(event->key, event->generation, !event->payload.has_value())) {
      Add(*std::move(event), events);
    } else {
      Count("STALE_GENERATION");
      // Until it has caught up old values are what a compacted topic holds; later somebody repeats an old word.
      if (caught_up_) {
        log::Info("an old document was dropped", {{"audit", true},
                                                  {"topic", options_.topic},
                                                  {"partition", partition},
                                                  {"offset", offset},
                                                  {"key", event->key},
                                                  {"generation", event->generation},
                                                  {"source", event->source}});
      }
    }
    // The last offset before the end may be a hole of the compaction: then on_end tells.
    auto end = ends_.find(partition);
    if (end != ends_.end() && offset + 1 >= end->second) ends_.erase(end);
  }

  absl::Status CheckWho(const ReceivedEvent& event) const {
    if (options_.source.empty()) return CheckSource(event.topic, event.source);
    if (event.source == options_.source) return absl::OkStatus();
    return MakeError(absl::StatusCode::kPermissionDenied, "'" + event.source + "' may not speak on " + event.topic,
                     {.reason = "FORGED_SOURCE", .field = "ce_source"});
  }

  void NoteCaughtUp() {
    if (caught_up_ || !held_.empty()) return;
    caught_up_ = true;
    caught_up_gauge_.Set(1);
  }

  void Count(const std::string& reason) {
    registry_
        .CounterOf("sluice_bus_reader_dropped_total", "Records that were not given out",
                   {{"topic", options_.topic}, {"reason", reason}})
        .Increment();
  }

  const CompactedReaderOptions options_;
  metrics::Registry& registry_;
  GenerationFilter filter_;
  metrics::Gauge& caught_up_gauge_;
  std::unique_ptr<kafka_client::Consumer> consumer_;
  // Partitions with records from before we began that have not come yet, and where they end.
  std::map<std::int32_t, std::int64_t> ends_;
  // Until those have come.
  LatestOfKeys held_;
  bool begun_ = false;
  bool caught_up_ = false;
};

}  // namespace

std::unique_ptr<DocumentSource> NewCompactedReader(CompactedReaderOptions options, metrics::Registry& registry) {
  return std::make_unique<CompactedReader>(std::move(options), registry);
}

}  // namespace sluice::bus
