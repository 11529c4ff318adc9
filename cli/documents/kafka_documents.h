#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/output/document.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"

namespace sluice::cli {

// Kafka clusters, keys and topics for programs (field names: docs/cli.md) and for people.

// `ca_file` is where the CLI put the cluster's CA; empty: nowhere, and the field is left out.
Document KafkaClusterDocument(const provisioner::v1::KafkaCluster& cluster, const std::string& ca_file);
void PrintKafkaClusters(std::ostream& out, bool colour, const std::vector<provisioner::v1::KafkaCluster>& clusters,
                        absl::Time now);
void PrintKafkaCluster(std::ostream& out, bool colour, const provisioner::v1::KafkaCluster& cluster,
                       const std::string& ca_file, absl::Time now);

Document KafkaKeyDocument(const provisioner::v1::KafkaKey& key);
void PrintKafkaKeys(std::ostream& out, bool colour, const std::vector<provisioner::v1::KafkaKey>& keys, absl::Time now);

Document TopicDocument(const provisioner::v1::Topic& topic);
void PrintTopics(std::ostream& out, bool colour, const std::vector<provisioner::v1::Topic>& topics);
void PrintTopic(std::ostream& out, bool colour, const provisioner::v1::Topic& topic);

}  // namespace sluice::cli
