#include "services/satellite/app/bus/desired_intake.h"

#include <algorithm>
#include <utility>

#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "services/satellite/app/bus/document_key.h"
#include "services/satellite/app/bus/refused_record.h"

namespace sluice::satellite {
namespace {

failpoint::FailPoint before_store("satellite.intake.1_before_store");
failpoint::FailPoint after_store("satellite.intake.2_after_store");

bool IsLogical(std::string_view key) { return key.find('/') != std::string_view::npos; }

bool IsKey(std::string_view key) { return IsLogical(key) ? IsLogicalKey(key) : IsPhysicalKey(key); }

}  // namespace

DesiredIntake::DesiredIntake(std::string data_plane, Parts parts)
    : data_plane_(std::move(data_plane)),
      parts_(parts),
      accepted_(parts.metrics.CounterOf("sluice_satellite_documents_accepted_total", "Desired documents taken in.")),
      dropped_(parts.metrics.CounterOf("sluice_satellite_documents_dropped_total",
                                       "Records of the desired topic that were forged or did not decode.")) {}

absl::Status DesiredIntake::Start() {
  ASSIGN_OR_RETURN(std::vector<AcceptedWish> wishes, parts_.store.LoadAll());
  // Physical clusters first, so that a tenant's does not wait for what is already known.
  std::stable_partition(wishes.begin(), wishes.end(),
                        [](const AcceptedWish& wish) { return !IsLogical(wish.document.key()); });
  for (AcceptedWish& wish : wishes) {
    if (!IsKey(wish.document.key()) || wish.document.data_plane() != data_plane_) {
      log::Error("a stored document is not this data plane's", {{"key", wish.document.key()}});
      continue;
    }
    HandOn(std::move(wish));
  }
  return absl::OkStatus();
}

absl::Status DesiredIntake::Accept(const bus::ReceivedEvent& event) {
  if (!event.payload) return Tombstone(event.key);
  AcceptedWish wish{.traceparent = event.traceparent};
  if (event.payload->size() > kMaxDocumentBytes || !wish.document.ParseFromString(*event.payload)) {
    Drop(event, "it does not decode");
    return absl::OkStatus();
  }
  if (const absl::Status fault = Check(event, wish.document); !fault.ok()) {
    Drop(event, std::string(Std(fault.message())));
    return absl::OkStatus();
  }
  const auto known = parts_.index.Find(event.key);
  if (known && known->generation >= wish.document.generation()) return absl::OkStatus();
  RETURN_IF_ERROR(before_store.Hit());
  RETURN_IF_ERROR(parts_.store.Save(wish));
  RETURN_IF_ERROR(after_store.Hit());
  accepted_.Increment();
  HandOn(std::move(wish));
  return absl::OkStatus();
}

absl::Status DesiredIntake::Tombstone(const std::string& key) {
  const auto known = parts_.index.Find(key);
  if (!known) return absl::OkStatus();
  if (!known->deleted) {
    // Only what was marked deleted and seen gone is forgotten: data does not go because a record does.
    dropped_.Increment();
    log::Error("the tombstone of a document that is not deleted was ignored", {{"key", key}});
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(parts_.store.Remove(key));
  parts_.index.Erase(key);
  (IsLogical(key) ? parts_.logical : parts_.physical).OnForgotten(key);
  return absl::OkStatus();
}

absl::Status DesiredIntake::Check(const bus::ReceivedEvent& event,
                                  const provisioner::v1::DesiredDocument& document) const {
  if (document.key() != event.key) return Forged("it says that it is " + document.key());
  if (document.data_plane() != data_plane_) return Forged("it is for data plane " + document.data_plane());
  if (!IsKey(event.key)) return Forged("its key is none of ours");
  if (document.generation() < 1) return Forged("it has no generation");
  if (document.deleted()) return absl::OkStatus();
  if (IsLogical(event.key) != document.has_logical_cluster()) return Forged("its key is another kind's");
  if (!IsLogical(event.key) && !document.has_physical_cluster()) return Forged("it wishes nothing");
  const std::string id = event.key.substr(event.key.find('/') + 1);
  if (document.has_logical_cluster() && document.logical_cluster().logical_cluster() != id) {
    return Forged("it is for logical cluster " + document.logical_cluster().logical_cluster());
  }
  return absl::OkStatus();
}

void DesiredIntake::Drop(const bus::ReceivedEvent& event, const std::string& why) {
  dropped_.Increment();
  const log::TraceScope trace(event.traceparent);
  LogDropped("a desired document was dropped", event, why);
}

void DesiredIntake::HandOn(AcceptedWish wish) {
  const std::string& key = wish.document.key();
  parts_.index.Set(key, {wish.document.generation(), wish.document.deleted()});
  (IsLogical(key) ? parts_.logical : parts_.physical).OnWish(std::move(wish));
}

}  // namespace sluice::satellite
