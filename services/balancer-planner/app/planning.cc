#include "services/balancer-planner/app/planning.h"

#include <algorithm>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/planner/planner.h"
#include "services/balancer-planner/core/picture/cluster_picture.h"

namespace sluice::balancer_planner {
namespace {

constexpr double kBytesPerKb = 1e3;

// One that no link bounds would be without end.
double ThrottleKbps(const planner::Snapshot& snapshot, int64_t wished) {
  if (wished > 0) return static_cast<double>(wished) / kBytesPerKb;
  double smallest = kUnlimitedKbps;
  for (const planner::Broker& broker : snapshot.brokers) {
    smallest = std::min({smallest, broker.capacity[planner::kNetworkIn], broker.capacity[planner::kNetworkOut]});
  }
  return smallest >= kUnlimitedKbps / 2 ? Planning::kDefaultThrottle / kBytesPerKb : 0;
}

}  // namespace

Planning::Planning(int slots, const clock::Clock& clock, metrics::Registry& metrics)
    : clock_(clock),
      seconds_(metrics.HistogramOf("sluice_balancer_planner_plan_seconds", "Planning of one cluster")),
      free_(slots) {}

bool Planning::TakeSlot(absl::Duration patience) {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, absl::ToChronoNanoseconds(patience), [this] { return free_ > 0; })) return false;
  --free_;
  return true;
}

void Planning::GiveSlotBack() {
  {
    std::lock_guard lock(mutex_);
    ++free_;
  }
  freed_.notify_one();
}

absl::StatusOr<PlanOutcome> Planning::Plan(const planner::Snapshot& snapshot, const PlanWish& wish,
                                           absl::Duration patience) {
  if (!TakeSlot(patience)) {
    return MakeError(absl::StatusCode::kResourceExhausted, "other plans are being made",
                     {.reason = "PLANNING_BUSY", .remedy = "try again", .retry_after = absl::Seconds(2)});
  }
  const absl::Duration begin = clock_.MonotonicNow();
  const absl::StatusOr<planner::Plan> plan =
      planner::MakePlan(snapshot, {.mode = wish.mode,
                                   .window = wish.window,
                                   .throttle_kbps = ThrottleKbps(snapshot, wish.throttle_bytes_per_second)});
  GiveSlotBack();
  seconds_.Observe(absl::ToDoubleSeconds(clock_.MonotonicNow() - begin));
  RETURN_IF_ERROR(plan.status());
  return OutcomeOf(snapshot, *plan);
}

}  // namespace sluice::balancer_planner
