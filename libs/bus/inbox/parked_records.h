#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/postgres/pool.h"

namespace sluice::bus {

// A key whose first record keeps failing; later ones wait behind it.
struct ParkedKey {
  std::string consumer;
  std::string topic;
  std::string key;
  // RETRYING while the consumer still tries by itself, PARKED when only Release helps.
  std::string state;
  int attempts = 0;
  std::int64_t records = 0;
  std::string last_error;
  absl::Time since;
};

// A record set aside for good: it cannot be decoded, or its source is forged.
struct RejectedRecord {
  std::string consumer;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string reason;  // UNDECODABLE_RECORD or FORGED_SOURCE
  std::string error;
  absl::Time time;
};

// For operators and tests: what InboxConsumers have set aside. Any process with the database may use it. Thread-safe.
class ParkedRecords {
 public:
  explicit ParkedRecords(postgres::Pool& pool) : pool_(pool) {}

  // At most `limit`, oldest first. `consumer` empty: all.
  absl::StatusOr<std::vector<ParkedKey>> List(const std::string& consumer, int limit);
  absl::StatusOr<std::vector<RejectedRecord>> ListRejected(const std::string& consumer, int limit);
  // The running consumer handles the key's records again, in order, from within a second; the key flows again after the
  // last. NOT_FOUND with reason PARKED_KEY_NOT_FOUND.
  absl::Status Release(const std::string& consumer, const std::string& topic, const std::string& key);
  // Forgets the key's first record only (the poison), then releases the rest. Audited by the log.
  absl::Status DiscardFirst(const std::string& consumer, const std::string& topic, const std::string& key);

 private:
  postgres::Pool& pool_;
};

}  // namespace sluice::bus
