#include "cli/run/complete.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "cli/config/resource_names.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using Names = std::vector<std::string>;

// Where on the line we are.
struct Place {
  CLI::App* command = nullptr;
  // The option whose value is being typed.
  CLI::Option* option = nullptr;
  // --cluster, when it was given.
  std::string cluster;
};

CLI::Option* FindOption(CLI::App* command, const std::string& word) {
  for (CLI::App* at = command; at != nullptr; at = at->get_parent()) {
    if (CLI::Option* option = at->get_option_no_throw(word); option != nullptr) return option;
  }
  return nullptr;
}

// nullptr when `word` is no verb of the command.
CLI::App* FindVerb(CLI::App* command, const std::string& word) {
  for (CLI::App* verb : command->get_subcommands({})) {
    if (verb->get_name() == word) return verb;
  }
  return nullptr;
}

bool TakesValue(const CLI::Option* option) { return option->get_items_expected_max() > 0; }

Place PlaceOf(CommandTree& tree, const std::vector<std::string>& words, GlobalOptions& global) {
  Place place{.command = &tree.root()};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.option != nullptr) {
      const std::string name = place.option->get_name();
      if (name == "--cluster") place.cluster = word;
      if (name == "--context") global.context = word;
      if (name == "--org") global.organization = word;
      if (name == "--env") global.environment = word;
      if (name == "--config") global.config = word;
      place.option = nullptr;
    } else if (absl::StartsWith(word, "-")) {
      CLI::Option* option = FindOption(place.command, word);
      if (option != nullptr && TakesValue(option)) place.option = option;
    } else if (CLI::App* next = FindVerb(place.command, word); next != nullptr) {
      place.command = next;
    }
  }
  return place;
}

// IsMember describes its set as "{a,b}" in the option's type.
Names ValuesOf(const CLI::Option* option) {
  const std::string type = option->get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  return absl::StrSplit(type.substr(open + 1, close - open - 1), ',');
}

Names OptionsOf(CLI::App* command) {
  Names names;
  for (CLI::App* at = command; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

template <typename Items>
Names ShortNames(const Items& items) {
  Names names;
  for (const auto& item : items) names.push_back(LastSegment(item.name()));
  return names;
}

absl::StatusOr<Names> Clusters(Session& session) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  provisioner::v1::ListKafkaClustersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), EnvironmentName(scope));
  ASSIGN_OR_RETURN(auto page, api->Call(&ApiClient::KafkaClusters::StubInterface::ListKafkaClusters, request));
  return ShortNames(page.kafka_clusters());
}

absl::StatusOr<Names> Topics(Session& session, const std::string& cluster) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  provisioner::v1::ListTopicsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), KafkaClusterName(scope, cluster));
  ASSIGN_OR_RETURN(auto page, api->Call(&ApiClient::KafkaClusters::StubInterface::ListTopics, request));
  return ShortNames(page.topics());
}

absl::StatusOr<Names> Keys(Session& session, const std::string& cluster) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  provisioner::v1::ListKafkaKeysRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), KafkaClusterName(scope, cluster));
  ASSIGN_OR_RETURN(auto page, api->Call(&ApiClient::KafkaClusters::StubInterface::ListKafkaKeys, request));
  return ShortNames(page.keys());
}

absl::StatusOr<Names> DataPlanes(Session& session) {
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  ASSIGN_OR_RETURN(auto page, api->Call(&ApiClient::DataPlanes::StubInterface::ListDataPlanes,
                                        provisioner::v1::ListDataPlanesRequest()));
  return ShortNames(page.data_planes());
}

absl::StatusOr<Names> Operations(Session& session) {
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  google::longrunning::ListOperationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), OrganizationName(scope));
  ASSIGN_OR_RETURN(auto page, api->Call(&ApiClient::Operations::StubInterface::ListOperations, request));
  return ShortNames(page.operations());
}

absl::StatusOr<Names> Contexts(Session& session) {
  ASSIGN_OR_RETURN(const ContextFile file, session.Contexts());
  Names names;
  for (const Context& context : file.contexts()) names.push_back(context.name);
  return names;
}

// The names that the verb's NAME may be, by its noun.
absl::StatusOr<Names> NamesFor(const Place& place, Session& session) {
  const CLI::App* noun = place.command->get_parent();
  if (noun == nullptr || !place.command->get_subcommands({}).empty()) return Names();
  const std::string verb = place.command->get_name();
  // What is being made has no name yet.
  if (verb == "create" || verb == "register" || verb == "add") return Names();
  if (noun->get_name() == "kafka" || noun->get_name() == "rebalance") return Clusters(session);
  if (noun->get_name() == "topic") return Topics(session, place.cluster);
  if (noun->get_name() == "key") return Keys(session, place.cluster);
  if (noun->get_name() == "dataplane") return DataPlanes(session);
  if (noun->get_name() == "operation") return Operations(session);
  if (noun->get_name() == "context") return Contexts(session);
  return Names();
}

absl::StatusOr<Names> Candidates(const Place& place, const std::string& typed, const GlobalOptions& global,
                                 World& world) {
  if (place.option == nullptr && absl::StartsWith(typed, "-")) return OptionsOf(place.command);
  if (place.option != nullptr) {
    if (Names values = ValuesOf(place.option); !values.empty()) return values;
  }
  Names verbs;
  for (const CLI::App* verb : place.command->get_subcommands({})) verbs.push_back(verb->get_name());
  if (place.option == nullptr && !verbs.empty()) return verbs;
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Session::Open(world, global));
  if (place.option == nullptr) return NamesFor(place, *session);
  if (place.option->get_name() == "--cluster") return Clusters(*session);
  if (place.option->get_name() == "--context") return Contexts(*session);
  return Names();
}

}  // namespace

std::vector<std::string> Complete(CommandTree& tree, const std::vector<std::string>& words, World& world) {
  GlobalOptions global;
  // Someone holds the tab key down: late names are worth less than none.
  global.timeout = "2s";
  const Place place = PlaceOf(tree, words, global);
  const std::string typed = words.empty() ? "" : words.back();
  const absl::StatusOr<Names> candidates = Candidates(place, typed, global, world);
  Names matching;
  if (!candidates.ok()) return matching;
  std::copy_if(candidates->begin(), candidates->end(), std::back_inserter(matching),
               [&](const std::string& name) { return absl::StartsWith(name, typed); });
  std::sort(matching.begin(), matching.end());
  matching.erase(std::unique(matching.begin(), matching.end()), matching.end());
  return matching;
}

}  // namespace sluice::cli
