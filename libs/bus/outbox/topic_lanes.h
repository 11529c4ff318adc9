#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/bus/outbox/outbox_row.h"
#include "libs/clock/backoff.h"

namespace sluice::bus {

// What the relay has in flight, by topic. A topic has one batch in flight at a time; one that is slow or fails keeps
// its lane to itself and holds up no other. Pure but for the jitter; one thread.
//
//   rows sent → a report for each → the lane is finished: Done rows, and a back-off when any failed
class TopicLanes {
 public:
  explicit TopicLanes(clock::Random& random) : random_(random) {}

  // The tag for the report of the topic's next row.
  std::uint64_t NextTag(const std::string& topic) { return TagOf(LaneOf(topic)); }
  // `row` has gone out under NextTag(its topic).
  void Sending(OutboxRow row);
  void Report(std::uint64_t tag, bool delivered);

  struct Finished {
    // Delivered, and no earlier row of its key failed: otherwise it is sent again, so that the key's last record on the
    // topic is its newest.
    std::vector<OutboxRow> done;
    // Delivered at all; what a relay whose lease has run out must have said again.
    std::vector<OutboxRow> delivered;
    int failed = 0;
  };
  // All lanes whose reports are complete; their topics are free again after their back-off (100 ms to 3 s).
  Finished TakeFinished(absl::Duration now);

  // Topics that must not be read now: in flight, or in back-off.
  std::vector<std::string> Closed(absl::Duration now) const;
  bool InFlight() const { return in_flight_ > 0; }
  // When the next back-off ends; InfiniteDuration for none.
  absl::Duration NextOpening(absl::Duration now) const;

 private:
  struct Sent {
    OutboxRow row;
    bool reported = false;
    bool delivered = false;
  };
  struct Lane {
    std::vector<Sent> sent;
    std::size_t reports = 0;
    std::uint32_t number = 0;
    absl::Duration opens;
    std::unique_ptr<clock::BackOff> backoff;
  };

  Lane& LaneOf(const std::string& topic);
  static std::uint64_t TagOf(const Lane& lane) {
    return static_cast<std::uint64_t>(lane.number) << 32 | lane.sent.size();
  }
  void Finish(Lane& lane, absl::Duration now, Finished& finished);

  clock::Random& random_;
  std::map<std::string, Lane, std::less<>> lanes_;
  // By Lane::number, for the tags.
  std::vector<Lane*> by_number_;
  int in_flight_ = 0;
};

}  // namespace sluice::bus
