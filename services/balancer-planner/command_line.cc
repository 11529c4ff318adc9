#include "services/balancer-planner/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "libs/base/status.h"
#include "libs/postgres/connect_url.h"

namespace sluice::balancer_planner {
namespace {

void AddFlags(CLI::App& app, CommandLine& line) {
  app.add_option("--listen", line.listen, "host:port of the API");
  app.add_option("--tls-cert", line.tls_certificate_file, "the API's certificate, PEM");
  app.add_option("--tls-key", line.tls_key_file, "its key, PEM, mode 0600");
  app.add_option("--provisioner", line.provisioner, "host:port of the provisioner's API, which knows who may what");
  app.add_option("--provisioner-ca", line.provisioner_ca_file, "the CA of its certificate, PEM");
  app.add_option("--database-url", line.database_url, "postgresql://user@host:port/dbname");
  app.add_option("--database-password-file", line.database_password_file, "the password alone, mode 0600");
  app.add_option("--bus-bootstrap", line.bus_bootstrap, "host:port,… of the control-plane Kafka");
  app.add_option("--bus-ca", line.bus_ca_file, "the CA of its brokers, PEM");
  app.add_option("--bus-cert", line.bus_certificate_file, "our certificate for it (CN=sluice-balancer-planner), PEM");
  app.add_option("--bus-key", line.bus_key_file, "its key, PEM, mode 0600");
  app.add_option("--pepper-file", line.pepper_file,
                 "at least 32 random bytes, mode 0600: page tokens are made with it");
  app.add_option("--metrics-listen", line.metrics_listen, "host:port of /metrics and /healthz");
  app.add_option("--data-plane", line.data_planes, "listen to this one whether the bus tells of it or not; repeatable");
  app.add_option_function<std::string>(
         "--approve", [&line](const std::string& who) { line.balance.approves_itself = who == "auto"; },
         "auto: what it proposes by itself is carried out; manual: once somebody has approved it (auto)")
      ->check(CLI::IsMember({"auto", "manual"}));
}

// A duration in seconds.
void AddSeconds(CLI::App& app, const std::string& name, absl::Duration& value, int most, const std::string& what) {
  app.add_option_function<int>(
         name, [&value](const int& seconds) { value = absl::Seconds(seconds); },
         what + " (" + std::to_string(absl::ToInt64Seconds(value)) + ")")
      ->check(CLI::Range(0, most));
}

void AddShare(CLI::App& app, const std::string& name, double& value, double least, double most,
              const std::string& what) {
  app.add_option(name, value, what)->check(CLI::Range(least, most))->capture_default_str();
}

void AddThresholds(CLI::App& app, BalanceOptions& balance) {
  TriggerOptions& trigger = balance.trigger;
  constexpr int kDay = 86'400;
  AddSeconds(app, "--dead-after-s", trigger.dead_after, 7 * kDay, "a broker that is away so long is placed anew");
  AddSeconds(app, "--dead-after-at-min-isr-s", trigger.dead_after_at_min_isr, 7 * kDay,
             "the same while a partition of it is down to min.insync.replicas");
  AddSeconds(app, "--uneven-for-s", trigger.uneven_for, 7 * kDay, "unevenness that lasts so long is evened out");
  AddSeconds(app, "--cool-down-s", trigger.cool_down, kDay, "rest after a rebalance, doubled by each failure in a row");
  AddSeconds(app, "--moved-lately-s", balance.moved_lately, 6 * 3600,
             "a partition that moved within this is left alone by evening out and relief");
  AddSeconds(app, "--stale-after-s", balance.picture.stale_after, 3600, "older load and status say nothing of now");
  AddSeconds(app, "--proposal-lifetime-s", balance.lifecycle.proposal_lifetime, kDay,
             "a plan that has not begun by then is not carried out");
  AddShare(app, "--unevenness", trigger.unevenness, 0.01, 10, "how much more than its share starts evening out");
  AddShare(app, "--least-use", trigger.least_use, 0, 1,
           "of a disk or link, the share of its limit below which unevenness does not count");
  AddShare(app, "--near-limit", trigger.near_limit, 0.5, 1, "the share of a limit from which on it is relieved");
  AddShare(app, "--window", balance.window, 0.01, 1, "how even is even enough for what it does by itself");
  planner::ResourceVector& limits = balance.picture.limits;
  AddShare(app, "--disk-limit", limits[planner::kDisk], 0.1, 1, "the share of a disk that may be used");
  AddShare(app, "--network-in-limit", limits[planner::kNetworkIn], 0.1, 1, "the same of a link, in");
  AddShare(app, "--network-out-limit", limits[planner::kNetworkOut], 0.1, 1, "the same of a link, out");
}

}  // namespace

kafka_client::ConnectionOptions CommandLine::Bus() const {
  kafka_client::ConnectionOptions options{.bootstrap_servers = bus_bootstrap, .client_id = "sluice-balancer-planner"};
  if (!bus_ca_file.empty()) {
    options.tls = kafka_client::TlsFiles{
        .ca_file = bus_ca_file, .certificate_file = bus_certificate_file, .key_file = bus_key_file};
  }
  return options;
}

absl::StatusOr<CommandLine> ReadCommandLine(int argc, char** argv) {
  CommandLine line;
  CLI::App app("Sluice's balancer-planner: keeps physical clusters even, and their brokers within their limits.");
  AddFlags(app, line);
  AddThresholds(app, line.balance);
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("serve", "serve the API (what it does when nothing is said)");
  CLI::App* rebuild = app.add_subcommand("rebuild", "fill an empty database from the events of rebalances");
  CLI::App* checksums = app.add_subcommand("checksums", "how many rebalances there are, and a checksum of their rows");
  CLI::App* failpoints = app.add_subcommand("list-failpoints", "the fail points' names");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (failpoints->parsed()) {
    line.command = CommandLine::Command::kListFailPoints;
    return line;
  }
  if (rebuild->parsed()) line.command = CommandLine::Command::kRebuild;
  if (checksums->parsed()) line.command = CommandLine::Command::kChecksums;
  ASSIGN_OR_RETURN(line.database, postgres::ConnectOptionsOf(line.database_url, line.database_password_file,
                                                             "sluice-balancer-planner"));
  return line;
}

}  // namespace sluice::balancer_planner
