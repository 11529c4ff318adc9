#include "services/provisioner/adapters/records/state_records.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/adapters/records/document_records.h"
#include "services/provisioner/adapters/records/proto_values.h"
#include "sluice/provisioner/v1/audit_events.pb.h"
#include "sluice/provisioner/v1/data_plane_events.pb.h"
#include "sluice/provisioner/v1/kafka_cluster_events.pb.h"
#include "sluice/provisioner/v1/operation_events.pb.h"
#include "sluice/provisioner/v1/organization_events.pb.h"

namespace sluice::provisioner::records {
namespace {

// --- model to state ---

v1::OrganizationState StateOf(const Organization& in) {
  v1::OrganizationState out;
  *out.mutable_resource() = ToApi(in);
  out.set_version(in.meta.version);
  return out;
}

v1::EnvironmentState StateOf(const Environment& in) {
  v1::EnvironmentState out;
  *out.mutable_resource() = ToApi(in);
  out.set_version(in.meta.version);
  return out;
}

v1::ApiKeyState StateOf(const ApiKey& in) {
  v1::ApiKeyState out;
  *out.mutable_resource() = ToApi(in);
  out.set_version(in.meta.version);
  out.set_secret_hash(in.secret_hash);
  return out;
}

v1::RoleBindingState StateOf(const RoleBinding& in) {
  v1::RoleBindingState out;
  *out.mutable_resource() = ToApi(in);
  out.set_version(in.meta.version);
  return out;
}

v1::KafkaClusterState StateOf(const KafkaCluster& in) {
  v1::KafkaClusterState out;
  *out.mutable_resource() = ToApi(in);
  out.set_version(in.meta.version);
  out.set_operation(in.operation);
  for (const Placement& refused : in.refused_by) {
    v1::RefusedPlacement* added = out.add_refused_by();
    added->set_data_plane(refused.data_plane);
    added->set_physical_cluster(refused.physical_cluster);
  }
  if (in.before_change) {
    v1::BrokerWish& before = *out.mutable_before_change();
    before.set_brokers(in.before_change->brokers);
    before.set_broker_disk_mib(in.before_change->broker_disk_mib);
    *before.mutable_limits() = ToApi(in.before_change->limits);
    *before.mutable_effective_limits() = ToApi(in.before_change->effective_limits);
  }
  return out;
}

v1::KafkaKeyState StateOf(const KafkaKey& in) {
  v1::KafkaKeyState out;
  *out.mutable_resource() = ToApi(in);
  out.set_version(in.meta.version);
  out.set_cluster_uid(in.cluster_uid);
  out.set_sealed_credential(in.sealed_credential);
  out.set_sealed_for_data_plane(in.sealed_for_data_plane);
  out.set_operation(in.operation);
  return out;
}

v1::DataPlaneState StateOf(const DataPlane& in) {
  v1::DataPlaneState out;
  *out.mutable_resource() = ToApi(in);
  out.set_version(in.meta.version);
  out.set_satellite_max_brokers(in.satellite_max_brokers);
  out.set_sealing_public_key(in.sealing_public_key);
  if (in.enrolment) {
    out.set_enrolment_token_hash(in.enrolment->hash);
    Put(in.enrolment->expire_time, out.mutable_enrolment_token_expire_time());
  }
  out.set_satellite_key_fingerprint(in.satellite_key_fingerprint);
  out.set_previous_satellite_key_fingerprint(in.previous_satellite_key_fingerprint);
  out.set_bus_ready(in.bus_ready);
  out.set_cells_planned(in.cells_planned);
  return out;
}

v1::PhysicalClusterState StateOf(const PhysicalCluster& in) {
  v1::PhysicalClusterState out;
  out.set_uid(in.meta.uid);
  out.set_version(in.meta.version);
  out.set_generation(in.meta.generation);
  Put(in.meta.create_time, out.mutable_create_time());
  Put(in.meta.update_time, out.mutable_update_time());
  if (in.meta.delete_time) Put(*in.meta.delete_time, out.mutable_delete_time());
  out.set_data_plane(in.data_plane);
  out.set_region(in.region);
  out.set_owner_cluster_uid(in.owner_cluster_uid);
  *out.mutable_spec() = ToSpec(in.spec);
  out.set_state(static_cast<v1::PhysicalCluster::State>(in.state));
  out.set_brokers_ready(in.brokers_ready);
  out.set_kafka_version(in.kafka_version);
  out.set_bootstrap_servers(in.bootstrap_servers);
  out.set_ca_certificate_pem(in.ca_certificate_pem);
  out.set_partitions(in.partitions);
  for (const Condition& condition : in.conditions) Put(condition, out.add_conditions());
  out.set_observed_generation(in.observed_generation);
  out.set_refused(in.refused);
  return out;
}

v1::OperationState StateOf(const Operation& in) {
  v1::OperationState out;
  out.set_name(in.meta.name);
  out.set_uid(in.meta.uid);
  out.set_version(in.meta.version);
  *out.mutable_metadata() = MetadataOf(in);
  out.set_target_kind(static_cast<v1::OperationState::TargetKind>(in.target_kind));
  out.set_target_uid(in.target_uid);
  out.set_cluster_uid(in.cluster_uid);
  out.set_environment(in.environment);
  out.set_document_key(in.document_key);
  out.set_document_generation(in.document_generation);
  out.set_done(in.done);
  if (in.error) {
    out.set_error_code(in.error->code);
    out.set_error_reason(in.error->reason);
    out.set_error_message(in.error->message);
  }
  Put(in.meta.update_time, out.mutable_update_time());
  return out;
}

v1::DesiredDocument StateOf(const DesiredDocument& in) { return ToDocument(in); }
satellite::v1::StatusDocument StateOf(const SeenStatus& in) { return ToStatus(in); }

// --- state to model ---

Organization ModelOf(const v1::OrganizationState& in) { return FromApi(in.resource()); }
Environment ModelOf(const v1::EnvironmentState& in) { return FromApi(in.resource()); }
RoleBinding ModelOf(const v1::RoleBindingState& in) { return FromApi(in.resource()); }

ApiKey ModelOf(const v1::ApiKeyState& in) {
  ApiKey out = FromApi(in.resource());
  out.secret_hash = in.secret_hash();
  return out;
}

KafkaCluster ModelOf(const v1::KafkaClusterState& in) {
  KafkaCluster out = FromApi(in.resource());
  out.operation = in.operation();
  for (const v1::RefusedPlacement& refused : in.refused_by()) {
    out.refused_by.push_back({refused.data_plane(), refused.physical_cluster()});
  }
  if (in.has_before_change()) {
    const v1::BrokerWish& before = in.before_change();
    out.before_change = BrokerWish{.brokers = before.brokers(),
                                   .broker_disk_mib = before.broker_disk_mib(),
                                   .limits = LimitsOf(before.limits()),
                                   .effective_limits = LimitsOf(before.effective_limits())};
  }
  return out;
}

KafkaKey ModelOf(const v1::KafkaKeyState& in) {
  KafkaKey out = FromApi(in.resource());
  out.cluster_uid = in.cluster_uid();
  out.sealed_credential = in.sealed_credential();
  out.sealed_for_data_plane = in.sealed_for_data_plane();
  out.operation = in.operation();
  return out;
}

DataPlane ModelOf(const v1::DataPlaneState& in) {
  DataPlane out = FromApi(in.resource());
  out.satellite_max_brokers = in.satellite_max_brokers();
  out.sealing_public_key = in.sealing_public_key();
  if (!in.enrolment_token_hash().empty()) {
    out.enrolment =
        EnrolmentToken{.hash = in.enrolment_token_hash(), .expire_time = TimeOf(in.enrolment_token_expire_time())};
  }
  out.satellite_key_fingerprint = in.satellite_key_fingerprint();
  out.previous_satellite_key_fingerprint = in.previous_satellite_key_fingerprint();
  out.bus_ready = in.bus_ready();
  out.cells_planned = in.cells_planned();
  return out;
}

PhysicalCluster ModelOf(const v1::PhysicalClusterState& in) {
  PhysicalCluster out;
  out.meta = {.uid = in.uid(),
              .name = in.uid(),
              .generation = in.generation(),
              .create_time = TimeOf(in.create_time()),
              .update_time = TimeOf(in.update_time())};
  if (in.has_delete_time()) out.meta.delete_time = TimeOf(in.delete_time());
  out.data_plane = in.data_plane();
  out.region = in.region();
  out.owner_cluster_uid = in.owner_cluster_uid();
  out.spec = SpecOf(in.spec());
  out.state = static_cast<PhysicalState>(in.state());
  out.brokers_ready = in.brokers_ready();
  out.kafka_version = in.kafka_version();
  out.bootstrap_servers = in.bootstrap_servers();
  out.ca_certificate_pem = in.ca_certificate_pem();
  out.partitions = in.partitions();
  for (const v1::Condition& condition : in.conditions()) out.conditions.push_back(ConditionOf(condition));
  out.observed_generation = in.observed_generation();
  out.refused = in.refused();
  return out;
}

Verb VerbOf(const std::string& verb) {
  return verb == "create"   ? Verb::kCreate
         : verb == "update" ? Verb::kUpdate
         : verb == "delete" ? Verb::kDelete
                            : Verb::kUndelete;
}

Operation ModelOf(const v1::OperationState& in) {
  const v1::OperationMetadata& metadata = in.metadata();
  Operation out;
  out.meta = {.uid = in.uid(),
              .name = in.name(),
              .create_time = TimeOf(metadata.create_time()),
              .update_time = TimeOf(in.update_time())};
  const size_t begin = std::string_view("organizations/").size();
  if (in.name().size() > begin) out.organization = in.name().substr(begin, in.name().find('/', begin) - begin);
  out.environment = in.environment();
  out.target = metadata.target();
  out.target_kind = static_cast<TargetKind>(in.target_kind());
  out.target_uid = in.target_uid();
  out.cluster_uid = in.cluster_uid();
  out.verb = VerbOf(metadata.verb());
  out.status_message = metadata.status_message();
  out.progress_percent = metadata.progress_percent();
  out.target_generation = metadata.target_generation();
  out.document_key = in.document_key();
  out.document_generation = in.document_generation();
  out.requested_cancellation = metadata.requested_cancellation();
  out.done = in.done();
  if (metadata.has_end_time()) out.end_time = TimeOf(metadata.end_time());
  if (in.error_code() != 0) out.error = OperationError{in.error_code(), in.error_reason(), in.error_message()};
  return out;
}

DesiredDocument ModelOf(const v1::DesiredDocument& in) { return DocumentOf(in); }

absl::Status Unreadable(Kind kind) {
  return MakeError(absl::StatusCode::kInternal, absl::StrCat("a stored ", Absl(KindName(kind)), " cannot be read"),
                   {.reason = "STATE_UNREADABLE"});
}

template <typename State>
absl::StatusOr<Aggregate> Decode(Kind kind, std::string_view bytes, int64_t version) {
  State state;
  if (!state.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Unreadable(kind);
  Aggregate aggregate = ModelOf(state);
  MetaOf(aggregate).version = version;
  return aggregate;
}

template <>
absl::StatusOr<Aggregate> Decode<satellite::v1::StatusDocument>(Kind kind, std::string_view bytes, int64_t version) {
  satellite::v1::StatusDocument state;
  if (!state.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Unreadable(kind);
  ASSIGN_OR_RETURN(SeenStatus status, StatusOf(state));
  status.meta.version = version;
  return Aggregate(std::move(status));
}

template <typename Changed, typename State>
EncodedEvent Event(State state, const std::string& cause, bool erased) {
  Changed changed;
  changed.set_cause(cause);
  *changed.mutable_state() = std::move(state);
  changed.set_erased(erased);
  return {.type = changed.GetTypeName(), .payload = CanonicalBytes(changed)};
}

EncodedEvent EventOf(const Organization& in, const std::string& cause, bool erased) {
  return Event<v1::OrganizationChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const Environment& in, const std::string& cause, bool erased) {
  return Event<v1::EnvironmentChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const ApiKey& in, const std::string& cause, bool erased) {
  return Event<v1::ApiKeyChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const RoleBinding& in, const std::string& cause, bool erased) {
  return Event<v1::RoleBindingChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const KafkaCluster& in, const std::string& cause, bool erased) {
  return Event<v1::KafkaClusterChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const KafkaKey& in, const std::string& cause, bool erased) {
  return Event<v1::KafkaKeyChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const DataPlane& in, const std::string& cause, bool erased) {
  return Event<v1::DataPlaneChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const PhysicalCluster& in, const std::string& cause, bool erased) {
  return Event<v1::PhysicalClusterChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const Operation& in, const std::string& cause, bool erased) {
  return Event<v1::OperationChanged>(StateOf(in), cause, erased);
}
EncodedEvent EventOf(const DesiredDocument& in, const std::string&, bool) {
  v1::DesiredDocument document = ToDocument(in);
  return {.type = document.GetTypeName(), .payload = CanonicalBytes(document)};
}
// A satellite says it, we never do.
EncodedEvent EventOf(const SeenStatus&, const std::string&, bool) { return {}; }

template <typename Changed>
absl::StatusOr<DecodedEvent> DecodeChanged(Kind kind, std::string_view payload) {
  Changed changed;
  if (!changed.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Unreadable(kind);
  Aggregate aggregate = ModelOf(changed.state());
  MetaOf(aggregate).version = changed.state().version();
  return DecodedEvent{std::move(aggregate), changed.erased()};
}

}  // namespace

std::string EncodeState(const Aggregate& aggregate) {
  return std::visit([](const auto& value) { return CanonicalBytes(StateOf(value)); }, aggregate);
}

absl::StatusOr<Aggregate> DecodeState(Kind kind, std::string_view bytes, int64_t version) {
  switch (kind) {
    case Kind::kOrganization:
      return Decode<v1::OrganizationState>(kind, bytes, version);
    case Kind::kEnvironment:
      return Decode<v1::EnvironmentState>(kind, bytes, version);
    case Kind::kApiKey:
      return Decode<v1::ApiKeyState>(kind, bytes, version);
    case Kind::kRoleBinding:
      return Decode<v1::RoleBindingState>(kind, bytes, version);
    case Kind::kKafkaCluster:
      return Decode<v1::KafkaClusterState>(kind, bytes, version);
    case Kind::kKafkaKey:
      return Decode<v1::KafkaKeyState>(kind, bytes, version);
    case Kind::kDataPlane:
      return Decode<v1::DataPlaneState>(kind, bytes, version);
    case Kind::kPhysicalCluster:
      return Decode<v1::PhysicalClusterState>(kind, bytes, version);
    case Kind::kOperation:
      return Decode<v1::OperationState>(kind, bytes, version);
    case Kind::kDesiredDocument:
      return Decode<v1::DesiredDocument>(kind, bytes, version);
    case Kind::kSeenStatus:
      return Decode<satellite::v1::StatusDocument>(kind, bytes, version);
  }
  return Unreadable(kind);
}

EncodedEvent EncodeEvent(const Aggregate& aggregate, const std::string& cause, bool erased) {
  return std::visit([&](const auto& value) { return EventOf(value, cause, erased); }, aggregate);
}

EncodedEvent EncodeAudit(const AuditEntry& entry) {
  v1::CallAudited out;
  Put(entry.time, out.mutable_time());
  out.set_principal(entry.principal);
  out.set_organization(entry.organization);
  out.set_method(entry.method);
  out.set_target(entry.target);
  out.set_allowed(entry.allowed);
  out.set_reason(entry.reason);
  out.set_peer(entry.peer);
  out.set_request_id(entry.request_id);
  out.set_count(entry.count);
  Put(entry.first_time == absl::Time() ? entry.time : entry.first_time, out.mutable_first_time());
  return {.type = out.GetTypeName(), .payload = CanonicalBytes(out)};
}

absl::StatusOr<DecodedEvent> DecodeEvent(Kind kind, std::string_view payload) {
  switch (kind) {
    case Kind::kOrganization:
      return DecodeChanged<v1::OrganizationChanged>(kind, payload);
    case Kind::kEnvironment:
      return DecodeChanged<v1::EnvironmentChanged>(kind, payload);
    case Kind::kApiKey:
      return DecodeChanged<v1::ApiKeyChanged>(kind, payload);
    case Kind::kRoleBinding:
      return DecodeChanged<v1::RoleBindingChanged>(kind, payload);
    case Kind::kKafkaCluster:
      return DecodeChanged<v1::KafkaClusterChanged>(kind, payload);
    case Kind::kKafkaKey:
      return DecodeChanged<v1::KafkaKeyChanged>(kind, payload);
    case Kind::kDataPlane:
      return DecodeChanged<v1::DataPlaneChanged>(kind, payload);
    case Kind::kPhysicalCluster:
      return DecodeChanged<v1::PhysicalClusterChanged>(kind, payload);
    case Kind::kOperation:
      return DecodeChanged<v1::OperationChanged>(kind, payload);
    case Kind::kDesiredDocument: {
      ASSIGN_OR_RETURN(Aggregate aggregate, Decode<v1::DesiredDocument>(kind, payload, 0));
      Meta& meta = MetaOf(aggregate);
      meta.version = meta.generation;
      return DecodedEvent{std::move(aggregate), false};
    }
    case Kind::kSeenStatus: {
      ASSIGN_OR_RETURN(Aggregate aggregate, Decode<satellite::v1::StatusDocument>(kind, payload, 1));
      return DecodedEvent{std::move(aggregate), false};
    }
  }
  return Unreadable(kind);
}

}  // namespace sluice::provisioner::records
