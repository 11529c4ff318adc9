#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event.h"
#include "libs/kafka_client/connection.h"
#include "libs/metrics/metrics.h"

namespace sluice::bus {

// The port of a process without PostgreSQL: the documents of a compacted topic, first the last of each key that the
// topic holds, then those that come. Nothing is given out until the end of what was there has been read: a document may
// lie before its own tombstone. For each key only ever a higher generation than before; what is older, a duplicate,
// forged or undecodable is counted and dropped. One thread.
class DocumentSource {
 public:
  virtual ~DocumentSource() = default;

  // What is new, in the order of the log, at most 500; empty after `timeout`. A tombstone has no payload. UNAVAILABLE
  // while Kafka is away (keep calling); INTERNAL with reason KAFKA_FATAL: end the process.
  virtual absl::StatusOr<std::vector<ReceivedEvent>> Poll(absl::Duration timeout) = 0;

  // True once everything that the topic held when the reader began has been given out: only then does a key's absence
  // mean that there is no such document.
  virtual bool caught_up() const = 0;
};

struct CompactedReaderOptions {
  kafka_client::ConnectionOptions kafka;
  // Any name that the ACLs allow; nothing is committed to it.
  std::string group_id;
  std::string topic;
  // Records of another source are dropped (FORGED_SOURCE); empty: topics.h's CheckSource decides.
  std::string source;
  // Keys with a tombstone that are remembered, the oldest forgotten first.
  int max_tombstones = 100'000;
};

// Does not connect yet; `registry` outlives it.
std::unique_ptr<DocumentSource> NewCompactedReader(CompactedReaderOptions options, metrics::Registry& registry);

}  // namespace sluice::bus
