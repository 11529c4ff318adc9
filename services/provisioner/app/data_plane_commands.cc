#include "services/provisioner/app/data_plane_commands.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/app/family_changes.h"
#include "services/provisioner/app/mutations.h"
#include "services/provisioner/core/validation/field_rules.h"

namespace sluice::provisioner {
namespace {

failpoint::FailPoint register_checked("provisioner.register.1_checked");
failpoint::FailPoint register_committed("provisioner.register.2_committed");
failpoint::FailPoint enrol_checked("provisioner.enrol.1_checked");
failpoint::FailPoint enrol_committed("provisioner.enrol.2_committed");

constexpr absl::Duration kTokenLifetime = absl::Minutes(10);
// It is a part of topic names and of a certificate's CN.
constexpr int kLongestId = 40;
constexpr size_t kSealingKeyBytes = 32;
// How long an enrolment waits for DataPlaneLoop to make the topics.
constexpr absl::Duration kBusPatience = absl::Seconds(5);

absl::Status SecretShownOnce() {
  return MakeError(absl::StatusCode::kFailedPrecondition, "this request made its token, which was shown then",
                   {.reason = "SECRET_SHOWN_ONCE", .remedy = "make another by CreateEnrolmentToken"});
}

absl::Status TokenInvalid() {
  return MakeError(absl::StatusCode::kUnauthenticated, "the enrolment token is unknown, used or expired",
                   {.reason = "ENROLMENT_TOKEN_INVALID", .remedy = "make another by CreateEnrolmentToken"});
}

// "{data plane id}.{secret}": the token says which row its hash is in.
std::string TokenOf(const DataPlane& data_plane, const std::string& secret) {
  return absl::StrCat(data_plane.id, ".", secret);
}

RegisteredDataPlane WithToken(const CommandPorts& ports, const Caller& caller, DataPlane data_plane, absl::Time now) {
  RegisteredDataPlane registered;
  if (!caller.validate_only) {
    const std::string secret = ports.secrets.NewSecret();
    registered.enrolment_token = TokenOf(data_plane, secret);
    registered.enrolment_token_expire_time = now + kTokenLifetime;
    data_plane.enrolment =
        EnrolmentToken{.hash = ports.secrets.KeyedHash(secret), .expire_time = registered.enrolment_token_expire_time};
  }
  registered.data_plane = std::move(data_plane);
  return registered;
}

absl::Status CheckSizes(const DataPlane& data_plane) {
  const auto in_range = [](int32_t value, int32_t most) { return value >= 0 && value <= most; };
  if (!in_range(data_plane.warm_cells, 100)) {
    return InvalidField("data_plane.warm_cells", "is out of range", "take 0 to 100");
  }
  if (!in_range(data_plane.max_brokers, 10'000)) {
    return InvalidField("data_plane.max_brokers", "is out of range", "take 0 to 10000");
  }
  if (!in_range(data_plane.max_logical_clusters_per_cell, 10'000)) {
    return InvalidField("data_plane.max_logical_clusters_per_cell", "is out of range", "take 0 to 10000");
  }
  RETURN_IF_ERROR(CheckDisplayName("data_plane.display_name", data_plane.display_name));
  return CheckLabels("data_plane.labels", data_plane.labels);
}

void PutWish(const DataPlaneWish& wish, DataPlane& data_plane) {
  data_plane.display_name = wish.display_name;
  data_plane.labels = wish.labels;
  data_plane.warm_cells = wish.warm_cells;
  data_plane.max_brokers = wish.max_brokers;
  data_plane.max_logical_clusters_per_cell = wish.max_logical_clusters_per_cell;
}

absl::Status ApplyMask(const UpdateDataPlane& request, DataPlane& data_plane) {
  if (request.update_mask.empty()) return InvalidField("update_mask", "is empty", "name the fields that shall change");
  for (const std::string& path : request.update_mask) {
    if (path == "display_name") {
      data_plane.display_name = request.wish.display_name;
    } else if (path == "labels") {
      data_plane.labels = request.wish.labels;
    } else if (path == "warm_cells") {
      data_plane.warm_cells = request.wish.warm_cells;
    } else if (path == "max_brokers") {
      data_plane.max_brokers = request.wish.max_brokers;
    } else if (path == "max_logical_clusters_per_cell") {
      data_plane.max_logical_clusters_per_cell = request.wish.max_logical_clusters_per_cell;
    } else {
      return InvalidField("update_mask", absl::StrCat("has ", path, ", which cannot be changed"),
                          "take display_name, labels, warm_cells, max_brokers or max_logical_clusters_per_cell");
    }
  }
  return CheckSizes(data_plane);
}

}  // namespace

absl::StatusOr<RegisteredDataPlane> DataPlaneCommands::Register(const Caller& caller,
                                                                const RegisterDataPlane& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return SecretShownOnce();
  RETURN_IF_ERROR(CheckLabelId("data_plane_id", request.id, kLongestId));
  RETURN_IF_ERROR(CheckLabelId("data_plane.region", request.wish.region));
  const absl::Time now = ports_.clock.Now();
  DataPlane data_plane;
  data_plane.meta = {.uid = absl::StrCat("dp-", ports_.ids.NewSuffix(10)),
                     .name = absl::StrCat("dataPlanes/", request.id),
                     .generation = 1,
                     .create_time = now,
                     .update_time = now};
  data_plane.id = request.id;
  data_plane.region = request.wish.region;
  data_plane.substrate = request.wish.substrate;
  PutWish(request.wish, data_plane);
  if (data_plane.warm_cells == 0 && data_plane.substrate == Substrate::kLocal) data_plane.warm_cells = 1;
  RETURN_IF_ERROR(CheckSizes(data_plane));
  RETURN_IF_ERROR(register_checked.Hit());
  RegisteredDataPlane registered = WithToken(ports_, caller, std::move(data_plane), now);
  if (caller.validate_only) return registered;
  // The intent; DataPlaneLoop makes the topics and ACLs, and says so in bus_ready.
  Mutation mutation =
      MutationFor(ports_, caller, "RegisterDataPlane", registered.data_plane.meta.name, registered.data_plane.meta.uid);
  mutation.writes.push_back(NewRow(registered.data_plane));
  ASSIGN_OR_RETURN(const Committed committed, CommitAndTell(ports_, caller, mutation));
  RETURN_IF_ERROR(register_committed.Hit());
  if (committed.repeated) return SecretShownOnce();
  return registered;
}

absl::StatusOr<RegisteredDataPlane> DataPlaneCommands::CreateEnrolmentToken(const Caller& caller,
                                                                            const std::string& name) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return SecretShownOnce();
  ASSIGN_OR_RETURN(DataPlane data_plane, GetByName<DataPlane>(ports_.store, Kind::kDataPlane, name));
  const absl::Time now = ports_.clock.Now();
  RegisteredDataPlane registered = WithToken(ports_, caller, std::move(data_plane), now);
  Mutation mutation = MutationFor(ports_, caller, "CreateEnrolmentToken", name, registered.data_plane.meta.uid);
  mutation.writes.push_back(UpdatedRow(registered.data_plane, now));
  ASSIGN_OR_RETURN(const Committed committed, CommitAndTell(ports_, caller, mutation));
  if (committed.repeated) return SecretShownOnce();
  return registered;
}

absl::StatusOr<DataPlane> DataPlaneCommands::Update(const Caller& caller, const UpdateDataPlane& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  ASSIGN_OR_RETURN(DataPlane data_plane, GetByName<DataPlane>(ports_.store, Kind::kDataPlane, request.name));
  if (before) return data_plane;
  RETURN_IF_ERROR(CheckEtag(request.etag, data_plane.meta));
  RETURN_IF_ERROR(ApplyMask(request, data_plane));
  ++data_plane.meta.generation;
  if (caller.validate_only) return data_plane;
  Mutation mutation = MutationFor(ports_, caller, "UpdateDataPlane", request.name, data_plane.meta.uid);
  mutation.writes.push_back(UpdatedRow(std::move(data_plane), ports_.clock.Now()));
  RETURN_IF_ERROR(CommitAndTell(ports_, caller, mutation).status());
  return std::get<DataPlane>(mutation.writes.front().after);
}

absl::Status DataPlaneCommands::Delete(const Caller& caller, const DeleteDataPlane& request) {
  ASSIGN_OR_RETURN(const std::optional<std::string> before, AnswerBefore(ports_, caller));
  if (before) return absl::OkStatus();
  ASSIGN_OR_RETURN(DataPlane data_plane, GetByName<DataPlane>(ports_.store, Kind::kDataPlane, request.name));
  RETURN_IF_ERROR(CheckEtag(request.etag, data_plane.meta));
  if (data_plane.state == DataPlaneState::kDeleting || caller.validate_only) return absl::OkStatus();
  const absl::Time now = ports_.clock.Now();
  data_plane.state = DataPlaneState::kDeleting;
  data_plane.meta.delete_time = now;
  data_plane.enrolment.reset();
  ++data_plane.meta.generation;
  // Its empty cells go by CellLoop, then its topics and ACLs and its row by DataPlaneLoop.
  Mutation mutation = MutationFor(ports_, caller, "DeleteDataPlane", request.name, data_plane.meta.uid);
  mutation.requires_childless = request.name;
  mutation.writes.push_back(UpdatedRow(std::move(data_plane), now));
  return CommitAndTell(ports_, caller, mutation).status();
}

absl::StatusOr<DataPlane> DataPlaneCommands::ByToken(const std::string& token) {
  const size_t dot = token.find('.');
  if (dot == std::string::npos || token.size() > 256) return TokenInvalid();
  ASSIGN_OR_RETURN(const std::optional<Aggregate> found,
                   ports_.store.FindByName(Kind::kDataPlane, absl::StrCat("dataPlanes/", token.substr(0, dot))));
  if (!found) return TokenInvalid();
  const DataPlane& data_plane = std::get<DataPlane>(*found);
  if (!data_plane.enrolment || data_plane.enrolment->expire_time <= ports_.clock.Now() ||
      !ports_.secrets.Matches(token.substr(dot + 1), data_plane.enrolment->hash)) {
    return TokenInvalid();
  }
  return data_plane;
}

absl::StatusOr<DataPlane> DataPlaneCommands::CheckEnrolment(const std::string& token) {
  // A satellite that starts before its topics and rights are there would be refused by Kafka for good.
  const absl::Duration end = ports_.clock.MonotonicNow() + kBusPatience;
  while (true) {
    ASSIGN_OR_RETURN(DataPlane data_plane, ByToken(token));
    if (data_plane.bus_ready) return data_plane;
    if (ports_.clock.MonotonicNow() >= end) {
      return MakeError(absl::StatusCode::kUnavailable, "the data plane's topics are not there yet",
                       {.reason = "DATA_PLANE_NOT_READY",
                        .remedy = "try again; is the control-plane Kafka up?",
                        .retry_after = absl::Seconds(1)});
    }
    absl::SleepFor(absl::Milliseconds(100));
  }
}

absl::StatusOr<DataPlane> DataPlaneCommands::Enrol(const Caller& caller, const SatelliteEnrolment& enrolment) {
  if (enrolment.sealing_public_key.size() != kSealingKeyBytes) {
    return InvalidField("sealing_public_key", "is not 32 bytes", "send the satellite's X25519 public key");
  }
  ASSIGN_OR_RETURN(DataPlane data_plane, ByToken(enrolment.token));
  RETURN_IF_ERROR(enrol_checked.Hit());
  const absl::Time now = ports_.clock.Now();
  data_plane.enrolment.reset();
  data_plane.previous_satellite_key_fingerprint = data_plane.satellite_key_fingerprint;
  data_plane.satellite_key_fingerprint = enrolment.key_fingerprint;
  data_plane.sealing_public_key = enrolment.sealing_public_key;
  data_plane.satellite_version = enrolment.satellite_version;
  // The token is used up by the row's version: of two enrolments at once one loses.
  Mutation mutation = MutationFor(ports_, caller, "EnrolSatellite", data_plane.meta.name, data_plane.meta.uid);
  mutation.writes.push_back(UpdatedRow(std::move(data_plane), now));
  const absl::Status committed = CommitAndTell(ports_, caller, mutation).status();
  if (ErrorReason(committed) == "VERSION_CONFLICT") {
    // Another change of the row, or another enrolment: the token tells.
    RETURN_IF_ERROR(ByToken(enrolment.token).status());
  }
  RETURN_IF_ERROR(committed);
  RETURN_IF_ERROR(enrol_committed.Hit());
  return std::get<DataPlane>(mutation.writes.front().after);
}

absl::StatusOr<DataPlane> DataPlaneCommands::Renew(const Caller& caller, const SatelliteRenewal& renewal) {
  const absl::Status unknown =
      MakeError(absl::StatusCode::kPermissionDenied, "this is not the data plane's satellite",
                {.reason = "SATELLITE_IDENTITY_UNKNOWN", .remedy = "enrol it again with a new token"});
  absl::StatusOr<DataPlane> found = GetByName<DataPlane>(ports_.store, Kind::kDataPlane, renewal.name);
  if (absl::IsNotFound(found.status())) return unknown;
  RETURN_IF_ERROR(found.status());
  DataPlane data_plane = *std::move(found);
  const std::string& current = renewal.current_key_fingerprint;
  const bool known = !current.empty() && (current == data_plane.satellite_key_fingerprint ||
                                          current == data_plane.previous_satellite_key_fingerprint);
  if (!known || data_plane.state == DataPlaneState::kDeleting) return unknown;
  data_plane.previous_satellite_key_fingerprint = current;
  data_plane.satellite_key_fingerprint = renewal.new_key_fingerprint;
  if (!renewal.sealing_public_key.empty()) {
    if (renewal.sealing_public_key.size() != kSealingKeyBytes) {
      return InvalidField("sealing_public_key", "is not 32 bytes", "send the satellite's X25519 public key");
    }
    data_plane.sealing_public_key = renewal.sealing_public_key;
  }
  Mutation mutation = MutationFor(ports_, caller, "RenewSatellite", renewal.name, data_plane.meta.uid);
  mutation.writes.push_back(UpdatedRow(std::move(data_plane), ports_.clock.Now()));
  RETURN_IF_ERROR(CommitAndTell(ports_, caller, mutation).status());
  return std::get<DataPlane>(mutation.writes.front().after);
}

}  // namespace sluice::provisioner
