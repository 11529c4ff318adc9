#include "libs/bus/outbox/relay_lease.h"

#include <algorithm>
#include <utility>

#include "libs/base/status.h"
#include "libs/log/log.h"

namespace sluice::bus {
namespace {

// Session-level, in the service's own database.
constexpr char kTryLock[] = "pg_try_advisory_lock(hashtextextended('sluice.bus_relay', 0))";
constexpr char kUnlock[] = "SELECT pg_advisory_unlock_all()";

// Everything here is one statement; sent twice it does no harm, since epoch and beat are compared.
postgres::TransactionOptions OneStatement(absl::Duration lease) {
  return {.timeout = std::min(lease / 2, absl::Seconds(5)), .single_statement = true};
}

}  // namespace

RelayLease::RelayLease(postgres::Pool& pool, const clock::Clock& clock, absl::Duration lease, std::string holder)
    : pool_(pool), clock_(clock), lease_(lease), holder_(std::move(holder)) {}

bool RelayLease::held() const { return held_ && clock_.MonotonicNow() < deadline(); }

absl::Duration RelayLease::next_tick() const {
  if (!ticked_) return absl::ZeroDuration();
  return tried_ + (held_ ? lease_ / 6 : std::min(lease_ / 8, absl::Milliseconds(500)));
}

absl::Status RelayLease::Tick() {
  const absl::Duration now = clock_.MonotonicNow();
  if (now < next_tick()) return absl::OkStatus();
  tried_ = now;
  ticked_ = true;
  return held_ ? Renew(now) : Watch(now);
}

absl::Status RelayLease::Renew(absl::Duration now) {
  int session = 0;
  bool ours = false;
  bool locked = false;
  RETURN_IF_ERROR(pool_.InTransaction(OneStatement(lease_), [&](pqxx::transaction_base& transaction) {
    const pqxx::result result = transaction.exec_params(
        "UPDATE bus_relay_lease SET beat = beat + 1 WHERE epoch = $1 RETURNING beat, pg_backend_pid(), locked", epoch_);
    ours = !result.empty();
    if (!ours) return absl::OkStatus();
    beat_ = result[0][0].as<std::int64_t>();
    session = result[0][1].as<int>();
    locked = result[0][2].as<bool>();
    return absl::OkStatus();
  }));
  if (!ours) {
    log::Warn("relay lease lost", {{"holder", holder_}, {"epoch", epoch_}});
    Lose();
    return absl::OkStatus();
  }
  renewed_ = now;
  if (locked && session == session_) return absl::OkStatus();
  // Our session is new, or a predecessor's still holds the lock. Asked again at each renewal until it is ours.
  session_ = session;
  return pool_.InTransaction(OneStatement(lease_), [&](pqxx::transaction_base& transaction) {
    transaction.exec_params(std::string("UPDATE bus_relay_lease SET locked = ") + kTryLock + " WHERE epoch = $1",
                            epoch_);
    return absl::OkStatus();
  });
}

absl::Status RelayLease::Watch(absl::Duration now) {
  bool gone = false, given_back = false, got_lock = false;
  RETURN_IF_ERROR(pool_.InTransaction(OneStatement(lease_), [&](pqxx::transaction_base& transaction) {
    // The lock is tried only where the holder's session should have it: otherwise getting it says nothing.
    const pqxx::row row =
        transaction.exec1(std::string("SELECT epoch, beat, holder = '', CASE WHEN holder = '' OR locked "
                                      "THEN ") +
                          kTryLock + " ELSE false END FROM bus_relay_lease");
    const auto epoch = row[0].as<std::int64_t>();
    const auto beat = row[1].as<std::int64_t>();
    if (epoch != seen_.epoch || beat != seen_.beat) seen_ = {epoch, beat, now};
    given_back = row[2].as<bool>();
    got_lock = row[3].as<bool>();
    gone = now - seen_.since >= lease_;
    return absl::OkStatus();
  }));
  if (!gone && !given_back && !got_lock) return absl::OkStatus();
  return Take(now, got_lock, given_back);
}

absl::Status RelayLease::Take(absl::Duration now, bool locked, bool clean) {
  bool taken = false;
  RETURN_IF_ERROR(pool_.InTransaction(OneStatement(lease_), [&](pqxx::transaction_base& transaction) {
    const pqxx::result result = transaction.exec_params(
        "UPDATE bus_relay_lease SET epoch = epoch + 1, beat = beat + 1, holder = $1, locked = $2 WHERE epoch = $3 AND "
        "beat = $4 RETURNING epoch, beat, pg_backend_pid()",
        holder_, locked, seen_.epoch, seen_.beat);
    taken = !result.empty();
    if (!taken) return absl::OkStatus();
    epoch_ = result[0][0].as<std::int64_t>();
    beat_ = result[0][1].as<std::int64_t>();
    session_ = result[0][2].as<int>();
    return absl::OkStatus();
  }));
  if (!taken) {
    Lose();
    return absl::OkStatus();
  }
  held_ = true;
  clean_ = clean;
  renewed_ = now;
  log::Info("relay lease taken", {{"holder", holder_}, {"epoch", epoch_}, {"clean", clean}});
  return absl::OkStatus();
}

void RelayLease::Lose() {
  held_ = false;
  epoch_ = 0;
  seen_ = {};
  // A lock that we keep would hide from the others that the holder's session is gone. Fails only with the session
  // itself.
  (void)pool_.InTransaction(OneStatement(lease_), [](pqxx::transaction_base& transaction) {
    transaction.exec(kUnlock);
    return absl::OkStatus();
  });
}

void RelayLease::Release() {
  if (!held_) return;
  (void)pool_.InTransaction(OneStatement(lease_), [&](pqxx::transaction_base& transaction) {
    transaction.exec_params("UPDATE bus_relay_lease SET holder = '', locked = false, beat = beat + 1 WHERE epoch = $1",
                            epoch_);
    return absl::OkStatus();
  });
  Lose();
}

}  // namespace sluice::bus
