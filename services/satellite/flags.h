#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::satellite {

struct Flags {
  std::string state_folder;
  std::string control_endpoint;
  std::string api_ca_file;
  std::string enrolment_token_file;
  std::string kafka_home;
  std::string cache_folder;
  std::string java = "java";
  int32_t first_port = 21000;
  int32_t last_port = 21999;
  int32_t max_brokers = 12;
  std::vector<std::string> racks;
  int32_t max_replicas_per_broker = 4000;
  std::string metrics_listen = "127.0.0.1:0";
  bool list_fail_points = false;
};

// What the command line says. Nothing when it was answered already (--help, --version); an error is
// INVALID_ARGUMENT (FLAG_INVALID) with a sentence for the user.
absl::StatusOr<std::optional<Flags>> ParseFlags(int argc, char** argv, const std::string& version);

}  // namespace sluice::satellite
