#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "services/provisioner/core/model/kafka_cluster.h"

// What a field may hold. Each error is INVALID_ARGUMENT INVALID_FIELD with the field's path and a remedy.
namespace sluice::provisioner {

absl::Status InvalidField(const std::string& field, const std::string& problem, const std::string& remedy);

// RFC 1035 label: a lower-case letter, then letters, digits and '-', not '-' at the end; 1 to `longest` characters.
absl::Status CheckLabelId(const std::string& field, const std::string& id, int longest = 63);
// Valid UTF-8, at most 256 bytes.
absl::Status CheckDisplayName(const std::string& field, const std::string& text);
// At most 64; keys [a-z][a-z0-9_.-]{0,62}, values [A-Za-z0-9_.-]{0,63}.
absl::Status CheckLabels(const std::string& field, const Labels& labels);
// A request_id is a UUID of version 4; empty is none.
absl::Status CheckRequestId(const std::string& request_id);

// A new cluster's wish, with its defaults put in: brokers and disk of DEDICATED, effective limits.
absl::Status CheckNewCluster(KafkaCluster& cluster);
// A changed one against what it was. SHRINK_TOO_FAR (below the replicas that its topics have), UNSUPPORTED_VERSION
// besides.
absl::Status CheckChangedCluster(const KafkaCluster& before, KafkaCluster& after);
// What a cluster of this type may use, where it did not say.
Limits EffectiveLimits(const KafkaCluster& cluster);

// Kafka's rules for topic names, prefix and all: [A-Za-z0-9._-], at most 249, not "." or "..".
absl::Status CheckTopicId(const std::string& field, const std::string& prefix, const std::string& id);
absl::Status CheckTopicConfigs(const std::string& field, const std::map<std::string, std::string>& configs);

}  // namespace sluice::provisioner
