#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/postgres/pool.h"
#include "services/balancer-planner/core/model/rebalance.h"

namespace sluice::balancer_planner {

// Rows straight into the database, as a replay of the events makes them: no outbox, no decision, no side effect.
class PgRebuild {
 public:
  explicit PgRebuild(postgres::Pool& pool) : pool_(pool) {}

  // FAILED_PRECONDITION DATABASE_NOT_EMPTY.
  absl::Status MustBeEmpty();
  // Puts the row unless a newer one is there, as if it had ended; without the plan's moves, which events do not hold.
  absl::Status Put(const Rebalance& rebalance);
  // Once all are put: those that have not ended are open. Of two of one cluster the topic may tell the end of the first
  // after the second.
  absl::Status OpenWhatHasNotEnded();

  struct Checksum {
    int64_t rows = 0;
    // SHA-256, in hex, over the rows in the order of their uids: each uid and the SHA-256 of its state.
    std::string sha256;
  };
  absl::StatusOr<Checksum> ChecksumOfRebalances();

 private:
  postgres::Pool& pool_;
};

}  // namespace sluice::balancer_planner
