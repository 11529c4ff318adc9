#include "cli/plan/live_cluster.h"

#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/output/figures.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/cluster_snapshot/cluster_survey.h"

namespace sluice::cli {
namespace {

constexpr double kMbPerGib = 1073.741824;
constexpr double kKbPerMb = 1000;

absl::Status BadAmount(const std::string& text, const std::string& option) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, absl::StrCat("\"", text, "\" is no amount"),
      {.reason = "FIGURE_INVALID", .field = option, .remedy = "Write 500 for every broker, 3=800 for one."});
}

absl::StatusOr<cluster_snapshot::AmountByBroker> ParseAmounts(const std::vector<std::string>& texts, double unit,
                                                              const std::string& option) {
  cluster_snapshot::AmountByBroker amounts;
  for (const std::string& text : texts) {
    const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
    double amount = 0;
    int32_t broker = 0;
    if (!absl::SimpleAtod(parts.back(), &amount) || !std::isfinite(amount) || amount <= 0)
      return BadAmount(text, option);
    if (parts.size() == 1) {
      amounts.everywhere = amount * unit;
    } else if (absl::SimpleAtoi(parts[0], &broker)) {
      amounts.of[broker] = amount * unit;
    } else {
      return BadAmount(text, option);
    }
  }
  return amounts;
}

absl::StatusOr<cluster_snapshot::AssemblyOptions> AssemblyOptionsOf(const LiveClusterFlags& flags) {
  cluster_snapshot::AssemblyOptions options;
  ASSIGN_OR_RETURN(options.disk_mb, ParseAmounts(flags.disk_gib, kMbPerGib, "--disk-gib"));
  ASSIGN_OR_RETURN(options.network_kbps, ParseAmounts(flags.network_mb, kKbPerMb, "--network-mb"));
  if (!(flags.reads_per_record >= 0 && flags.reads_per_record <= 1e6)) {
    return BadAmount(absl::StrCat(flags.reads_per_record), "--reads-per-record");
  }
  options.reads_per_record = flags.reads_per_record;
  options.leaving.insert(flags.remove.begin(), flags.remove.end());
  options.cordoned.insert(flags.cordon.begin(), flags.cordon.end());
  options.pinned_topics.insert(flags.exclude_topics.begin(), flags.exclude_topics.end());
  return options;
}

}  // namespace

void AddLiveClusterOptions(CLI::App& command, LiveClusterFlags& flags) {
  const std::string group = "A running cluster, in place of MODEL";
  auto add = [&](const std::string& name, auto& place, const std::string& about) {
    return command.add_option(name, place, about)->group(group);
  };
  add("--bootstrap,--bootstrap-server", flags.login.bootstrap, "Brokers to begin with: HOST:PORT, several by commas");
  add("--command-config", flags.login.command_config, "Properties as Kafka's own tools take them: security, login");
  add("--ca-file", flags.login.ca_file, "Authority of the brokers' certificates, PEM; turns TLS on");
  add("--certificate-file", flags.login.certificate_file, "This client's certificate, PEM");
  add("--key-file", flags.login.key_file, "Its key, PEM, not encrypted");
  add("--sasl-user", flags.login.sasl_user, "Logs in as this user");
  add("--sasl-password-file", flags.login.sasl_password_file, "The file that holds the password alone");
  add("--sasl-mechanism", flags.login.sasl_mechanism, "SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN")->capture_default_str();
  add("--sample", flags.sample, "How long rates are measured; 0: not at all")->capture_default_str();
  add("--reads-per-record", flags.reads_per_record, "How often consumers read each record: Kafka does not tell")
      ->capture_default_str();
  add("--network-mb", flags.network_mb, "What a broker can receive, and send, MB/s; 3=250 for one; without: no limit")
      ->delimiter(',')
      ->allow_extra_args(false);
  add("--disk-gib", flags.disk_gib, "All disks of a broker, GiB; 3=800 for one; without: what brokers tell")
      ->delimiter(',')
      ->allow_extra_args(false);
  add("--remove", flags.remove, "Brokers to empty")->delimiter(',')->allow_extra_args(false);
  add("--cordon", flags.cordon, "Brokers that get nothing new")->delimiter(',')->allow_extra_args(false);
  add("--exclude-topic", flags.exclude_topics, "Topics that stay where they are")
      ->delimiter(',')
      ->allow_extra_args(false);
}

absl::StatusOr<LiveCluster> ReadLiveCluster(Session& session, const LiveClusterFlags& flags,
                                            const KafkaConnector& connect) {
  World& world = session.world();
  cluster_snapshot::SurveyOptions survey{.call_timeout = session.TimeoutOr(absl::Seconds(30))};
  survey.sample = absl::ZeroDuration();
  if (flags.sample != "0") {
    ASSIGN_OR_RETURN(survey.sample, ParseDuration(flags.sample, "--sample"));
  }
  if (world.err_is_terminal) {
    survey.progress = [&world](const std::string& doing) { world.err << "  " << doing << std::endl; };
  }
  ASSIGN_OR_RETURN(const cluster_snapshot::AssemblyOptions options, AssemblyOptionsOf(flags));
  ASSIGN_OR_RETURN(const KafkaLogin login, MakeKafkaLogin(flags.login));
  ASSIGN_OR_RETURN(const auto kafka, connect(login.options));
  ASSIGN_OR_RETURN(const cluster_snapshot::ClusterFacts facts,
                   cluster_snapshot::SurveyCluster(*kafka, world.clock, world.stop, survey));
  ASSIGN_OR_RETURN(cluster_snapshot::Assembled assembled, cluster_snapshot::AssembleSnapshot(facts, options));
  LiveCluster cluster{.name = facts.cluster_id,
                      .snapshot = std::move(assembled.snapshot),
                      .notes = std::move(assembled.notes),
                      .network_known = true};
  for (const planner::Broker& broker : cluster.snapshot.brokers) {
    if (broker.stays() && broker.capacity[planner::kNetworkIn] >= cluster_snapshot::kUnlimitedKbps) {
      cluster.network_known = false;
    }
  }
  return cluster;
}

}  // namespace sluice::cli
