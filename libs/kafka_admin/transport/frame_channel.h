#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/kafka_admin/transport/deadline.h"
#include "libs/kafka_admin/transport/stream.h"

namespace sluice::kafka_admin {

// Requests and responses over one stream, each a frame of four bytes of length and then its content, matched by the
// correlation id. Many threads may have requests under way: whoever waits reads for all, and hands the reading on
// when its own response is there. So there is no thread per connection.
//
//   ASSIGN_OR_RETURN(int32_t id, channel.Send(make_frame, deadline));    // several times, to pipeline
//   ASSIGN_OR_RETURN(std::string response, channel.Await(id, deadline)); // once for each id
//
// The first fault breaks the channel for good: every request that waits, and every later one, gets it.
class FrameChannel {
 public:
  struct Limits {
    int32_t max_response_bytes = 64 << 20;
    // With a request under way and not a byte from the broker for this long, the channel is given up.
    absl::Duration silence = absl::Seconds(15);
  };

  FrameChannel(std::unique_ptr<Stream> stream, Limits limits) : stream_(std::move(stream)), limits_(limits) {}

  // Sends the frame that `make_frame` gives for a correlation id (its content, without the length). Unavailable when
  // 1,024 requests are under way already.
  absl::StatusOr<int32_t> Send(const std::function<absl::StatusOr<std::string>(int32_t correlation_id)>& make_frame,
                               Deadline deadline);
  // The response's content after the correlation id. KAFKA_TIMEOUT leaves the channel in use: a late response is
  // dropped.
  absl::StatusOr<std::string> Await(int32_t correlation_id, Deadline deadline);

  // False once broken. When nothing is under way this looks whether the broker has closed the connection, so that a
  // request is not wasted on a connection that idled out.
  bool Healthy();

 private:
  struct Slot {
    Deadline::Clock::time_point sent_at;
    std::optional<std::string> response;
    bool abandoned = false;
  };

  absl::Status WriteAll(const std::string& frame, Deadline deadline);
  // Waits for `events` and takes in what has arrived. Only one thread at a time, the one that set reading_.
  absl::Status ReadStep(short events, Deadline deadline);
  absl::Status TakeFrames();
  // With mutex_ held.
  absl::Status Deliver(std::string frame);
  void Break(absl::Status status);
  bool Silent() const;

  const std::unique_ptr<Stream> stream_;
  const Limits limits_;

  std::timed_mutex write_mutex_;  // a frame is written whole; taken before the others
  std::mutex stream_mutex_;       // one TryRead or TryWrite at a time; never held while waiting
  std::mutex mutex_;              // what follows
  std::condition_variable changed_;
  bool reading_ = false;
  absl::Status broken_;
  int32_t next_id_ = 1;
  std::map<int32_t, Slot> slots_;
  Deadline::Clock::time_point last_byte_at_ = Deadline::Clock::now();

  std::string input_;  // belongs to the reading thread
};

}  // namespace sluice::kafka_admin
