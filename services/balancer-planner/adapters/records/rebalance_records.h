#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/balancer-planner/core/lifecycle/rebalance_machine.h"
#include "services/balancer-planner/core/model/rebalance.h"
#include "sluice/balancer_planner/v1/plan.pb.h"
#include "sluice/balancer_planner/v1/rebalance.pb.h"

// Rebalances between the model and Protobuf.
namespace sluice::balancer_planner::records {

// `name` as its caller knows it; empty for events.
v1::Rebalance ToApi(const Rebalance& rebalance, const std::string& name);
v1::Mode ToApi(planner::Mode mode);
// EVEN_OUT for MODE_UNSPECIFIED. INVALID_ARGUMENT / INVALID_FIELD (mode) for one that is not known.
absl::StatusOr<planner::Mode> ModeOf(v1::Mode mode);
v1::BrokerShare ToApi(const BrokerShare& share);

// A RebalanceState's bytes, the same for the same state: the row, and its event. INTERNAL for bytes that are none.
std::string EncodeState(const Rebalance& rebalance);
absl::StatusOr<Rebalance> DecodeState(std::string_view bytes);
// A RebalanceChanged.
std::string EncodeEvent(const Transition& transition);
// The state after it.
absl::StatusOr<Rebalance> DecodeEvent(std::string_view bytes);

std::string EncodeBatches(const std::vector<PlannedBatch>& batches);
absl::StatusOr<std::vector<PlannedBatch>> DecodeBatches(std::string_view bytes);

// What Rebalance::said tells of, at most 256 KiB encoded.
v1::PlanDocument DocumentOf(const Rebalance& rebalance, const std::vector<PlannedBatch>& batches);

}  // namespace sluice::balancer_planner::records
