#include "cli/nouns/kafka/kafka_limits_flags.h"

#include "cli/output/figures.h"
#include "libs/base/status.h"

namespace sluice::cli {

void AddLimitsFlags(CLI::App& verb, KafkaLimitsFlags& flags) {
  verb.add_option("--ingress", flags.ingress, "Bytes a second in, all producers together: 5MiB");
  verb.add_option("--egress", flags.egress, "Bytes a second out, all consumers together: 15MiB");
  verb.add_option("--request-percent", flags.request_percent, "Share of a broker's request threads")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--controller-mutations", flags.controller_mutations, "Partitions made or deleted a second")
      ->check(CLI::NonNegativeNumber);
  verb.add_option("--partition-limit", flags.partitions, "Partitions at most")->check(CLI::NonNegativeNumber);
}

absl::StatusOr<std::vector<std::string>> ApplyLimits(const KafkaLimitsFlags& flags,
                                                     provisioner::v1::KafkaLimits& limits) {
  std::vector<std::string> paths;
  if (!flags.ingress.empty()) {
    ASSIGN_OR_RETURN(const std::int64_t bytes, ParseBytes(flags.ingress, "ingress"));
    limits.set_ingress_bytes_per_second(bytes);
    paths.push_back("limits.ingress_bytes_per_second");
  }
  if (!flags.egress.empty()) {
    ASSIGN_OR_RETURN(const std::int64_t bytes, ParseBytes(flags.egress, "egress"));
    limits.set_egress_bytes_per_second(bytes);
    paths.push_back("limits.egress_bytes_per_second");
  }
  if (flags.request_percent >= 0) {
    limits.set_request_percent(flags.request_percent);
    paths.push_back("limits.request_percent");
  }
  if (flags.controller_mutations >= 0) {
    limits.set_controller_mutations_per_second(flags.controller_mutations);
    paths.push_back("limits.controller_mutations_per_second");
  }
  if (flags.partitions >= 0) {
    limits.set_partitions(flags.partitions);
    paths.push_back("limits.partitions");
  }
  return paths;
}

}  // namespace sluice::cli
