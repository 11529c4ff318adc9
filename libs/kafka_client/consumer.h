#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_client/connection.h"

namespace sluice::kafka_client {

struct ConsumerOptions {
  ConnectionOptions connection;
  // Its consumer group; for Assign without commits any name does that the ACLs allow.
  std::string group_id;
  // Its name as a static member: one that comes back under it has its partitions again at once, and whoever else bears
  // it is put out with a fatal error. Empty: a dynamic member, whose successor waits for session_timeout.
  std::string group_instance_id;
  // Where to begin without a committed offset, and when the offset is gone.
  bool from_beginning = true;
  // A member that does not Poll for so long loses its partitions.
  absl::Duration max_poll_interval = absl::Minutes(5);
  absl::Duration session_timeout = absl::Seconds(6);
  // The local queue's bound over all partitions.
  int max_queued_kib = 16 * 1024;
  // Called from Poll each time that a partition has been read to its end; empty: not wanted.
  std::function<void(const TopicPartition&)> on_end;
};

// A record as it came. Owns its bytes.
struct ConsumerRecord {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  absl::Time timestamp;
  std::optional<std::string> key;
  // Unset: a tombstone.
  std::optional<std::string> value;
  std::vector<Header> headers;
};

struct Position {
  TopicPartition partition;
  // The next offset to read; kBeginning or kEnd where that is allowed.
  std::int64_t offset = 0;
  static constexpr std::int64_t kBeginning = -2, kEnd = -1;
};

// Offsets of the first record and of the one after the last.
struct Watermarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

// Called from Poll, Subscribe or Close, on their thread.
struct RebalanceCallbacks {
  std::function<void(const std::vector<TopicPartition>&)> on_assigned;
  // Commit what is done before it returns; after it the partitions belong to someone else. `lost`: they do already.
  std::function<void(const std::vector<TopicPartition>&, bool lost)> on_revoked;
};

// Offsets are committed by hand only. One thread uses it.
class Consumer {
 public:
  static absl::StatusOr<std::unique_ptr<Consumer>> Create(const ConsumerOptions& options,
                                                          RebalanceCallbacks callbacks = {});
  virtual ~Consumer() = default;

  // As a group's member: the broker shares out the partitions.
  virtual absl::Status Subscribe(const std::vector<std::string>& topics) = 0;
  // On its own, from given offsets: for tailing and replay.
  virtual absl::Status Assign(const std::vector<Position>& positions) = 0;

  // The next record; nothing when none came within `timeout` (0: what is there). UNAVAILABLE (all brokers down),
  // PERMISSION_DENIED, NOT_FOUND (unknown topic) may pass: keep polling. INTERNAL with reason KAFKA_FATAL: end the
  // process.
  virtual absl::StatusOr<std::optional<ConsumerRecord>> Poll(absl::Duration timeout) = 0;

  // `positions`: the next offset of each partition. Asynchronous: the last one wins, a failure is seen at the next
  // commit.
  virtual absl::Status CommitAsync(const std::vector<Position>& positions) = 0;
  virtual absl::Status CommitSync(const std::vector<Position>& positions) = 0;

  virtual absl::Status Seek(const Position& position, absl::Duration timeout) = 0;
  virtual absl::Status Pause(const std::vector<TopicPartition>& partitions) = 0;
  virtual absl::Status Resume(const std::vector<TopicPartition>& partitions) = 0;

  // NOT_FOUND with reason KAFKA_UNKNOWN_TOPIC.
  virtual absl::StatusOr<std::vector<TopicPartition>> PartitionsOf(const std::string& topic,
                                                                   absl::Duration timeout) = 0;
  virtual absl::StatusOr<Watermarks> WatermarksOf(const TopicPartition& partition, absl::Duration timeout) = 0;
  // The end of a partition as the last fetch told; nothing before the first. Asks nobody.
  virtual std::optional<std::int64_t> KnownEndOf(const TopicPartition& partition) const = 0;
  // What the group has committed: the next offset, or nothing.
  virtual absl::StatusOr<std::optional<std::int64_t>> CommittedOf(const TopicPartition& partition,
                                                                  absl::Duration timeout) = 0;
  // Leaves the group; on_revoked is called. The destructor does it too.
  virtual void Close() = 0;
};

}  // namespace sluice::kafka_client
