#include "services/balancer-planner/adapters/records/rebalance_records.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/proto_values/canonical_bytes.h"
#include "services/balancer-planner/adapters/records/proto_time.h"
#include "sluice/balancer_planner/v1/rebalance_events.pb.h"

namespace sluice::balancer_planner::records {
namespace {

using proto_values::CanonicalBytes;

// Both enums have the same order; UNSPECIFIED comes first on the wire.
v1::Rebalance::State WireOf(RebalanceStage stage) {
  return static_cast<v1::Rebalance::State>(static_cast<int>(stage) + 1);
}
static_assert(static_cast<int>(RebalanceStage::kExpired) + 1 == v1::Rebalance::EXPIRED);
v1::Rebalance::Cause WireOf(Cause cause) { return static_cast<v1::Rebalance::Cause>(static_cast<int>(cause) + 1); }
static_assert(static_cast<int>(Cause::kUneven) + 1 == v1::Rebalance::UNEVEN);
v1::PlanDocument::Wish WireOf(Wish wish) { return static_cast<v1::PlanDocument::Wish>(static_cast<int>(wish) + 1); }
static_assert(static_cast<int>(Wish::kCancel) + 1 == v1::PlanDocument::CANCEL);
static_assert(static_cast<int>(planner::Mode::kRelieve) + 1 == v1::RELIEVE);

template <typename Model, typename Wire>
Model FromWire(Wire value) {
  return static_cast<Model>(std::max(0, static_cast<int>(value) - 1));
}

absl::Status Undecodable(const char* what) {
  return MakeError(absl::StatusCode::kInternal, absl::StrCat("a stored ", what, " cannot be read"),
                   {.reason = "STATE_UNREADABLE"});
}

void PutPlan(const PlanSummary& plan, v1::PlanSummary* out) {
  out->set_summary(plan.summary);
  out->set_moves(plan.moves);
  out->set_replica_moves(plan.replica_moves);
  out->set_leader_changes(plan.leader_changes);
  out->set_bytes(plan.bytes);
  out->set_batches(plan.batches);
  Put(plan.seconds, out->mutable_duration());
  for (const std::string& unmet : plan.unmet) out->add_unmet(unmet);
  out->set_unmet_count(plan.unmet_count);
}

PlanSummary SummaryOf(const v1::PlanSummary& plan) {
  return {.summary = plan.summary(),
          .moves = plan.moves(),
          .replica_moves = plan.replica_moves(),
          .leader_changes = plan.leader_changes(),
          .bytes = plan.bytes(),
          .batches = plan.batches(),
          .seconds = SecondsOf(plan.duration()),
          .unmet = {plan.unmet().begin(), plan.unmet().end()},
          .unmet_count = plan.unmet_count()};
}

BrokerShare ShareOf(const v1::BrokerShare& share) {
  return {.replicas = share.replicas(),
          .leaders = share.leaders(),
          .disk_bytes = share.disk_bytes(),
          .in_bytes_per_second = share.in_bytes_per_second(),
          .out_bytes_per_second = share.out_bytes_per_second()};
}

void PutBroker(const BrokerBalance& broker, v1::BrokerBalance* out) {
  out->set_broker(broker.broker);
  out->set_rack(broker.rack);
  out->set_state(broker.state);
  *out->mutable_before() = ToApi(broker.before);
  *out->mutable_after() = ToApi(broker.after);
  out->set_disk_limit_bytes(broker.disk_limit_bytes);
  out->set_network_limit_bytes_per_second(broker.network_limit_bytes_per_second);
}

BrokerBalance BrokerOf(const v1::BrokerBalance& broker) {
  return {.broker = broker.broker(),
          .rack = broker.rack(),
          .state = broker.state(),
          .before = ShareOf(broker.before()),
          .after = ShareOf(broker.after()),
          .disk_limit_bytes = broker.disk_limit_bytes(),
          .network_limit_bytes_per_second = broker.network_limit_bytes_per_second()};
}

void PutProgress(const Progress& progress, v1::Progress* out) {
  out->set_batches_done(progress.batches_done);
  out->set_moves_done(progress.moves_done);
  out->set_moves_skipped(progress.moves_skipped);
  out->set_moves_in_flight(progress.moves_in_flight);
  out->set_moves_left(progress.moves_left);
  out->set_bytes_done(progress.bytes_done);
  out->set_bytes_left(progress.bytes_left);
  Put(progress.seconds_left, out->mutable_time_left());
  out->set_throttle_bytes_per_second(progress.throttle_bytes_per_second);
  if (progress.seen != absl::InfinitePast()) Put(progress.seen, out->mutable_seen_time());
}

Progress ProgressOf(const v1::Progress& progress) {
  return {.batches_done = progress.batches_done(),
          .moves_done = progress.moves_done(),
          .moves_skipped = progress.moves_skipped(),
          .moves_in_flight = progress.moves_in_flight(),
          .moves_left = progress.moves_left(),
          .bytes_done = progress.bytes_done(),
          .bytes_left = progress.bytes_left(),
          .seconds_left = SecondsOf(progress.time_left()),
          .throttle_bytes_per_second = progress.throttle_bytes_per_second(),
          .seen = progress.has_seen_time() ? TimeOf(progress.seen_time()) : absl::InfinitePast()};
}

v1::RebalanceState StateOf(const Rebalance& rebalance) {
  v1::RebalanceState state;
  *state.mutable_resource() = ToApi(rebalance, "");
  state.set_version(rebalance.version);
  v1::SaidDocument* said = state.mutable_said();
  said->set_generation(rebalance.said.generation);
  said->set_wish(WireOf(rebalance.said.wish));
  said->set_first_batch(rebalance.said.first_batch);
  said->set_batches(rebalance.said.batches);
  said->set_repeats(rebalance.said.repeats);
  if (rebalance.said.time != absl::InfinitePast()) Put(rebalance.said.time, said->mutable_time());
  if (rebalance.obsolete_since) Put(*rebalance.obsolete_since, state.mutable_obsolete_since());
  return state;
}

void TakeTimes(const v1::Rebalance& resource, Rebalance& rebalance) {
  rebalance.create_time = TimeOf(resource.create_time());
  rebalance.update_time = TimeOf(resource.update_time());
  rebalance.expire_time = TimeOf(resource.expire_time());
  if (resource.has_approve_time()) rebalance.approve_time = TimeOf(resource.approve_time());
  if (resource.has_start_time()) rebalance.start_time = TimeOf(resource.start_time());
  if (resource.has_end_time()) rebalance.end_time = TimeOf(resource.end_time());
}

void PutBatch(const PlannedBatch& batch, v1::PlanBatch* out) {
  for (const PlannedMove& move : batch) {
    v1::PlanMove* added = out->add_moves();
    added->set_topic(move.topic);
    added->set_partition(move.partition);
    added->mutable_replicas_before()->Add(move.replicas_before.begin(), move.replicas_before.end());
    added->mutable_replicas()->Add(move.replicas.begin(), move.replicas.end());
    added->set_bytes(move.bytes);
    added->set_reason(move.reason);
  }
}

Rebalance ModelOf(const v1::RebalanceState& state) {
  const v1::Rebalance& resource = state.resource();
  Rebalance rebalance{.uid = resource.uid(),
                      .physical_cluster = resource.physical_cluster(),
                      .data_plane = resource.data_plane(),
                      .stage = FromWire<RebalanceStage>(resource.state()),
                      .mode = FromWire<planner::Mode>(resource.mode()),
                      .cause = FromWire<Cause>(resource.cause()),
                      .reasons = {resource.reasons().begin(), resource.reasons().end()},
                      .window = resource.window(),
                      .throttle_bytes_per_second = resource.throttle_bytes_per_second(),
                      .plan = SummaryOf(resource.plan()),
                      .progress = ProgressOf(resource.progress()),
                      .cancelling = resource.cancelling(),
                      .reason = resource.reason(),
                      .message = resource.message(),
                      .physical_cluster_generation = resource.physical_cluster_generation(),
                      .proposed_by = resource.proposed_by(),
                      .approved_by = resource.approved_by(),
                      .version = state.version()};
  for (const v1::BrokerBalance& broker : resource.brokers()) rebalance.brokers.push_back(BrokerOf(broker));
  TakeTimes(resource, rebalance);
  const v1::SaidDocument& said = state.said();
  rebalance.said = {.generation = said.generation(),
                    .wish = FromWire<Wish>(said.wish()),
                    .first_batch = said.first_batch(),
                    .batches = said.batches(),
                    .time = said.has_time() ? TimeOf(said.time()) : absl::InfinitePast(),
                    .repeats = said.repeats()};
  if (state.has_obsolete_since()) rebalance.obsolete_since = TimeOf(state.obsolete_since());
  return rebalance;
}

}  // namespace

v1::Mode ToApi(planner::Mode mode) { return static_cast<v1::Mode>(static_cast<int>(mode) + 1); }

absl::StatusOr<planner::Mode> ModeOf(v1::Mode mode) {
  if (mode == v1::MODE_UNSPECIFIED) return planner::Mode::kEvenOut;
  if (!v1::Mode_IsValid(mode)) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "mode is none that there is",
        {.reason = "INVALID_FIELD", .field = "mode", .remedy = "take EVEN_OUT, FILL, EMPTY, REPAIR or RELIEVE"});
  }
  return FromWire<planner::Mode>(mode);
}

