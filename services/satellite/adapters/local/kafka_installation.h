#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::satellite {

// Kafka's jars on this machine, with ours put beside them: the principal builder and the node's own main class, which
// the binary brings along.
class KafkaInstallation {
 public:
  // `kafka_home` has libs/*.jar. Ours are written below `cache_folder`/jars, named by their content, so that a newer
  // satellite never changes the files below a running node, and all satellites of a machine share one class archive,
  // which holds for these very files only. FailedPrecondition KAFKA_MISSING.
  static absl::StatusOr<KafkaInstallation> Open(const std::string& kafka_home, const std::string& cache_folder);

  // "4.3.1", from kafka-clients' file name.
  const std::string& version() const { return version_; }
  // Ours first, then Kafka's sorted by name: the same at each call, which a class archive asks for.
  const std::string& class_path() const { return class_path_; }
  // Changes with any jar's name, size or time.
  const std::string& fingerprint() const { return fingerprint_; }
  const std::string& log_config_file() const { return log_config_file_; }
  const std::string& metrics_config_file() const { return metrics_config_file_; }

 private:
  KafkaInstallation() = default;

  std::string version_;
  std::string class_path_;
  std::string fingerprint_;
  std::string log_config_file_;
  std::string metrics_config_file_;
};

}  // namespace sluice::satellite
