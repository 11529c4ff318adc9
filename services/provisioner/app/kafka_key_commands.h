#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/provisioner/app/caller.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/core/model/kafka_cluster.h"
#include "services/provisioner/core/model/operation.h"

namespace sluice::provisioner {

struct CreateKafkaKey {
  std::string cluster;  // resource name
  std::string id;       // empty: one is made
  std::string display_name;
};

struct CreatedKafkaKey {
  KafkaKey key;
  // Shown once. A repeat of the request is FAILED_PRECONDITION SECRET_SHOWN_ONCE. Empty with validate_only.
  std::string password;
  Operation operation;
};

struct DeleteKafkaKey {
  std::string name;
  std::string etag;
};

// Keys of Kafka clusters. Errors as KafkaClusterCommands. Thread-safe.
class KafkaKeyCommands {
 public:
  explicit KafkaKeyCommands(CommandPorts ports) : ports_(ports) {}

  absl::StatusOr<CreatedKafkaKey> Create(const Caller& caller, const CreateKafkaKey& request);
  absl::StatusOr<Operation> Delete(const Caller& caller, const DeleteKafkaKey& request);

 private:
  CommandPorts ports_;
};

}  // namespace sluice::provisioner
