#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "services/satellite/adapters/local/node_record.h"
#include "services/satellite/ports/substrate.h"

namespace sluice::satellite {

// One node's folder and process. In the folder: node.json (NodeRecord), lock, server.properties, keystore.pem, log/,
// data/.
//
// At most one process runs, whoever dies when: the process inherits the descriptor that holds the flock on `lock`, so
// the lock is held exactly while it lives. A start takes the lock first. A lock that is held while the record knows no
// process means that we died between spawn and record: the process is then found by its command line and taken over.
// Not thread-safe; cheap to make, nothing is kept between calls but names.
class LocalNode {
 public:
  struct Launch {
    std::vector<std::string> arguments;
    std::string version;
    std::string digest;
    std::string certificate_fingerprint;
  };

  // `marker` is unique on the machine (NodeCommand::marker).
  LocalNode(std::string folder, std::string marker, const clock::Clock& clock)
      : folder_(std::move(folder)), marker_(std::move(marker)), clock_(clock) {}

  const std::string& folder() const { return folder_; }
  std::string properties_file() const { return folder_ + "/server.properties"; }
  std::string keystore_file() const { return folder_ + "/keystore.pem"; }
  std::string data_folder() const { return folder_ + "/data"; }

  // Makes the folder with its first record. Fine when it is there.
  absl::Status Create(int32_t node_id, const NodePorts& ports, const std::string& rack);
  // NotFound when the folder has no record, DataLoss RECORD_CORRUPT when it cannot be read.
  absl::StatusOr<NodeRecord> Load() const;
  absl::Status Save(const NodeRecord& record) const;
  // A new record in place of a corrupt one, which is kept beside it: ports as server.properties has them.
  absl::StatusOr<NodeRecord> Rebuild(int32_t node_id) const;

  // The record as it is true now: ends and adoptions are noticed and written down.
  absl::StatusOr<NodeRecord> Refresh();
  absl::StatusOr<NodeRecord> Start(const Launch& launch);
  absl::Status Stop();
  absl::Status Kill();

 private:
  absl::StatusOr<NodeRecord> Ended(NodeRecord record) const;
  absl::StatusOr<NodeRecord> Adopt(NodeRecord record) const;
  absl::StatusOr<NodeRecord> ForgetOtherBoot(NodeRecord record) const;
  int64_t NowMs() const { return absl::ToInt64Milliseconds(clock_.MonotonicNow()); }

  const std::string folder_;
  const std::string marker_;
  const clock::Clock& clock_;
};

}  // namespace sluice::satellite
