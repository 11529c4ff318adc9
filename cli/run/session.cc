#include "cli/run/session.h"

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/config/private_file.h"
#include "cli/output/figures.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

// Of one call that does not wait for anything but the answer.
constexpr absl::Duration kCallTimeout = absl::Seconds(20);
// How long an API that restarts is waited for; less than the patience of a person whose API is simply not there.
constexpr absl::Duration kRetryFor = absl::Seconds(5);

Format FormatOf(const std::string& name) {
  static const std::map<std::string, Format> kFormats = {
      {"json", Format::kJson},           {"yaml", Format::kYaml},
      {"java", Format::kJavaProperties}, {"properties", Format::kJavaProperties},
      {"env", Format::kShellVariables},  {"librdkafka", Format::kLibrdkafkaProperties}};
  const auto found = kFormats.find(name);
  return found == kFormats.end() ? Format::kPeople : found->second;
}

bool WantsColour(const World& world, const GlobalOptions& options) {
  return world.out_is_terminal && !options.no_colour && world.environment_variable("NO_COLOR").empty() &&
         world.environment_variable("TERM") != "dumb";
}

}  // namespace

Session::Session(World& world, const GlobalOptions& options, std::optional<absl::Duration> timeout)
    : world_(world),
      options_(options),
      timeout_(timeout),
      output_(world.out, world.err, FormatOf(options.output), WantsColour(world, options)) {}

absl::StatusOr<std::unique_ptr<Session>> Session::Open(World& world, const GlobalOptions& options) {
  std::optional<absl::Duration> timeout;
  if (!options.timeout.empty()) {
    ASSIGN_OR_RETURN(timeout, ParseDuration(options.timeout, "timeout"));
  }
  return std::unique_ptr<Session>(new Session(world, options, timeout));
}

absl::StatusOr<ContextFile> Session::Contexts() const {
  if (!options_.config.empty()) return ContextFile::Load(options_.config);
  return ContextFile::Load(ContextFile::DefaultPath(world_.environment_variable("SLUICE_CONFIG"),
                                                    world_.environment_variable("XDG_CONFIG_HOME"),
                                                    world_.environment_variable("HOME")));
}

absl::StatusOr<Scope> Session::scope() const {
  ASSIGN_OR_RETURN(const ContextFile file, Contexts());
  Scope scope{.organization = options_.organization, .environment = options_.environment};
  ASSIGN_OR_RETURN(const Context context, file.Find(options_.context));
  if (scope.organization.empty()) scope.organization = context.organization;
  if (scope.environment.empty()) scope.environment = context.environment;
  return scope;
}

absl::StatusOr<ApiClient*> Session::Api() {
  if (api_) return api_.get();
  ASSIGN_OR_RETURN(const ContextFile file, Contexts());
  ASSIGN_OR_RETURN(const Context context, file.Find(options_.context));
  ASSIGN_OR_RETURN(api_, ConnectTo(file, context, context.endpoint));
  return api_.get();
}

absl::StatusOr<ApiClient*> Session::Balancer() {
  if (balancer_) return balancer_.get();
  ASSIGN_OR_RETURN(const ContextFile file, Contexts());
  ASSIGN_OR_RETURN(const Context context, file.Find(options_.context));
  if (context.balancer_endpoint.empty()) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, absl::StrCat("context ", context.name, " names no balancer-planner"),
        {.reason = "NO_BALANCER_ENDPOINT", .remedy = "Add it: sluice context add with --balancer-endpoint HOST:PORT."});
  }
  ASSIGN_OR_RETURN(balancer_, ConnectTo(file, context, context.balancer_endpoint));
  return balancer_.get();
}

absl::StatusOr<std::unique_ptr<ApiClient>> Session::ConnectTo(const ContextFile& file, const Context& context,
                                                              const std::string& endpoint) {
  const rpc::ClientOptions options{.endpoint = endpoint,
                                   .ca_file = file.Resolve(context.ca_file),
                                   .key_file = file.Resolve(context.key_file),
                                   .user_agent = "sluice-cli"};
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelInterface> channel, world_.connect(options));
  return std::make_unique<ApiClient>(
      ApiClientOptions{.channel = std::move(channel), .call_timeout = TimeoutOr(kCallTimeout), .retry_for = kRetryFor},
      ApiClient::World{.clock = world_.clock, .random = world_.random, .stop = world_.stop});
}

absl::StatusOr<std::string> Session::KeepCa(const provisioner::v1::KafkaCluster& cluster) const {
  if (cluster.ca_certificate_pem().empty() || cluster.uid().empty()) return std::string();
  ASSIGN_OR_RETURN(const ContextFile file, Contexts());
  // The uid becomes a file's name: nothing that a server says may lead out of the folder.
  const std::string file_name = std::filesystem::path(cluster.uid()).filename().string() + ".pem";
  const std::filesystem::path path = std::filesystem::absolute(file.folder() / "ca" / file_name).lexically_normal();
  ASSIGN_OR_RETURN(const std::optional<std::string> there, ReadFileIfThere(path));
  if (there != cluster.ca_certificate_pem()) {
    RETURN_IF_ERROR(WriteFileInOneStep(path, cluster.ca_certificate_pem(), FileMode::kReadable));
  }
  return path.string();
}

absl::Status Session::Confirm(const std::string& question, bool can_be_undone) {
  if (!world_.in_is_terminal && can_be_undone) return absl::OkStatus();
  std::string answer;
  if (world_.in_is_terminal) {
    world_.err << question << " [y/N] " << std::flush;
    std::getline(world_.in, answer);
    absl::AsciiStrToLower(&answer);
  }
  if (answer == "y" || answer == "yes") return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "not confirmed, so nothing was done",
                   {.reason = "NOT_CONFIRMED", .field = "yes", .remedy = "Answer y, or give --yes."});
}

}  // namespace sluice::cli
