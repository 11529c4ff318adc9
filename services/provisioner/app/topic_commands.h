#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "services/provisioner/app/caller.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/core/model/kafka_cluster.h"
#include "services/provisioner/core/model/operation.h"

namespace sluice::provisioner {

struct CreateTopic {
  std::string cluster;  // resource name
  std::string id;
  int32_t partitions = 0;  // 0: 1
  std::map<std::string, std::string> configs;
};

struct UpdateTopic {
  std::string name;
  std::string etag;
  int32_t partitions = 0;
  std::map<std::string, std::string> configs;
  // partitions, configs, configs.KEY
  std::set<std::string> update_mask;
};

struct DeleteTopic {
  std::string name;
};

// Topics are Kafka's: a mutation is a wish in the cluster's desired document until a status confirms it. Errors as
// KafkaClusterCommands. Thread-safe.
class TopicCommands {
 public:
  explicit TopicCommands(CommandPorts ports) : ports_(ports) {}

  absl::StatusOr<Operation> Create(const Caller& caller, const CreateTopic& request);
  absl::StatusOr<Operation> Update(const Caller& caller, const UpdateTopic& request);
  absl::StatusOr<Operation> Delete(const Caller& caller, const DeleteTopic& request);

 private:
  CommandPorts ports_;
};

}  // namespace sluice::provisioner