v1::BrokerShare ToApi(const BrokerShare& share) {
  v1::BrokerShare out;
  out.set_replicas(static_cast<int32_t>(share.replicas));
  out.set_leaders(static_cast<int32_t>(share.leaders));
  out.set_disk_bytes(share.disk_bytes);
  out.set_in_bytes_per_second(share.in_bytes_per_second);
  out.set_out_bytes_per_second(share.out_bytes_per_second);
  return out;
}

v1::Rebalance ToApi(const Rebalance& rebalance, const std::string& name) {
  v1::Rebalance out;
  out.set_name(name);
  out.set_uid(rebalance.uid);
  out.set_physical_cluster(rebalance.physical_cluster);
  out.set_data_plane(rebalance.data_plane);
  out.set_state(WireOf(rebalance.stage));
  out.set_mode(ToApi(rebalance.mode));
  out.set_cause(WireOf(rebalance.cause));
  for (const std::string& reason : rebalance.reasons) out.add_reasons(reason);
  out.set_window(rebalance.window);
  out.set_throttle_bytes_per_second(rebalance.throttle_bytes_per_second);
  PutPlan(rebalance.plan, out.mutable_plan());
  for (const BrokerBalance& broker : rebalance.brokers) PutBroker(broker, out.add_brokers());
  PutProgress(rebalance.progress, out.mutable_progress());
  out.set_cancelling(rebalance.cancelling);
  out.set_reason(rebalance.reason);
  out.set_message(rebalance.message);
  out.set_physical_cluster_generation(rebalance.physical_cluster_generation);
  if (rebalance.version > 0) out.set_etag(EtagOf(rebalance));
  Put(rebalance.create_time, out.mutable_create_time());
  Put(rebalance.update_time, out.mutable_update_time());
  Put(rebalance.expire_time, out.mutable_expire_time());
  if (rebalance.approve_time) Put(*rebalance.approve_time, out.mutable_approve_time());
  if (rebalance.start_time) Put(*rebalance.start_time, out.mutable_start_time());
  if (rebalance.end_time) Put(*rebalance.end_time, out.mutable_end_time());
  out.set_proposed_by(rebalance.proposed_by);
  out.set_approved_by(rebalance.approved_by);
  return out;
}

