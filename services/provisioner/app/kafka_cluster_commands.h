#pragma once

#include <optional>
#include <set>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "libs/failpoint/failpoint.h"
#include "services/provisioner/app/caller.h"
#include "services/provisioner/app/command_ports.h"
#include "services/provisioner/core/lifecycle/operation_machine.h"
#include "services/provisioner/core/model/cluster_family.h"
#include "services/provisioner/core/model/kafka_cluster.h"
#include "services/provisioner/core/model/operation.h"

namespace sluice::provisioner {

// What a caller wishes of a new cluster; the fields of the API's KafkaCluster that a caller may set.
struct KafkaClusterWish {
  std::string display_name;
  Labels labels;
  ClusterType type = ClusterType::kServerless;
  std::string region;
  int32_t brokers = 0;
  int64_t broker_disk_mib = 0;
  std::string kafka_version;
  Limits limits;
  bool deletion_protection = false;
};

struct CreateKafkaCluster {
  std::string organization;
  std::string environment;
  std::string id;
  KafkaClusterWish wish;
};

struct UpdateKafkaCluster {
  std::string name;
  std::string etag;  // empty: not checked
  KafkaClusterWish wish;
  // Paths of the mask: display_name, labels, limits, limits.partitions (and its like), brokers, broker_disk_mib,
  // kafka_version, deletion_protection.
  std::set<std::string> update_mask;
};

struct DeleteKafkaCluster {
  std::string name;
  std::string etag;
  bool force = false;
  bool purge_now = false;
};

struct UndeleteKafkaCluster {
  std::string name;
};

// Kafka clusters' mutations. Each is one transaction with its events; the operation that comes back ends by the data
// plane's status. With caller.validate_only nothing is stored and the operation is done and carries a plan.
//
// Errors of all (reasons in docs/errors.md): NOT_FOUND RESOURCE_NOT_FOUND, ALREADY_EXISTS, INVALID_ARGUMENT with field
// (INVALID_FIELD, REQUEST_ID_REUSED, REGION_NOT_FOUND, UNSUPPORTED_VERSION, SHRINK_TOO_FAR), ABORTED
// (ETAG_MISMATCH, OPERATION_IN_PROGRESS), FAILED_PRECONDITION (DELETION_PROTECTED, HAS_CHILDREN, CLUSTER_NOT_READY),
// RESOURCE_EXHAUSTED NO_CAPACITY, UNAVAILABLE (DATABASE_UNAVAILABLE, BUS_BACKLOG). Thread-safe.
class KafkaClusterCommands {
 public:
  explicit KafkaClusterCommands(CommandPorts ports) : ports_(ports) {}

  absl::StatusOr<Operation> Create(const Caller& caller, const CreateKafkaCluster& request);
  absl::StatusOr<Operation> Update(const Caller& caller, const UpdateKafkaCluster& request);
  absl::StatusOr<Operation> Delete(const Caller& caller, const DeleteKafkaCluster& request);
  absl::StatusOr<Operation> Undelete(const Caller& caller, const UndeleteKafkaCluster& request);

 private:
  // What a change is called, says of itself before it is done, and where a test can make it stop.
  struct ChangeSteps {
    std::string method;
    std::string for_people;
    failpoint::FailPoint& read;
    failpoint::FailPoint& decided;
    failpoint::FailPoint& committed;
  };
  absl::StatusOr<Operation> Change(const Caller& caller, const std::string& name, const ChangeSteps& steps,
                                   absl::FunctionRef<absl::Status(ClusterFamily&, const OperationStart&)> decide);

  CommandPorts ports_;
};

}  // namespace sluice::provisioner
