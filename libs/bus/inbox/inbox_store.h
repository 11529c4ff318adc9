#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "libs/bus/event.h"

namespace sluice::bus {

// topic and key
using KeyOfTopic = std::pair<std::string, std::string>;

// A record that no handler will see.
struct Rejection {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string reason;
  std::string error;
  std::string raw_key;
  std::string raw_value;
};

struct RetryingKey {
  KeyOfTopic key;
  int attempts = 0;
  int releases = 0;
};

struct ParkedCounts {
  std::int64_t retrying_keys = 0;
  std::int64_t parked_keys = 0;
  std::int64_t records = 0;
};

// The inbox's SQL, for one consumer. Each call is one statement of the caller's transaction; exceptions of pqxx go
// through.
class InboxStore {
 public:
  explicit InboxStore(std::string consumer) : consumer_(std::move(consumer)) {}

  // Records `events` as handled; the result says for each whether that is news.
  std::vector<bool> Insert(pqxx::transaction_base& transaction, std::span<const ReceivedEvent> events) const;

  // Which of the events' keys are set aside. They stay so until the transaction ends.
  std::set<KeyOfTopic> SetAside(pqxx::transaction_base& transaction, std::span<const ReceivedEvent> events) const;
  // Puts a record behind those of its key.
  void Append(pqxx::transaction_base& transaction, const ReceivedEvent& event) const;
  // Sets a key aside after its first failure.
  void SetKeyAside(pqxx::transaction_base& transaction, const ReceivedEvent& event, std::string_view error) const;
  void Reject(pqxx::transaction_base& transaction, const Rejection& rejection) const;

  std::vector<RetryingKey> Retrying(pqxx::transaction_base& transaction) const;
  // Takes the key for this transaction; false when another one has it, or it is not RETRYING any more.
  bool LockKey(pqxx::transaction_base& transaction, const KeyOfTopic& key) const;
  // The key's first record and its position.
  std::optional<std::pair<std::int64_t, ReceivedEvent>> First(pqxx::transaction_base& transaction,
                                                              const KeyOfTopic& key) const;
  // The first record is handled: forgets it. A later one that fails has all its tries again.
  void RemoveFirst(pqxx::transaction_base& transaction, const KeyOfTopic& key, std::int64_t position) const;
  // Nothing waits any more: the key flows again.
  void RemoveKey(pqxx::transaction_base& transaction, const KeyOfTopic& key) const;
  // One more failure; PARKED from `max_attempts` on. Returns the attempts so far.
  int CountFailure(pqxx::transaction_base& transaction, const KeyOfTopic& key, std::string_view error,
                   int max_attempts) const;

  // `records` is counted up to `at_most`.
  ParkedCounts Count(pqxx::transaction_base& transaction, int at_most) const;
  // How many rows it were, at most kPruneAtMost.
  static constexpr int kPruneAtMost = 5000;
  std::int64_t Prune(pqxx::transaction_base& transaction, absl::Duration retention) const;

 private:
  const std::string consumer_;
};

}  // namespace sluice::bus
