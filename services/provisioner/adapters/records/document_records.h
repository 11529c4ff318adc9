#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/provisioner/core/model/desired_document.h"
#include "services/provisioner/core/model/seen_status.h"
#include "sluice/provisioner/v1/desired.pb.h"
#include "sluice/satellite/v1/status.pb.h"

// What travels between the provisioner and a satellite.
namespace sluice::provisioner::records {

v1::DesiredDocument ToDocument(const DesiredDocument& document);
DesiredDocument DocumentOf(const v1::DesiredDocument& document);
v1::PhysicalClusterSpec ToSpec(const PhysicalSpec& spec);
PhysicalSpec SpecOf(const v1::PhysicalClusterSpec& spec);

satellite::v1::StatusDocument ToStatus(const SeenStatus& status);
// INVALID_ARGUMENT with reason STATUS_INVALID when it says nothing, or its key is not of its kind.
absl::StatusOr<SeenStatus> StatusOf(const satellite::v1::StatusDocument& status);

// "lkc-…" of "pkc-…/lkc-…"; empty for "pkc-…" and "data-plane".
std::string ClusterUidOf(std::string_view document_key);

}  // namespace sluice::provisioner::records
