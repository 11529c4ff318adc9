#include "cli/documents/operation_document.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/client/operation_waiter.h"
#include "cli/config/resource_names.h"
#include "cli/documents/fields.h"
#include "cli/documents/kafka_documents.h"
#include "cli/output/error_report.h"
#include "cli/output/figures.h"
#include "cli/output/table.h"
#include "libs/grpc/error_status.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"

namespace sluice::cli {
namespace {

using google::longrunning::Operation;
using provisioner::v1::OperationMetadata;
using provisioner::v1::Plan;

// The response of an operation that ended well, by its kind; null when there is none for programs.
Document ResponseField(const Operation& operation) {
  provisioner::v1::KafkaCluster cluster;
  provisioner::v1::KafkaKey key;
  provisioner::v1::Topic topic;
  Plan plan;
  if (operation.response().UnpackTo(&cluster)) return KafkaClusterDocument(cluster, "");
  if (operation.response().UnpackTo(&key)) return KafkaKeyDocument(key);
  if (operation.response().UnpackTo(&topic)) return TopicDocument(topic);
  if (operation.response().UnpackTo(&plan)) return PlanDocument(plan);
  return nullptr;
}

// "orders", "orders/topics/clicks": the target below its environment.
std::string ShortTarget(const std::string& target) {
  constexpr char kClusters[] = "/kafkaClusters/";
  const std::size_t found = target.find(kClusters);
  return found == std::string::npos ? LastSegment(target) : target.substr(found + sizeof(kClusters) - 1);
}

}  // namespace

std::string OperationState(const Operation& operation) {
  if (!operation.done()) return "RUNNING";
  if (!operation.has_error()) return "DONE";
  return operation.error().code() == 1 ? "CANCELLED" : "FAILED";
}

Document OperationDocument(const Operation& operation) {
  const OperationMetadata metadata = MetadataOf(operation);
  Document document;
  document["name"] = LastSegment(operation.name());
  document["resource_name"] = operation.name();
  document["done"] = operation.done();
  document["state"] = OperationState(operation);
  document["verb"] = metadata.verb();
  document["target"] = metadata.target();
  document["status_message"] = metadata.status_message();
  document["progress_percent"] = metadata.progress_percent();
  document["requested_cancellation"] = metadata.requested_cancellation();
  document["create_time"] = TimeField(metadata.create_time());
  document["end_time"] = TimeField(metadata.end_time());
  document["error"] = operation.has_error() ? ErrorDocument(rpc::FromRpcStatus(operation.error())) : Document(nullptr);
  document["response"] = operation.has_response() ? ResponseField(operation) : Document(nullptr);
  return document;
}

void PrintOperations(std::ostream& out, bool colour, const std::vector<Operation>& operations, absl::Time now) {
  Table table({"NAME", "VERB", "TARGET", "STATE", "PROGRESS", "STARTED", "SAYS"}, "No operations.");
  for (const Operation& operation : operations) {
    const OperationMetadata metadata = MetadataOf(operation);
    const std::string state = OperationState(operation);
    table.Add({{LastSegment(operation.name()), Tone::kStrong},
               metadata.verb(),
               ShortTarget(metadata.target()),
               {state, ToneOfState(state)},
               absl::StrCat(metadata.progress_percent(), " %"),
               TimeForPeople(ToTime(metadata.create_time()), now),
               operation.has_error() ? operation.error().message() : metadata.status_message()});
  }
  table.Print(out, colour);
}

void PrintOperation(std::ostream& out, bool colour, const Operation& operation, absl::Time now) {
  const OperationMetadata metadata = MetadataOf(operation);
  const std::string state = OperationState(operation);
  out << Paint({LastSegment(operation.name()), Tone::kStrong}, colour) << "  "
      << Paint({state, ToneOfState(state)}, colour) << "\n";
  Sheet sheet;
  sheet.Add("does", absl::StrCat(metadata.verb(), " ", ShortTarget(metadata.target())));
  sheet.Add("target", metadata.target());
  sheet.Add("progress", absl::StrCat(metadata.progress_percent(), " %"));
  sheet.Add(operation.done() ? "says" : "waits for", {metadata.status_message(), Tone::kBusy});
  sheet.Add("cancelling", metadata.requested_cancellation() && !operation.done() ? "yes, asked for" : "");
  sheet.Add("started", TimeForPeople(ToTime(metadata.create_time()), now));
  sheet.Add("ended", TimeForPeople(ToTime(metadata.end_time()), now));
  if (operation.has_error()) {
    const Document error = ErrorDocument(rpc::FromRpcStatus(operation.error()));
    sheet.Add("error", {error["message"].get<std::string>(), Tone::kBad});
    sheet.Add("reason", error["reason"].get<std::string>());
    sheet.Add("remedy", error["remedy"].get<std::string>());
  }
  sheet.Print(out, colour, 2);
}

Document PlanDocument(const Plan& plan) {
  Document document;
  document["data_plane"] = LastSegment(plan.data_plane());
  document["physical_cluster"] = plan.physical_cluster();
  document["placement_reasons"] = Document::array();
  for (const std::string& reason : plan.placement_reasons()) document["placement_reasons"].push_back(reason);
  document["steps"] = Document::array();
  for (const Plan::Step& step : plan.steps()) {
    document["steps"].push_back({{"description", step.description()}, {"seconds", step.seconds()}});
  }
  document["bytes_to_move"] = plan.bytes_to_move();
  return document;
}

void PrintPlan(std::ostream& out, bool colour, const Plan& plan) {
  out << Paint({"This would be done; nothing was changed.", Tone::kStrong}, colour) << "\n";
  Sheet sheet;
  sheet.Add("data plane", LastSegment(plan.data_plane()));
  sheet.Add("physical cluster", plan.physical_cluster());
  for (const std::string& reason : plan.placement_reasons()) sheet.Add("because", reason);
  sheet.Add("data to move", plan.bytes_to_move() > 0 ? BytesForPeople(plan.bytes_to_move()) : "");
  sheet.Print(out, colour, 2);
  if (plan.steps().empty()) return;
  Table steps({"STEP", "WHAT", "SECONDS"});
  int number = 0;
  for (const Plan::Step& step : plan.steps()) {
    steps.Add({std::to_string(++number), step.description(), absl::StrFormat("%.1f", step.seconds())});
  }
  out << "\n";
  steps.Print(out, colour);
}

}  // namespace sluice::cli
