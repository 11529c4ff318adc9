#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/postgres/pool.h"
#include "services/provisioner/core/model/aggregate.h"

namespace sluice::provisioner {

// Rows straight into the database, as a replay of the topics makes them: no outbox, no decision, no side effect.
class PgRebuild {
 public:
  explicit PgRebuild(postgres::Pool& pool) : pool_(pool) {}

  // FAILED_PRECONDITION DATABASE_NOT_EMPTY.
  absl::Status MustBeEmpty();
  // Puts the row unless a newer one is there.
  absl::Status Put(const Aggregate& aggregate);
  absl::Status Erase(Kind kind, const std::string& uid);
  // Statuses of documents that are gone: the topics keep them a while longer than we do.
  absl::Status DropOrphanStatuses();

  struct Checksum {
    std::string kind;
    int64_t rows = 0;
    // SHA-256, in hex, over the rows in the order of their uids: each uid and the SHA-256 of its state.
    std::string sha256;
  };
  // One for each kind, those without rows too; without the satellites' signs of life, which change each 5 s.
  absl::StatusOr<std::vector<Checksum>> Checksums();

 private:
  postgres::Pool& pool_;
};

}  // namespace sluice::provisioner
