#include "services/balancer-planner/adapters/kafka/rebuild.h"

#include "libs/base/status.h"
#include "libs/bus/reader/replay.h"
#include "libs/bus/topics.h"
#include "libs/log/log.h"
#include "services/balancer-planner/adapters/records/rebalance_records.h"

namespace sluice::balancer_planner {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr char kGroup[] = "balancer-planner.rebuild";

}  // namespace

absl::Status RebuildFromEvents(const kafka_client::ConnectionOptions& kafka, PgRebuild& rebuild) {
  RETURN_IF_ERROR(rebuild.MustBeEmpty());
  ASSIGN_OR_RETURN(const bus::ReplayResult result,
                   bus::Replay(kafka, kGroup, {bus::EventsTopic("rebalance")}, kPatience,
                               [&](const bus::ReceivedEvent& event) -> absl::Status {
                                 if (!event.payload) return absl::OkStatus();
                                 ASSIGN_OR_RETURN(const Rebalance rebalance, records::DecodeEvent(*event.payload));
                                 return rebuild.Put(rebalance);
                               }));
  log::Info("replayed", {{"events", result.events}, {"rejected", result.rejected}});
  return rebuild.OpenWhatHasNotEnded();
}

}  // namespace sluice::balancer_planner
