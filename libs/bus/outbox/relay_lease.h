#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/postgres/pool.h"

namespace sluice::bus {

// Which relay may send: the row of bus_relay_lease. No wall clock takes part, so a clock that is set back or on neither
// stops the relay nor gives its lease away:
//
//   holder   renews `beat` each lease/6 and counts its own time from before the statement was sent
//   watcher  takes the lease (epoch + 1) when epoch and beat have not changed for `lease` by its own clock,
//            or at once when the holder gave it back, or when the holder's session is gone (its advisory lock is free)
//
// A session can be gone while its process lives and still has records in its queue: the new holder says the last of
// each key again once those are dead (Relay). One thread.
class RelayLease {
 public:
  RelayLease(postgres::Pool& pool, const clock::Clock& clock, absl::Duration lease, std::string holder);

  // Renews or tries to take it when that is due. `held()` says the result; an error means that the database is away.
  absl::Status Tick();
  // Gives it back, so that a successor need not wait.
  void Release();

  bool held() const;
  // Until when it surely is ours, by the monotonic clock. Meaningless when not held.
  absl::Duration deadline() const { return renewed_ + lease_; }
  std::int64_t epoch() const { return epoch_; }
  std::int64_t beat() const { return beat_; }
  // Whether the holder before us gave it back by itself, with nothing left in its queue.
  bool taken_over_cleanly() const { return clean_; }
  // When Tick has something to do next.
  absl::Duration next_tick() const;

 private:
  struct Seen {
    std::int64_t epoch = -1;
    std::int64_t beat = -1;
    absl::Duration since;
  };

  absl::Status Renew(absl::Duration now);
  absl::Status Watch(absl::Duration now);
  absl::Status Take(absl::Duration now, bool locked, bool clean);
  void Lose();

  postgres::Pool& pool_;
  const clock::Clock& clock_;
  const absl::Duration lease_;
  const std::string holder_;

  bool held_ = false;
  bool clean_ = false;
  std::int64_t epoch_ = 0;
  std::int64_t beat_ = 0;
  // Of the server process of our session; another one means that the advisory lock is gone.
  int session_ = 0;
  absl::Duration renewed_;
  absl::Duration tried_;
  bool ticked_ = false;
  Seen seen_;
};

}  // namespace sluice::bus
