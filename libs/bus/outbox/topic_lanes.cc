#include "libs/bus/outbox/topic_lanes.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace sluice::bus {
namespace {

constexpr absl::Duration kFirstWait = absl::Milliseconds(100);
constexpr absl::Duration kLongestWait = absl::Seconds(3);

}  // namespace

TopicLanes::Lane& TopicLanes::LaneOf(const std::string& topic) {
  auto found = lanes_.find(topic);
  if (found == lanes_.end()) {
    found = lanes_.emplace(topic, Lane()).first;
    found->second.number = static_cast<std::uint32_t>(by_number_.size());
    by_number_.push_back(&found->second);
  }
  return found->second;
}

void TopicLanes::Sending(OutboxRow row) {
  Lane& lane = LaneOf(row.message.topic);
  lane.sent.push_back({.row = std::move(row)});
  ++in_flight_;
}

void TopicLanes::Report(std::uint64_t tag, bool delivered) {
  Lane& lane = *by_number_[tag >> 32];
  Sent& sent = lane.sent[tag & 0xffff'ffff];
  if (sent.reported) return;
  sent.reported = true;
  sent.delivered = delivered;
  ++lane.reports;
  --in_flight_;
}

void TopicLanes::Finish(Lane& lane, absl::Duration now, Finished& finished) {
  std::set<std::string, std::less<>> failed_keys;
  int failed = 0;
  for (Sent& sent : lane.sent) {
    if (!sent.delivered) {
      ++failed;
      failed_keys.insert(sent.row.message.key);
      continue;
    }
    if (sent.row.message.compacted) finished.delivered.push_back(sent.row);
    if (failed_keys.empty() || !failed_keys.contains(sent.row.message.key)) {
      finished.done.push_back(std::move(sent.row));
    }
  }
  finished.failed += failed;
  lane.sent.clear();
  lane.reports = 0;
  if (failed == 0) {
    lane.backoff.reset();
    return;
  }
  if (lane.backoff == nullptr) lane.backoff = std::make_unique<clock::BackOff>(random_, kFirstWait, kLongestWait);
  lane.opens = now + lane.backoff->Next();
}

TopicLanes::Finished TopicLanes::TakeFinished(absl::Duration now) {
  Finished finished;
  for (auto& [topic, lane] : lanes_) {
    if (!lane.sent.empty() && lane.reports == lane.sent.size()) Finish(lane, now, finished);
  }
  return finished;
}

std::vector<std::string> TopicLanes::Closed(absl::Duration now) const {
  std::vector<std::string> closed;
  for (const auto& [topic, lane] : lanes_) {
    if (!lane.sent.empty() || lane.opens > now) closed.push_back(topic);
  }
  return closed;
}

absl::Duration TopicLanes::NextOpening(absl::Duration now) const {
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& [topic, lane] : lanes_) {
    if (lane.sent.empty() && lane.opens > now) next = std::min(next, lane.opens);
  }
  return next;
}

}  // namespace sluice::bus
