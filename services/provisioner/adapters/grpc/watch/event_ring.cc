#include "services/provisioner/adapters/grpc/watch/event_ring.h"

#include <algorithm>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/log/log.h"
#include "services/provisioner/adapters/records/state_records.h"
#include "services/provisioner/adapters/records/topic_records.h"

namespace sluice::provisioner {

namespace {

absl::StatusOr<WatchNews> Decode(std::optional<Kind> kind, const std::string& payload) {
  if (!kind) {
    ASSIGN_OR_RETURN(TopicNews news, records::DecodeTopicNews(payload));
    const bool erased = news.erased;
    return WatchNews{std::move(news), erased};
  }
  ASSIGN_OR_RETURN(records::DecodedEvent decoded, records::DecodeEvent(*kind, payload));
  return WatchNews{std::move(decoded.aggregate), decoded.erased};
}

}  // namespace

const WatchNews* RingEvent::news() const {
  std::call_once(decoded_, [this] {
    absl::StatusOr<WatchNews> decoded = Decode(kind_, payload_);
    if (decoded.ok()) {
      news_ = *std::move(decoded);
    } else {
      log::Warn("an event cannot be decoded",
                {{"kind", kind_ ? KindName(*kind_) : records::kTopicEvents}, {"offset", offset_}});
    }
  });
  return news_ ? &*news_ : nullptr;
}

void EventRing::Begin(std::vector<int64_t> first_offsets) {
  std::lock_guard lock(mutex_);
  // Numbers go on, so that readers from before see that they lost their place.
  first_number_ += static_cast<int64_t>(events_.size()) + (ready_ ? 1 : 0);
  events_.clear();
  bytes_ = 0;
  first_offsets_ = first_offsets;
  next_offsets_ = std::move(first_offsets);
  ready_ = true;
}

void EventRing::Append(std::shared_ptr<const RingEvent> event) {
  std::lock_guard lock(mutex_);
  const auto slot = static_cast<std::size_t>(event->slot());
  next_offsets_[slot] = std::max(next_offsets_[slot], event->offset() + 1);
  bytes_ += event->bytes();
  events_.push_back(std::move(event));
  while (events_.size() > bounds_.events || (bytes_ > bounds_.bytes && events_.size() > 1)) {
    const RingEvent& oldest = *events_.front();
    first_offsets_[static_cast<std::size_t>(oldest.slot())] = oldest.offset() + 1;
    bytes_ -= oldest.bytes();
    events_.pop_front();
    ++first_number_;
  }
}

void EventRing::WakeReaders() {
  std::lock_guard lock(mutex_);
  for (const auto& [subscription, waker] : wakers_) waker();
}

bool EventRing::ready() const {
  std::lock_guard lock(mutex_);
  return ready_;
}

absl::StatusOr<EventRing::Place> EventRing::End() const {
  std::lock_guard lock(mutex_);
  if (!ready_) {
    return MakeError(absl::StatusCode::kUnavailable, "the event topics cannot be read yet",
                     {.reason = "WATCH_NOT_READY", .remedy = "try again", .retry_after = absl::Seconds(1)});
  }
  return Place{first_number_ + static_cast<int64_t>(events_.size()), next_offsets_};
}

absl::StatusOr<EventRing::Place> EventRing::Resume(std::vector<int64_t> offsets) const {
  if (absl::StatusOr<Place> end = End(); !end.ok()) return end.status();
  std::lock_guard lock(mutex_);
  // Of another number: from before there was a further event topic or partition.
  bool reaches_back = offsets.size() == first_offsets_.size();
  for (std::size_t slot = 0; reaches_back && slot < offsets.size(); ++slot) {
    reaches_back = offsets[slot] >= first_offsets_[slot];
  }
  if (!reaches_back) {
    return MakeError(absl::StatusCode::kOutOfRange, "resume_token is older than what is kept",
                     {.reason = "RESUME_TOKEN_EXPIRED",
                      .field = "resume_token",
                      .remedy = "watch without a token: the present state comes first then"});
  }
  return Place{first_number_, std::move(offsets)};
}

EventRing::Reading EventRing::Next(Place& place, std::shared_ptr<const RingEvent>& event) const {
  std::lock_guard lock(mutex_);
  while (true) {
    if (place.number < first_number_) return Reading::kLost;
    const auto index = static_cast<std::size_t>(place.number - first_number_);
    if (index >= events_.size()) return Reading::kNoneYet;
    ++place.number;
    const auto slot = static_cast<std::size_t>(events_[index]->slot());
    // Seen before the reader resumed.
    if (events_[index]->offset() < place.offsets[slot]) continue;
    place.offsets[slot] = events_[index]->offset() + 1;
    event = events_[index];
    return Reading::kEvent;
  }
}

double EventRing::Lag(const Place& place) const {
  std::lock_guard lock(mutex_);
  const auto behind = static_cast<double>(first_number_ + static_cast<int64_t>(events_.size()) - place.number);
  // Whichever bound is nearer.
  const double full = std::max(static_cast<double>(events_.size()) / static_cast<double>(bounds_.events),
                               static_cast<double>(bytes_) / static_cast<double>(bounds_.bytes));
  return events_.empty() ? 0 : full * behind / static_cast<double>(events_.size());
}

int64_t EventRing::Subscribe(std::function<void()> waker) {
  std::lock_guard lock(mutex_);
  wakers_.emplace(next_subscription_, std::move(waker));
  return next_subscription_++;
}

void EventRing::Unsubscribe(int64_t subscription) {
  std::lock_guard lock(mutex_);
  wakers_.erase(subscription);
}

}  // namespace sluice::provisioner
