#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/kafka_admin/kafka_admin_client.h"

namespace sluice::cli {

// How to reach a Kafka cluster, as options of the command line have it.
struct KafkaLoginFlags {
  std::string bootstrap;       // host:port, several by commas
  std::string command_config;  // a properties file of Kafka's own tools
  std::string ca_file, certificate_file, key_file;
  std::string sasl_mechanism = "SCRAM-SHA-512";
  std::string sasl_user, sasl_password_file;
};

// Text that has to be in a file for as long as this object is there: 0600, in the folder for temporary files.
class PrivateTexts {
 public:
  PrivateTexts() = default;
  PrivateTexts(PrivateTexts&&) = default;
  PrivateTexts& operator=(PrivateTexts&&) = default;
  ~PrivateTexts();
  absl::StatusOr<std::string> Put(const std::string& text);

 private:
  std::vector<std::string> paths_;
};

struct KafkaLogin {
  kafka_admin::AdminClientOptions options;
  PrivateTexts texts;  // PEM that the properties hold themselves
};

// Understands of Kafka's properties: bootstrap.servers, client.id, request.timeout.ms, security.protocol,
// sasl.mechanism (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), sasl.jaas.config, and PEM by ssl.truststore.location or
// .certificates, ssl.keystore.location or .certificate.chain with .key; other names mean nothing here. The other
// options win over the file. TLS without an authority of its own trusts the system's; names in certificates are always
// checked.
//
// INVALID_ARGUMENT: KAFKA_CONFIG_INVALID, KAFKA_CONFIG_UNSUPPORTED (a key store that is not PEM, another mechanism, an
// encrypted key), FILE_NOT_FOUND; the field is the property or option.
absl::StatusOr<KafkaLogin> MakeKafkaLogin(const KafkaLoginFlags& flags);

}  // namespace sluice::cli
