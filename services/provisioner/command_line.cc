#include "services/provisioner/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/postgres/connect_url.h"

namespace sluice::provisioner {
namespace {

absl::Status Invalid(const std::string& flag, const std::string& remedy) {
  return MakeError(absl::StatusCode::kInvalidArgument, flag + " cannot be read",
                   {.reason = "INVALID_FIELD", .field = flag, .remedy = remedy});
}

absl::StatusOr<kafka_admin::BrokerAddress> AddressOf(const std::string& text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port) || port == 0 || port > 65535) {
    return Invalid("--bus-bootstrap", "give host:port, several separated by commas");
  }
  return kafka_admin::BrokerAddress{.host = text.substr(0, colon), .port = static_cast<uint16_t>(port)};
}

void AddFlags(CLI::App& app, CommandLine& line) {
  app.add_option("--listen", line.listen, "host:port of the API");
  app.add_option("--tls-cert", line.tls_certificate_file, "the API's certificate, PEM");
  app.add_option("--tls-key", line.tls_key_file, "its key, PEM, mode 0600");
  app.add_option("--tls-ca", line.tls_ca_file, "the CA that signed it, PEM");
  app.add_option("--ca-cert", line.authority_certificate_file, "the control plane's CA, which signs satellites, PEM");
  app.add_option("--ca-key", line.authority_key_file, "its key, PEM, mode 0600");
  app.add_option("--database-url", line.database_url, "postgresql://user@host:port/dbname");
  app.add_option("--database-password-file", line.database_password_file, "the password alone, mode 0600");
  app.add_option("--bus-bootstrap", line.bus_bootstrap, "host:port,… of the control-plane Kafka");
  app.add_option("--bus-ca", line.bus_ca_file, "the CA of its brokers, PEM");
  app.add_option("--bus-cert", line.bus_certificate_file, "our certificate for it (CN=sluice-provisioner), PEM");
  app.add_option("--bus-key", line.bus_key_file, "its key, PEM, mode 0600");
  app.add_option("--pepper-file", line.pepper_file, "at least 32 random bytes, mode 0600");
  app.add_option("--metrics-listen", line.metrics_listen, "host:port of /metrics and /healthz");
  app.add_option("--outbox-rows", line.outbox.rows, "messages that may wait to be sent; beyond, calls are UNAVAILABLE")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--outbox-rows-per-topic", line.outbox.rows_per_topic, "the same for one topic")
      ->check(CLI::Range(10, 10'000'000))
      ->capture_default_str();
  app.add_option_function<std::vector<int>>(
         "--parking-waits-s",
         [&line](const std::vector<int>& waits) {
           line.retry_waits.clear();
           for (const int seconds : waits) line.retry_waits.push_back(absl::Seconds(seconds));
         },
         "waits between the tries of a status that cannot be applied, then its key is parked (1,6,25,88)")
      ->delimiter(',')
      ->check(CLI::Range(1, 3600));
  app.add_option_function<int>(
         "--satellite-certificate-lifetime-s",
         [&line](const int& seconds) { line.satellite_certificate_lifetime = absl::Seconds(seconds); },
         "how long a satellite's certificate is good; it is renewed after two thirds (86400)")
      ->check(CLI::Range(30, 90 * 86400));
  app.add_option_function<int>(
         "--undelete-window-s", [&line](const int& seconds) { line.undelete_window = absl::Seconds(seconds); },
         "how long a deleted Kafka cluster can be undeleted, then its data goes (604800)")
      ->check(CLI::Range(1, 90 * 86400));
}

void AddLimits(CLI::App& app, CommandLine& line) {
  const auto bucket = [&](const std::string& name, BucketLimits& limits, const std::string& what) {
    app.add_option("--" + name + "-per-second", limits.per_second, what + " a second, in the long run")
        ->check(CLI::Range(0.01, 100'000.0))
        ->capture_default_str();
    app.add_option("--" + name + "-burst", limits.burst, what + " at once")
        ->check(CLI::Range(1.0, 1'000'000.0))
        ->capture_default_str();
  };
  bucket("organization-calls", line.rate_limits.tenant, "calls of one organization");
  bucket("address-failures", line.rate_limits.failures_of_peer, "calls with a bad key, of one address");
  bucket("key-failures", line.rate_limits.failures_of_key, "calls with a bad secret, of one key");
  app.add_option("--watch-backlog-events", line.watch_backlog_events,
                 "of each event partition's past, held in memory from the start for watches that resume; older ones "
                 "read Kafka")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
}

}  // namespace

kafka_client::ConnectionOptions CommandLine::Bus() const {
  kafka_client::ConnectionOptions options{.bootstrap_servers = bus_bootstrap, .client_id = "sluice-provisioner"};
  if (!bus_ca_file.empty()) {
    options.tls = kafka_client::TlsFiles{
        .ca_file = bus_ca_file, .certificate_file = bus_certificate_file, .key_file = bus_key_file};
  }
  return options;
}

kafka_admin::AdminClientOptions CommandLine::BusAdmin() const {
  kafka_admin::AdminClientOptions options;
  options.client_id = "sluice-provisioner";
  for (absl::string_view part : absl::StrSplit(bus_bootstrap, ',')) {
    options.bootstrap.push_back(*AddressOf(std::string(part)));
  }
  if (!bus_ca_file.empty()) {
    options.tls = kafka_admin::TlsOptions{
        .ca_file = bus_ca_file, .certificate_file = bus_certificate_file, .key_file = bus_key_file};
  }
  return options;
}

absl::StatusOr<CommandLine> ReadCommandLine(int argc, char** argv) {
  CommandLine line;
  CLI::App app("Sluice's provisioner: the API, the desired documents, placement and operations.");
  AddFlags(app, line);
  AddLimits(app, line);
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("serve", "serve the API (what it does when nothing is said)");
  CLI::App* bootstrap =
      app.add_subcommand("bootstrap-admin", "make the first organization and its administrator's key");
  bootstrap->add_option("--key-file", line.key_file, "write the key there (mode 0600) instead of to stdout");
  bootstrap->add_flag("--rotate", line.rotate, "revoke the present administrator's key and make another");
  CLI::App* rebuild = app.add_subcommand("rebuild", "fill an empty database from the topics");
  CLI::App* checksums = app.add_subcommand("checksums", "a checksum of each kind's rows");
  CLI::App* replay = app.add_subcommand("replay-parked", "let parked keys go on");
  replay->add_option("--key", line.parked_key, "this key alone");
  CLI::App* failpoints = app.add_subcommand("list-failpoints", "the fail points' names");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  using Command = CommandLine::Command;
  if (failpoints->parsed()) {
    line.command = Command::kListFailPoints;
    return line;
  }
  if (bootstrap->parsed()) line.command = Command::kBootstrapAdmin;
  if (rebuild->parsed()) line.command = Command::kRebuild;
  if (checksums->parsed()) line.command = Command::kChecksums;
  if (replay->parsed()) line.command = Command::kReplayParked;
  ASSIGN_OR_RETURN(line.database,
                   postgres::ConnectOptionsOf(line.database_url, line.database_password_file, "sluice-provisioner"));
  for (absl::string_view part : absl::StrSplit(line.bus_bootstrap, ',')) {
    RETURN_IF_ERROR(AddressOf(std::string(part)).status());
  }
  return line;
}

}  // namespace sluice::provisioner
