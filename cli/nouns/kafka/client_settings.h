#pragma once

#include <string>

#include "cli/output/output.h"

namespace sluice::cli {

// What a Kafka client needs to log in.
struct ClientSettings {
  std::string bootstrap_servers;
  std::string security_protocol;
  std::string sasl_mechanism;
  std::string username;
  std::string password;
  std::string ca_file;
  std::string prefix;
};

// The settings as a file of the format's kind (Java properties, librdkafka properties or shell variables), ready to be
// used as it stands.
std::string ClientSettingsText(const ClientSettings& settings, Format format);

}  // namespace sluice::cli
