#include "cli/documents/fields.h"

#include <google/protobuf/util/time_util.h>

#include <map>

#include "absl/strings/str_join.h"
#include "cli/output/figures.h"
#include "cli/output/table.h"

namespace sluice::cli {
namespace {

using provisioner::v1::Condition;

// These say that something is under way when TRUE; all others are well when TRUE.
bool TrueMeansBusy(const std::string& type) {
  return type == "RollingOut" || type == "ScalingUp" || type == "ScalingDown" || type == "Rebalancing" ||
         type == "Remediating" || type == "Deleting" || type == "Paused" || type == "Progressing";
}

bool IsWell(const Condition& condition) {
  return (condition.status() == Condition::TRUE) != TrueMeansBusy(condition.type()) &&
         condition.status() != Condition::UNKNOWN;
}

Tone ToneOf(const Condition& condition) {
  if (IsWell(condition)) return Tone::kGood;
  return TrueMeansBusy(condition.type()) || condition.status() == Condition::UNKNOWN ? Tone::kBusy : Tone::kBad;
}

}  // namespace

Document TimeField(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return nullptr;
  return google::protobuf::util::TimeUtil::ToString(time);
}

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

Document LabelsField(const google::protobuf::Map<std::string, std::string>& labels) {
  Document field = Document::object();
  for (const auto& [key, value] : std::map<std::string, std::string>(labels.begin(), labels.end())) field[key] = value;
  return field;
}

std::string LabelsForPeople(const google::protobuf::Map<std::string, std::string>& labels) {
  return absl::StrJoin(std::map<std::string, std::string>(labels.begin(), labels.end()), ", ",
                       absl::PairFormatter("="));
}

Document ConditionsField(const Conditions& conditions) {
  Document field = Document::array();
  for (const Condition& condition : conditions) {
    Document one;
    one["type"] = condition.type();
    one["status"] = Condition::Status_Name(condition.status());
    one["reason"] = condition.reason();
    one["message"] = condition.message();
    one["last_transition_time"] = TimeField(condition.last_transition_time());
    one["observed_generation"] = condition.observed_generation();
    field.push_back(one);
  }
  return field;
}

void PrintConditions(std::ostream& out, bool colour, const Conditions& conditions, absl::Time now) {
  if (conditions.empty()) return;
  Table waits({"WAITS FOR", "WHY"});
  bool waiting = false;
  for (const Condition& condition : conditions) {
    if (IsWell(condition)) continue;
    waiting = true;
    waits.Add({{condition.message().empty() ? condition.type() : condition.message(), Tone::kBusy},
               {condition.reason(), Tone::kPlain}});
  }
  if (waiting) {
    out << "\n";
    waits.Print(out, colour);
  }
  Table table({"CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"});
  for (const Condition& condition : conditions) {
    table.Add({condition.type(),
               {Condition::Status_Name(condition.status()), ToneOf(condition)},
               condition.reason(),
               TimeForPeople(ToTime(condition.last_transition_time()), now),
               condition.message()});
  }
  out << "\n";
  table.Print(out, colour);
}

}  // namespace sluice::cli
