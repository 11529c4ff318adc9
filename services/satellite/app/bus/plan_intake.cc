#include "services/satellite/app/bus/plan_intake.h"

#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "services/satellite/app/bus/document_key.h"
#include "services/satellite/app/bus/refused_record.h"

namespace sluice::satellite {
namespace {

using balancer_planner::v1::PlanDocument;

failpoint::FailPoint before_store("satellite.plans.1_before_store");
failpoint::FailPoint after_store("satellite.plans.2_after_store");

}  // namespace

PlanIntake::PlanIntake(std::string data_plane, Parts parts)
    : data_plane_(std::move(data_plane)),
      parts_(parts),
      accepted_(parts.metrics.CounterOf("sluice_satellite_plans_accepted_total", "Plan documents taken in.")),
      dropped_(parts.metrics.CounterOf("sluice_satellite_plans_dropped_total",
                                       "Records of the plans topic that were forged or did not decode.")) {}

absl::Status PlanIntake::Start() {
  ASSIGN_OR_RETURN(std::vector<PlanDocument> plans, parts_.store.LoadPlans());
  for (PlanDocument& plan : plans) {
    if (!IsPhysicalKey(plan.key()) || plan.data_plane() != data_plane_) {
      log::Error("a stored plan is not this data plane's", {{"key", plan.key()}});
      continue;
    }
    HandOn(std::move(plan));
  }
  return absl::OkStatus();
}

absl::Status PlanIntake::Accept(const bus::ReceivedEvent& event) {
  heard_.insert(event.key);
  if (!event.payload) return Forget(event.key);
  PlanDocument plan;
  if (event.payload->size() > kMaxDocumentBytes || !plan.ParseFromString(*event.payload)) {
    Drop(event, "it does not decode");
    return absl::OkStatus();
  }
  if (const absl::Status fault = Check(event, plan); !fault.ok()) {
    Drop(event, std::string(Std(fault.message())));
    return absl::OkStatus();
  }
  const auto known = known_.find(event.key);
  if (known != known_.end() && known->second >= plan.generation()) return absl::OkStatus();
  RETURN_IF_ERROR(before_store.Hit());
  RETURN_IF_ERROR(parts_.store.SavePlan(plan));
  RETURN_IF_ERROR(after_store.Hit());
  accepted_.Increment();
  HandOn(std::move(plan));
  return absl::OkStatus();
}

absl::Status PlanIntake::CaughtUp() {
  if (complete_) return absl::OkStatus();
  std::vector<std::string> gone;
  for (const auto& [cluster, generation] : known_) {
    if (!heard_.contains(cluster)) gone.push_back(cluster);
  }
  for (const std::string& cluster : gone) RETURN_IF_ERROR(Forget(cluster));
  complete_ = true;
  return absl::OkStatus();
}

absl::Status PlanIntake::Forget(const std::string& cluster) {
  if (!known_.contains(cluster)) return absl::OkStatus();
  RETURN_IF_ERROR(parts_.store.RemovePlan(cluster));
  known_.erase(cluster);
  parts_.handler.OnPlanGone(cluster);
  return absl::OkStatus();
}

absl::Status PlanIntake::Check(const bus::ReceivedEvent& event, const PlanDocument& plan) const {
  if (plan.key() != event.key) return Forged("it says that it is " + plan.key());
  if (plan.data_plane() != data_plane_) return Forged("it is for data plane " + plan.data_plane());
  if (!IsPhysicalKey(event.key)) return Forged("its key is none of ours");
  if (plan.generation() < 1) return Forged("it has no generation");
  if (plan.rebalance().empty()) return Forged("it names no rebalance");
  if (plan.wish() == PlanDocument::WISH_UNSPECIFIED) return Forged("it wishes nothing");
  return absl::OkStatus();
}

void PlanIntake::Drop(const bus::ReceivedEvent& event, const std::string& why) {
  dropped_.Increment();
  LogDropped("a plan was dropped", event, why);
}

void PlanIntake::HandOn(PlanDocument plan) {
  known_[plan.key()] = plan.generation();
  log::Info("a plan is here", {{"cluster", plan.key()},
                               {"rebalance", plan.rebalance()},
                               {"generation", plan.generation()},
                               {"wish", PlanDocument::Wish_Name(plan.wish())},
                               {"batches", plan.batches_size()}});
  parts_.handler.OnPlan(std::make_shared<const PlanDocument>(std::move(plan)));
}

}  // namespace sluice::satellite
