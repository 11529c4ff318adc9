#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/provisioner/adapters/grpc/watch/watch_news.h"
#include "services/provisioner/core/model/aggregate.h"

namespace sluice::provisioner {

// A change as it came from its event topic. Decoded once, by the first stream that wants to know.
class RingEvent {
 public:
  // `kind` of the rows that its topic tells of; none: Kafka topics, which have no rows.
  RingEvent(int slot, int64_t offset, std::optional<Kind> kind, absl::Time time, std::string payload)
      : slot_(slot), offset_(offset), kind_(kind), time_(time), payload_(std::move(payload)) {}

  // Which of the followed partitions it came from, and where in it it stood.
  int slot() const { return slot_; }
  int64_t offset() const { return offset_; }
  absl::Time time() const { return time_; }
  std::size_t bytes() const { return payload_.size() + 200; }

  // What it tells of; null when it cannot be decoded.
  const WatchNews* news() const;

 private:
  const int slot_;
  const int64_t offset_;
  const std::optional<Kind> kind_;
  const absl::Time time_;
  const std::string payload_;
  mutable std::once_flag decoded_;
  mutable std::optional<WatchNews> news_;
};

// The newest events of all followed partitions, bounded by number and bytes: one per process, read by every stream at a
// place of its own, so a stream costs no buffer. Thread-safe.
class EventRing {
 public:
  struct Bounds {
    std::size_t events = 50'000;
    std::size_t bytes = 32 * 1024 * 1024;
  };
  // Where a reader stands: the number of the next event in the ring, and per slot the next offset.
  struct Place {
    int64_t number = 0;
    std::vector<int64_t> offsets;
  };

  explicit EventRing(Bounds bounds) : bounds_(bounds) {}

  // Called once by the tail before the first Append: the offset at which each slot begins. Empty again when it has lost
  // its place and begins anew.
  void Begin(std::vector<int64_t> first_offsets);
  void Append(std::shared_ptr<const RingEvent> event);
  // After one or several Appends.
  void WakeReaders();

  bool ready() const;
  // Behind the newest event. UNAVAILABLE WATCH_NOT_READY before Begin.
  absl::StatusOr<Place> End() const;
  // Where a reader goes on that has seen all before `offsets`. OUT_OF_RANGE RESUME_TOKEN_EXPIRED when something since
  // is no longer here, or there are not as many as slots.
  absl::StatusOr<Place> Resume(std::vector<int64_t> offsets) const;

  enum class Reading { kEvent, kNoneYet, kLost };
  // The event at place.number. Steps over it.
  Reading Next(Place& place, std::shared_ptr<const RingEvent>& event) const;
  // How much of the ring lies before the reader: at 1 it loses events.
  double Lag(const Place& place) const;

  int64_t Subscribe(std::function<void()> waker);
  void Unsubscribe(int64_t subscription);

 private:
  const Bounds bounds_;
  mutable std::mutex mutex_;
  bool ready_ = false;
  std::deque<std::shared_ptr<const RingEvent>> events_;
  int64_t first_number_ = 0;
  std::size_t bytes_ = 0;
  // Per slot: the first offset that is still here, and the next one to come.
  std::vector<int64_t> first_offsets_;
  std::vector<int64_t> next_offsets_;
  int64_t next_subscription_ = 1;
  std::map<int64_t, std::function<void()>> wakers_;
};

}  // namespace sluice::provisioner
