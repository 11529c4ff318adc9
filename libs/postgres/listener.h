#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/random.h"
#include "libs/postgres/connect_options.h"

namespace sluice::postgres {

// Hears NOTIFY on one channel over a connection of its own. A notification may be lost around a reconnect, so the
// caller looks for work after each kReconnected and by a sweep besides. One thread calls WaitFor; Wake may come from
// any.
class Listener {
 public:
  enum class Heard { kNothing, kNotification, kWoken, kReconnected, kDisconnected };

  // `channel`: a lower-case SQL name. Does not connect; the first WaitFor does, and returns kReconnected.
  Listener(ConnectOptions options, std::string channel, clock::Random& random);
  ~Listener();

  // Waits up to `timeout`. With the database away: kDisconnected, after at most `timeout`, connecting again with
  // jittered back-off. All buffered notifications are taken together.
  Heard WaitFor(absl::Duration timeout);
  // Ends the current or the next WaitFor at once.
  void Wake();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::postgres
