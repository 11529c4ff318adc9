#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event.h"
#include "libs/kafka_client/connection.h"

namespace sluice::bus {

struct ReplayResult {
  std::int64_t events = 0;
  // Records that cannot be decoded or are forged; they are skipped.
  std::int64_t rejected = 0;
};

// Reads `topics` from the beginning to where they end now, and gives each event to `apply`: the order of a key is kept,
// the topics are read one after the other in the order given. Commits nothing, so it can be done at any time and by
// anyone who may read. Ends at the first error of `apply`, or with DEADLINE_EXCEEDED after `timeout` without progress.
absl::StatusOr<ReplayResult> Replay(const kafka_client::ConnectionOptions& kafka, const std::string& group_id,
                                    const std::vector<std::string>& topics, absl::Duration timeout,
                                    absl::FunctionRef<absl::Status(const ReceivedEvent&)> apply);

}  // namespace sluice::bus
