#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/outbox/outbox_row.h"
#include "libs/postgres/pool.h"

namespace sluice::bus {

// topic and key
using TopicKey = std::pair<std::string, std::string>;

struct BacklogCount {
  std::map<std::string, std::int64_t, std::less<>> rows_of_topic;
  absl::Duration age_of_oldest;
};

// The relay's SQL. Wants a pool made with Prepared(). One thread.
class RelayStore {
 public:
  explicit RelayStore(postgres::Pool& pool) : pool_(pool) {}

  static std::vector<std::pair<std::string, std::string>> Prepared();

  // Unsent rows in the order of their ids, those of `without` left out; at most `limit` rows and about 8 MiB. Never "id
  // > last": ids commit out of order.
  absl::StatusOr<std::vector<OutboxRow>> Read(int limit, const std::vector<std::string>& without);

  // Deletes rows that Kafka has acknowledged and keeps the last of each compacted key in bus_latest. Does nothing and
  // says false when `epoch` is not the lease's any more.
  absl::StatusOr<bool> Acknowledge(const std::vector<std::int64_t>& ids, bool any_compacted, std::int64_t epoch,
                                   std::int64_t beat);

  // Marks what is to be said again: keys that were sent too late, or all that was acknowledged since `beat`.
  absl::Status MarkForRepublish(const std::vector<TopicKey>& keys);
  absl::StatusOr<std::int64_t> MarkForRepublishSince(std::int64_t beat);
  absl::StatusOr<std::vector<OutboxRow>> ReadMarked(int limit, const std::vector<std::string>& without);
  absl::Status Unmark(const std::vector<OutboxRow>& rows);

  // Tombstones that were acknowledged before `beat`, at most 1,000.
  absl::Status PruneTombstones(std::int64_t beat);
  absl::StatusOr<BacklogCount> Count();

 private:
  postgres::Pool& pool_;
};

}  // namespace sluice::bus
