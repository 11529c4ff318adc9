#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "libs/bus/event.h"

namespace sluice::bus {

// A message with the id that it keeps over its resends.
struct QueuedMessage {
  std::string ce_id;
  absl::Time time;
  OutboxMessage message;
};

// What a publisher has still to send, bounded. Compacted messages: the newest of each key, and one of a key at a time
// in flight, so that a resend never comes behind a newer one. Others: in order, the oldest dropped when it is full.
// Pure; not thread-safe.
class PublishQueue {
 public:
  explicit PublishQueue(int max_messages) : max_messages_(max_messages) {}

  struct Put {
    // RESOURCE_EXHAUSTED with reason BUS_BACKLOG: nothing could make room.
    absl::Status status;
    // A message that was dropped for it.
    bool dropped = false;
  };
  Put Add(QueuedMessage message);

  // The next one to send, which is in flight from now on.
  std::optional<QueuedMessage> Take();
  // What became of it. A compacted one that failed waits again, unless a newer one does.
  void Delivered(const QueuedMessage& message);
  // False: it is lost.
  bool Failed(QueuedMessage message);

  bool empty() const { return waiting() == 0 && in_flight_ == 0; }
  bool has_next() const { return !order_.empty(); }
  int waiting() const { return static_cast<int>(order_.size() + held_.size()); }
  int in_flight() const { return in_flight_; }

 private:
  using Key = std::pair<std::string, std::string>;

  void Landed(const QueuedMessage& message);
  void Enqueue(const Key& key, QueuedMessage message);

  const int max_messages_;
  std::uint64_t next_number_ = 0;
  // What may be sent, in that order.
  std::map<std::uint64_t, QueuedMessage> order_;
  std::map<Key, std::uint64_t> waiting_of_key_;
  std::set<std::uint64_t> samples_;
  std::set<Key> keys_in_flight_;
  // Waits until its key is no longer in flight.
  std::map<Key, QueuedMessage> held_;
  int in_flight_ = 0;
};

}  // namespace sluice::bus