std::string EncodeState(const Rebalance& rebalance) { return CanonicalBytes(StateOf(rebalance)); }

absl::StatusOr<Rebalance> DecodeState(std::string_view bytes) {
  v1::RebalanceState state;
  if (!state.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Undecodable("rebalance");
  return ModelOf(state);
}

absl::StatusOr<Rebalance> DecodeEvent(std::string_view bytes) {
  v1::RebalanceChanged event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Undecodable("event of a rebalance");
  return ModelOf(event.state());
}

std::string EncodeEvent(const Transition& transition) {
  v1::RebalanceChanged event;
  event.set_cause(transition.cause);
  *event.mutable_state() = StateOf(transition.after);
  return CanonicalBytes(event);
}

std::string EncodeBatches(const std::vector<PlannedBatch>& batches) {
  v1::PlanDocument document;
  for (const PlannedBatch& batch : batches) PutBatch(batch, document.add_batches());
  return CanonicalBytes(document);
}

absl::StatusOr<std::vector<PlannedBatch>> DecodeBatches(std::string_view bytes) {
  v1::PlanDocument document;
  if (!document.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Undecodable("plan");
  std::vector<PlannedBatch> batches;
  for (const v1::PlanBatch& batch : document.batches()) {
    PlannedBatch& planned = batches.emplace_back();
    for (const v1::PlanMove& move : batch.moves()) {
      planned.push_back({.topic = move.topic(),
                         .partition = move.partition(),
                         .replicas_before = {move.replicas_before().begin(), move.replicas_before().end()},
                         .replicas = {move.replicas().begin(), move.replicas().end()},
                         .bytes = move.bytes(),
                         .reason = move.reason()});
    }
  }
  return batches;
}

v1::PlanDocument DocumentOf(const Rebalance& rebalance, const std::vector<PlannedBatch>& batches) {
  v1::PlanDocument document;
  document.set_key(rebalance.physical_cluster);
  document.set_data_plane(rebalance.data_plane);
  document.set_generation(rebalance.said.generation);
  Put(rebalance.said.time, document.mutable_time());
  document.set_rebalance(rebalance.uid);
  document.set_physical_cluster_generation(rebalance.physical_cluster_generation);
  document.set_wish(WireOf(rebalance.said.wish));
  document.set_throttle_bytes_per_second(rebalance.throttle_bytes_per_second);
  document.set_first_batch(rebalance.said.first_batch);
  document.set_batches_total(rebalance.plan.batches);
  for (int32_t i = 0; i < rebalance.said.batches; ++i) {
    PutBatch(batches[rebalance.said.first_batch + i], document.add_batches());
  }
  Put(rebalance.expire_time, document.mutable_expire_time());
  return document;
}

}  // namespace sluice::balancer_planner::records
