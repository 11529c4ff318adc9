#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/provisioner/core/model/resource.h"

namespace sluice::provisioner {

struct PlanStep {
  std::string description;
  double seconds = 0;

  friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

// What a validate_only request would do. See sluice.provisioner.v1.Plan.
struct Plan {
  std::string data_plane;
  std::string physical_cluster;
  std::vector<std::string> placement_reasons;
  std::vector<PlanStep> steps;
  int64_t bytes_to_move = 0;

  friend bool operator==(const Plan&, const Plan&) = default;
};

enum class TargetKind { kKafkaCluster = 1, kKafkaKey = 2, kTopic = 3 };
enum class Verb { kCreate = 1, kUpdate = 2, kDelete = 3, kUndelete = 4 };

// Why an operation failed: becomes google.rpc.Status with ErrorInfo.
struct OperationError {
  int32_t code = 0;  // absl::StatusCode
  std::string reason;
  std::string message;

  friend bool operator==(const OperationError&, const OperationError&) = default;
};

struct Operation {
  Meta meta;  // uid op-…; name organizations/{organization}/operations/{uid}
  std::string organization;
  std::string environment;
  std::string target;  // resource name
  TargetKind target_kind = TargetKind::kKafkaCluster;
  std::string target_uid;   // lkc-… or key-…; of a topic its name
  std::string cluster_uid;  // the logical cluster that it is about
  Verb verb = Verb::kCreate;
  std::string status_message;
  int32_t progress_percent = 0;
  int64_t target_generation = 0;
  // The desired document that ends it, and the generation of it that must be observed.
  std::string document_key;
  int64_t document_generation = 0;
  bool requested_cancellation = false;
  bool done = false;
  std::optional<absl::Time> end_time;
  std::optional<OperationError> error;
  // Only with validate_only: such an operation is done and stored nowhere.
  std::optional<Plan> plan;

  friend bool operator==(const Operation&, const Operation&) = default;
};

}  // namespace sluice::provisioner
