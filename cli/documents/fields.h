#pragma once

#include <google/protobuf/map.h>
#include <google/protobuf/repeated_ptr_field.h>
#include <google/protobuf/timestamp.pb.h>

#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "cli/output/document.h"
#include "sluice/provisioner/v1/resource_meta.pb.h"

namespace sluice::cli {

// What documents of all kinds are made of.

// RFC 3339 in UTC; null when it is not set.
Document TimeField(const google::protobuf::Timestamp& time);
absl::Time ToTime(const google::protobuf::Timestamp& time);
Document LabelsField(const google::protobuf::Map<std::string, std::string>& labels);
// "a=1, b=2", by key.
std::string LabelsForPeople(const google::protobuf::Map<std::string, std::string>& labels);

using Conditions = google::protobuf::RepeatedPtrField<provisioner::v1::Condition>;
Document ConditionsField(const Conditions& conditions);
// What it waits for and why, then all conditions as a table; nothing when there are none.
void PrintConditions(std::ostream& out, bool colour, const Conditions& conditions, absl::Time now);

}  // namespace sluice::cli
