#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "libs/bus/reader/publisher.h"
#include "libs/clock/clock.h"
#include "libs/metrics/metrics.h"
#include "services/satellite/ports/status_sink.h"

namespace sluice::satellite {

struct StatusPublisherOptions {
  std::string data_plane;
  // Of this process: grows at each start.
  int64_t epoch = 0;
  // Every document is said again once in this time, whether or not it changed,
  absl::Duration repeat_every = absl::Seconds(30);
  // but no more than so many a second: with more documents a round takes longer.
  int most_repeats_per_second = 200;
};

// Says on the status topic what the satellite sees: at once when it changes, again from time to time, and once as a
// tombstone when its desired document is gone. The bus may be away: it keeps the newest of each key, no more.
// Thread-safe; Publish and Forget never block.
class StatusPublisher final : public StatusSink {
 public:
  struct Ports {
    bus::Publisher& publisher;
    const clock::Clock& clock;
    metrics::Registry& metrics;
  };

  StatusPublisher(StatusPublisherOptions options, Ports ports);

  void Publish(satellite::v1::StatusDocument draft, std::string_view traceparent) override;
  void Forget(const std::string& key) override;

  // As Publish, for what is said each time whether or not it changed: the sign of life.
  void PublishAlways(satellite::v1::StatusDocument draft);

  // Everything is due now: what the bus had accepted may be lost.
  void SayAllAgain();

  // Says again what is due. To be called about ten times a second.
  void Repeat();

 private:
  struct Said {
    satellite::v1::StatusDocument document;
    absl::Duration at;
  };

  // With the mutex held.
  void Take(satellite::v1::StatusDocument draft, std::string_view traceparent, bool always);
  void Send(Said& said, std::string_view traceparent);

  const StatusPublisherOptions options_;
  const Ports ports_;
  metrics::Counter& sent_;
  metrics::Counter& refused_;
  metrics::Gauge& documents_;
  std::mutex mutex_;
  std::map<std::string, Said> said_;
  // Grows over all keys, so that it grows for each, also for a key that was forgotten and came back.
  int64_t sequence_ = 0;
  // Keys in the order that they were last said in, with the sequence of that; older entries of a key are skipped.
  std::deque<std::pair<std::string, int64_t>> order_;
  absl::Duration repeated_at_;
  double allowance_ = 0;
};

}  // namespace sluice::satellite
