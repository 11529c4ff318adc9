#include "services/satellite/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <set>

#include "libs/base/error.h"

namespace sluice::satellite {
namespace {

constexpr size_t kLongestRack = 63;

absl::Status Invalid(const std::string& what) {
  return MakeError(absl::StatusCode::kInvalidArgument, what, {.reason = "FLAG_INVALID", .remedy = "See --help."});
}

std::string DefaultCacheFolder() {
  if (const char* cache = std::getenv("SLUICE_CACHE")) return cache;
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "/var/cache" : std::string(home) + "/.cache") + "/sluice";
}

// "21000-21999"
absl::Status ParsePorts(const std::string& text, Flags& flags) {
  int first = 0;
  int last = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%d-%d%c", &first, &last, &rest) != 2 || first < 1024 || last > 65535 || last < first) {
    return Invalid("--port-range is FIRST-LAST within 1024-65535, not '" + text + "'");
  }
  flags.first_port = first;
  flags.last_port = last;
  return absl::OkStatus();
}

// As Kafka takes them for broker.rack, and people can read.
absl::Status CheckRacks(const std::vector<std::string>& racks) {
  std::set<std::string> known;
  for (const std::string& rack : racks) {
    const bool printable = std::all_of(rack.begin(), rack.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (rack.empty() || rack.size() > kLongestRack || !printable) {
      return Invalid("--racks has '" + rack + "': a rack is 1 to 63 letters, digits, '-', '_' or '.'");
    }
    if (!known.insert(rack).second) return Invalid("--racks has '" + rack + "' twice");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<Flags>> ParseFlags(int argc, char** argv, const std::string& version) {
  Flags flags;
  flags.cache_folder = DefaultCacheFolder();
  std::string ports = "21000-21999";
  std::string substrate = "local";
  bool show_version = false;
  CLI::App app("Runs one data plane: the only one that touches it.", "satellite");
  app.add_option("--state-dir", flags.state_folder, "Folder for identity, accepted documents and nodes");
  app.add_option("--data-plane-endpoint", flags.control_endpoint, "host:port of the control plane's API");
  app.add_option("--api-ca", flags.api_ca_file, "PEM file: the CA of the control plane's API");
  app.add_option("--enrolment-token-file", flags.enrolment_token_file,
                 "File with the single-use token; first start only");
  app.add_option("--substrate", substrate, "Where nodes run: local")->check(CLI::IsMember({"local"}));
  app.add_option("--kafka-home", flags.kafka_home, "Folder that holds Apache Kafka's libs/");
  app.add_option("--cache-dir", flags.cache_folder, "Folder for class archives; may be shared");
  app.add_option("--java", flags.java, "The java command");
  app.add_option("--port-range", ports, "Ports for nodes, FIRST-LAST");
  app.add_option("--max-brokers", flags.max_brokers, "Brokers at most, over all clusters")->check(CLI::Range(1, 1000));
  app.add_option("--racks", flags.racks, "Racks that each cluster's new brokers are spread over: a,b,c (default: none)")
      ->delimiter(',');
  app.add_option("--max-replicas-per-broker", flags.max_replicas_per_broker,
                 "A cell with more takes no new logical cluster")
      ->check(CLI::Range(1, 100000));
  app.add_option("--metrics-listen", flags.metrics_listen, "host:port for /metrics and /healthz");
  app.add_flag("--list-failpoints", flags.list_fail_points, "Prints the fail points and ends");
  app.add_flag("--version", show_version, "Prints the version and ends");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return Invalid(error.what());
  }
  if (show_version) {
    std::cout << version << "\n";
    return std::nullopt;
  }
  if (flags.list_fail_points) return flags;
  if (absl::Status parsed = ParsePorts(ports, flags); !parsed.ok()) return parsed;
  if (absl::Status checked = CheckRacks(flags.racks); !checked.ok()) return checked;
  for (const auto& [name, value] :
       {std::pair{"--state-dir", &flags.state_folder}, std::pair{"--data-plane-endpoint", &flags.control_endpoint},
        std::pair{"--api-ca", &flags.api_ca_file}, std::pair{"--kafka-home", &flags.kafka_home}}) {
    if (value->empty()) return Invalid(std::string(name) + " is required");
  }
  return flags;
}

}  // namespace sluice::satellite
