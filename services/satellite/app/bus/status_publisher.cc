#include "services/satellite/app/bus/status_publisher.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <utility>

#include "libs/base/strings.h"
#include "libs/bus/topics.h"
#include "libs/log/log.h"
#include "libs/proto_values/timestamps.h"

namespace sluice::satellite {
namespace {

using satellite::v1::StatusCondition;
using satellite::v1::StatusDocument;

// A condition keeps the time of its last change of status.
void DateConditions(StatusDocument& draft, const StatusDocument* before, absl::Time now) {
  for (StatusCondition& condition : *draft.mutable_conditions()) {
    const StatusCondition* old = nullptr;
    for (int i = 0; before != nullptr && i < before->conditions_size(); ++i) {
      const bool same =
          before->conditions(i).type() == condition.type() && before->conditions(i).status() == condition.status();
      if (same) old = &before->conditions(i);
    }
    if (old != nullptr) {
      *condition.mutable_last_transition_time() = old->last_transition_time();
    } else {
      proto_values::Put(now, condition.mutable_last_transition_time());
    }
  }
}

// The generation of the record: epochs first, then sequences.
int64_t RecordGeneration(const StatusDocument& document) {
  return (document.satellite_epoch() << 31) + document.sequence();
}

}  // namespace

StatusPublisher::StatusPublisher(StatusPublisherOptions options, Ports ports)
    : options_(std::move(options)),
      ports_(ports),
      sent_(ports.metrics.CounterOf("sluice_satellite_status_sent_total", "Status documents given to the bus.")),
      refused_(ports.metrics.CounterOf("sluice_satellite_status_refused_total",
                                       "Status documents that the bus's queue had no room for; they are said again.")),
      documents_(ports.metrics.GaugeOf("sluice_satellite_status_documents", "Keys that a status is known of.")),
      repeated_at_(ports.clock.MonotonicNow()) {}

void StatusPublisher::Publish(StatusDocument draft, std::string_view traceparent) {
  std::lock_guard lock(mutex_);
  Take(std::move(draft), traceparent, /*always=*/false);
}

void StatusPublisher::PublishAlways(StatusDocument draft) {
  std::lock_guard lock(mutex_);
  Take(std::move(draft), "", /*always=*/true);
}

void StatusPublisher::Take(StatusDocument draft, std::string_view traceparent, bool always) {
  const auto found = said_.find(draft.key());
  DateConditions(draft, found == said_.end() ? nullptr : &found->second.document, ports_.clock.Now());
  draft.set_data_plane(options_.data_plane);
  draft.set_satellite_epoch(options_.epoch);
  if (found != said_.end() && !always) {
    draft.set_sequence(found->second.document.sequence());
    *draft.mutable_time() = found->second.document.time();
    if (google::protobuf::util::MessageDifferencer::Equals(draft, found->second.document)) return;
  }
  Said& said = said_[draft.key()];
  said.document = std::move(draft);
  documents_.Set(static_cast<double>(said_.size()));
  Send(said, traceparent);
}

void StatusPublisher::Forget(const std::string& key) {
  std::lock_guard lock(mutex_);
  if (said_.erase(key) == 0) return;
  documents_.Set(static_cast<double>(said_.size()));
  const absl::Status accepted = ports_.publisher.Publish({.topic = bus::StatusTopic(options_.data_plane),
                                                          .key = key,
                                                          .type = "sluice.satellite.v1.StatusDocument",
                                                          .source = bus::SatelliteSource(options_.data_plane),
                                                          .generation = (options_.epoch << 31) + ++sequence_,
                                                          .compacted = true});
  if (!accepted.ok()) {
    // The last word, GONE, stays on the topic then: nobody is misled by it.
    log::Warn("a status stays on its topic", {{"key", key}, {"error", Std(accepted.message())}});
  }
}

void StatusPublisher::SayAllAgain() {
  std::lock_guard lock(mutex_);
  const absl::Duration due = ports_.clock.MonotonicNow() - options_.repeat_every;
  for (auto& [key, said] : said_) said.at = due;
}

void StatusPublisher::Repeat() {
  std::lock_guard lock(mutex_);
  const absl::Duration now = ports_.clock.MonotonicNow();
  const double most = options_.most_repeats_per_second;
  allowance_ = std::min(most, allowance_ + absl::ToDoubleSeconds(now - repeated_at_) * most);
  repeated_at_ = now;
  while (!order_.empty() && allowance_ >= 1) {
    const auto [key, sequence] = order_.front();
    const auto found = said_.find(key);
    const bool stale = found == said_.end() || found->second.document.sequence() != sequence;
    if (!stale && now - found->second.at < options_.repeat_every) return;
    order_.pop_front();
    if (stale) continue;
    Send(found->second, "");
    --allowance_;
  }
}

void StatusPublisher::Send(Said& said, std::string_view traceparent) {
  said.document.set_sequence(++sequence_);
  proto_values::Put(ports_.clock.Now(), said.document.mutable_time());
  said.at = ports_.clock.MonotonicNow();
  order_.emplace_back(said.document.key(), sequence_);
  const absl::Status accepted = ports_.publisher.Publish({.topic = bus::StatusTopic(options_.data_plane),
                                                          .key = said.document.key(),
                                                          .type = "sluice.satellite.v1.StatusDocument",
                                                          .source = bus::SatelliteSource(options_.data_plane),
                                                          .payload = said.document.SerializeAsString(),
                                                          .traceparent = std::string(traceparent),
                                                          .generation = RecordGeneration(said.document),
                                                          .compacted = true});
  if (accepted.ok()) {
    sent_.Increment();
    return;
  }
  // It is repeated like any other, so it is only late.
  refused_.Increment();
  log::Warn("a status waits", {{"key", said.document.key()}, {"error", Std(accepted.message())}});
}

}  // namespace sluice::satellite
