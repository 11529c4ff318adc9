#include "services/satellite/adapters/local/node_command.h"

#include "absl/strings/str_cat.h"

namespace sluice::satellite {

std::vector<std::string> JvmFlags(int32_t heap_mib) {
  return {absl::StrCat("-Xmx", heap_mib, "m"), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
          "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true",
          // PEM files and loopback only: no entropy daemon, no name service to wait for.
          "-Djava.security.egd=file:/dev/urandom"};
}

std::string MarkerArgument(const std::string& marker) { return absl::StrCat("-Dsluice.node=", marker); }

std::vector<std::string> ArgumentsOf(const NodeCommand& command, const KafkaInstallation& kafka) {
  std::vector<std::string> arguments = {command.java};
  for (std::string& flag : JvmFlags(command.heap_mib)) arguments.push_back(std::move(flag));
  if (!command.class_archive.empty()) {
    arguments.push_back(absl::StrCat("-XX:SharedArchiveFile=", command.class_archive));
    arguments.push_back("-Xlog:disable");
    arguments.push_back("-Xlog:all=error:stderr");
  }
  arguments.push_back(absl::StrCat("-XX:ErrorFile=", command.folder, "/log/jvm-crash.log"));
  arguments.push_back(MarkerArgument(command.marker));
  arguments.push_back(absl::StrCat("-Dlog4j2.configurationFile=file:", kafka.log_config_file()));
  arguments.push_back(absl::StrCat("-Dsluice.log=", command.folder, "/log/kafka.log"));
  arguments.push_back(absl::StrCat("-Dsluice.kafka.cluster.id=", command.kafka_cluster_id));
  if (!command.initial_controllers.empty()) {
    arguments.push_back(absl::StrCat("-Dsluice.kafka.initial.controllers=", command.initial_controllers));
  }
  if (command.metrics_port > 0) {
    arguments.push_back(
        absl::StrCat("-Dsluice.metrics=127.0.0.1:", command.metrics_port, ":", kafka.metrics_config_file()));
  }
  arguments.insert(arguments.end(), {"-cp", kafka.class_path(), "org.sluice.node.NodeMain", command.properties_file});
  return arguments;
}

}  // namespace sluice::satellite
