#include "libs/bus/reader/publish_queue.h"

#include "libs/base/error.h"

namespace sluice::bus {

PublishQueue::Put PublishQueue::Add(QueuedMessage message) {
  const Key key(message.message.topic, message.message.key);
  if (message.message.compacted) {
    if (auto held = held_.find(key); held != held_.end()) {
      held->second = std::move(message);
      return {};
    }
    if (auto waiting = waiting_of_key_.find(key); waiting != waiting_of_key_.end()) {
      order_[waiting->second] = std::move(message);
      return {};
    }
  }
  Put put;
  if (waiting() >= max_messages_) {
    if (samples_.empty()) {
      put.status = MakeError(absl::StatusCode::kResourceExhausted, "too many messages wait to be published",
                             {.reason = "BUS_BACKLOG", .retry_after = absl::Seconds(1)});
      return put;
    }
    const std::uint64_t oldest = *samples_.begin();
    samples_.erase(oldest);
    order_.erase(oldest);
    put.dropped = true;
  }
  if (message.message.compacted && keys_in_flight_.contains(key)) {
    held_.emplace(key, std::move(message));
    return put;
  }
  const std::uint64_t number = next_number_++;
  if (message.message.compacted) {
    waiting_of_key_[key] = number;
  } else {
    samples_.insert(number);
  }
  order_.emplace(number, std::move(message));
  return put;
}

std::optional<QueuedMessage> PublishQueue::Take() {
  if (order_.empty()) return std::nullopt;
  auto first = order_.begin();
  QueuedMessage message = std::move(first->second);
  samples_.erase(first->first);
  order_.erase(first);
  if (message.message.compacted) {
    const Key key(message.message.topic, message.message.key);
    waiting_of_key_.erase(key);
    keys_in_flight_.insert(key);
  }
  ++in_flight_;
  return message;
}

void PublishQueue::Landed(const QueuedMessage& message) {
  --in_flight_;
  if (!message.message.compacted) return;
  const Key key(message.message.topic, message.message.key);
  keys_in_flight_.erase(key);
  auto held = held_.find(key);
  if (held == held_.end()) return;
  QueuedMessage newer = std::move(held->second);
  held_.erase(held);
  Enqueue(key, std::move(newer));
}

void PublishQueue::Enqueue(const Key& key, QueuedMessage message) {
  const std::uint64_t number = next_number_++;
  waiting_of_key_[key] = number;
  order_.emplace(number, std::move(message));
}

void PublishQueue::Delivered(const QueuedMessage& message) { Landed(message); }

bool PublishQueue::Failed(QueuedMessage message) {
  Landed(message);
  if (!message.message.compacted) return false;
  const Key key(message.message.topic, message.message.key);
  if (!waiting_of_key_.contains(key)) Enqueue(key, std::move(message));
  return true;
}

}  // namespace sluice::bus
