#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/client/operation_waiter.h"
#include "cli/client/watch_follower.h"
#include "cli/documents/fields.h"
#include "cli/documents/kafka_documents.h"
#include "cli/documents/operation_document.h"
#include "cli/documents/platform_documents.h"
#include "cli/nouns/nouns.h"
#include "cli/output/style.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using provisioner::v1::WatchResponse;

struct WatchOptions {
  bool organization = false;
  bool data_planes = false;
  bool changes_only = false;
  std::string resume_token;
};

// What one response tells: its kind for people, the name, the state, and the document for programs.
struct News {
  std::string kind;
  std::string name;
  std::string state;
  std::string says;
  Document document;
};

News NewsOf(const WatchResponse& response) {
  switch (response.resource_case()) {
    case WatchResponse::kKafkaCluster: {
      const auto& cluster = response.kafka_cluster();
      return {"kafka", LastSegment(cluster.name()), provisioner::v1::KafkaCluster::State_Name(cluster.state()),
              absl::StrCat(cluster.uid(), " ", cluster.physical_cluster()), KafkaClusterDocument(cluster, "")};
    }
    case WatchResponse::kKafkaKey: {
      const auto& key = response.kafka_key();
      return {"key", LastSegment(key.name()), provisioner::v1::KafkaKey::State_Name(key.state()), key.username(),
              KafkaKeyDocument(key)};
    }
    case WatchResponse::kEnvironment: {
      const auto& environment = response.environment();
      const bool deleted = environment.has_delete_time();
      return {"env", LastSegment(environment.name()), deleted ? "DELETED" : "READY", environment.display_name(),
              EnvironmentDocument(environment)};
    }
    case WatchResponse::kOperation: {
      const auto& operation = response.operation();
      const auto metadata = MetadataOf(operation);
      return {"operation", LastSegment(operation.name()), OperationState(operation),
              absl::StrCat(metadata.verb(), " ", LastSegment(metadata.target()), ": ",
                           operation.has_error() ? operation.error().message() : metadata.status_message()),
              OperationDocument(operation)};
    }
    case WatchResponse::kDataPlane: {
      const auto& data_plane = response.data_plane();
      return {"dataplane", LastSegment(data_plane.name()), provisioner::v1::DataPlane::State_Name(data_plane.state()),
              data_plane.region(), DataPlaneDocument(data_plane)};
    }
    case WatchResponse::kTopic: {
      const auto& topic = response.topic();
      return {"topic", LastSegment(topic.name()), provisioner::v1::Topic::State_Name(topic.state()),
              topic.state_message(), TopicDocument(topic)};
    }
    case WatchResponse::RESOURCE_NOT_SET:
      break;
  }
  return {};
}

Document DocumentOf(const WatchResponse& response, const News& news) {
  Document document;
  document["kind"] = WatchResponse::Kind_Name(response.kind());
  document["time"] = TimeField(response.time());
  document["resume_token"] = response.resume_token();
  document["resource"] = news.kind;
  document["erased"] = response.erased();
  document["object"] = news.document;
  return document;
}

std::string Padded(const Cell& cell, std::size_t width, bool colour) {
  const std::size_t columns = Width(Printable(cell.text));
  return Paint(cell, colour) + std::string(columns < width ? width - columns : 0, ' ');
}

void PrintNews(std::ostream& out, bool colour, const WatchResponse& response, const News& news, absl::Time now) {
  const absl::Time time = response.has_time() ? ToTime(response.time()) : now;
  const bool change = response.kind() == WatchResponse::CHANGE;
  out << Paint({absl::FormatTime("%H:%M:%S", time, absl::LocalTimeZone()), Tone::kFaint}, colour) << "  "
      << (change ? "" : "· ") << Padded(news.kind, change ? 11 : 9, colour)
      << Padded({news.name, Tone::kStrong}, 28, colour) << "  "
      << Padded({news.state, ToneOfState(news.state)}, 13, colour) << Paint({news.says, Tone::kFaint}, colour) << "\n";
}

absl::StatusOr<std::string> ParentOfWatch(const Scope& scope, const WatchOptions& options) {
  if (options.data_planes) return std::string("dataPlanes");
  if (options.organization || scope.environment.empty()) return OrganizationName(scope);
  return EnvironmentName(scope);
}

absl::Status Watch(Session& session, const WatchOptions& options) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(const std::string parent, ParentOfWatch(scope, options));
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  Output& output = session.output();
  const auto take = [&](const WatchResponse& response) {
    const bool has_news = response.kind() == WatchResponse::CHANGE ||
                          (response.kind() == WatchResponse::SNAPSHOT && !options.changes_only);
    // Programs get the tokens of heartbeats and of the snapshot's end as well: to resume from, and to know where they
    // are.
    if (!has_news && output.for_people()) return true;
    News news = NewsOf(response);
    // What it was last says less than that it is no more.
    if (response.erased()) news.state = "GONE";
    output.ShowLine(DocumentOf(response, news),
                    [&](std::ostream& out, bool colour) { PrintNews(out, colour, response, news, session.now()); });
    return true;
  };
  const auto disconnected = [&](const absl::Status& why, bool anew) {
    // That a stream reached its age is no news to anyone.
    if (why.ok() || ErrorReason(why) == "STREAM_AGE_LIMIT") return;
    output.Note(absl::StrCat("The stream ended (", std::string(why.message()), "); ",
                             anew ? "starting anew" : "resuming where it was"));
  };
  WatchFollower follower(*api, {.take = take, .disconnected = disconnected});
  return follower.Follow(parent, options.resume_token);
}

}  // namespace

void AddWatchCommand(CommandTree& tree) {
  CLI::App& watch = tree.AddAlone("watch", "What changes, as it changes, until ^C",
                                  "  sluice watch\n"
                                  "  sluice watch --organization -o json | jq -c 'select(.kind == \"CHANGE\")'\n"
                                  "  sluice watch --data-planes\n");
  auto options = std::make_shared<WatchOptions>();
  watch.add_flag("--organization", options->organization, "All of the organization instead of the environment");
  watch.add_flag("--data-planes", options->data_planes, "Data planes (platform admins)");
  watch.add_flag("--changes-only", options->changes_only, "Without the present state first");
  watch.add_option("--resume-token", options->resume_token, "Go on where an earlier watch ended")->option_text("TOKEN");
  tree.SetRun(watch, [options](Session& session) { return Watch(session, *options); });
}

}  // namespace sluice::cli
