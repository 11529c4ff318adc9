#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/satellite/adapters/local/kafka_installation.h"

namespace sluice::satellite {

struct NodeCommand {
  std::string java = "java";
  int32_t heap_mib = 0;
  // No file, or one that does not fit: the JVM goes on without it.
  std::string class_archive;
  std::string folder;
  // Finds the process again: unique on the machine.
  std::string marker;
  std::string kafka_cluster_id;
  // The first quorum; only for a controller.
  std::string initial_controllers;
  int32_t metrics_port = 0;
  std::string properties_file;
};

// What every node's JVM has: small and quick to start, which is what a machine with many nodes needs most. Compiled by
// C1 alone, as the figures in docs/benchmarks.md are.
std::vector<std::string> JvmFlags(int32_t heap_mib);

// The argument that says which node a process is.
std::string MarkerArgument(const std::string& marker);

std::vector<std::string> ArgumentsOf(const NodeCommand& command, const KafkaInstallation& kafka);

}  // namespace sluice::satellite
