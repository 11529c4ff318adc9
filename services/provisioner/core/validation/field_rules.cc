#include "services/provisioner/core/validation/field_rules.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::provisioner {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-'; }

// Length of the UTF-8 sequence that begins at `text`, 0 when it is none (RFC 3629: no overlong form, no surrogate).
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto next = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xC2 && byte(0) <= 0xDF) return next(1) ? 2 : 0;
  if (byte(0) >= 0xE0 && byte(0) <= 0xEF) {
    if (!next(1) || !next(2)) return 0;
    const bool overlong = byte(0) == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = byte(0) == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (byte(0) >= 0xF0 && byte(0) <= 0xF4) {
    if (!next(1) || !next(2) || !next(3)) return 0;
    const bool overlong = byte(0) == 0xF0 && byte(1) < 0x90;
    const bool beyond = byte(0) == 0xF4 && byte(1) > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

absl::Status CheckRange(const std::string& field, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("is ", value), absl::StrCat("take ", least, " to ", most));
}

constexpr int64_t kMega = 1'000'000;
constexpr int32_t kMaxBrokers = 30;
constexpr int32_t kDefaultBrokers = 3;
constexpr int64_t kDefaultDiskMib = 10'240;
constexpr int64_t kLeastDiskMib = 1'024;
constexpr int64_t kMostDiskMib = 16 * 1024 * 1024;

// Beside Confluent's Basic (5/15 MB/s) as the default, and Redpanda serverless (100/300 MB/s, 5,000 partitions) as the
// most; see docs/adr. Request share and mutations: what keeps one tenant from a broker of three.
constexpr Limits kServerlessDefault = {.ingress_bytes_per_second = 5 * kMega,
                                       .egress_bytes_per_second = 15 * kMega,
                                       .request_percent = 50,
                                       .controller_mutations_per_second = 10,
                                       .partitions = 1'000};
constexpr Limits kServerlessMost = {.ingress_bytes_per_second = 100 * kMega,
                                    .egress_bytes_per_second = 300 * kMega,
                                    .request_percent = 200,
                                    .controller_mutations_per_second = 100,
                                    .partitions = 5'000};
// Of each broker of a DEDICATED cluster (kas-fleet-manager's size x1: 50/100 MiB/s and 1,500 partitions over three).
constexpr Limits kDedicatedPerBroker = {.ingress_bytes_per_second = 50 * kMega,
                                        .egress_bytes_per_second = 150 * kMega,
                                        .request_percent = 400,
                                        .controller_mutations_per_second = 100,
                                        .partitions = 2'000};

Limits Times(const Limits& limits, int32_t n) {
  return {.ingress_bytes_per_second = limits.ingress_bytes_per_second * n,
          .egress_bytes_per_second = limits.egress_bytes_per_second * n,
          .request_percent = limits.request_percent,
          .controller_mutations_per_second = limits.controller_mutations_per_second,
          .partitions = limits.partitions * n};
}

absl::Status CheckLimits(const KafkaCluster& cluster) {
  const Limits most =
      cluster.type == ClusterType::kServerless ? kServerlessMost : Times(kDedicatedPerBroker, cluster.brokers);
  const Limits& limits = cluster.limits;
  const std::string at = "kafka_cluster.limits.";
  RETURN_IF_ERROR(
      CheckRange(at + "ingress_bytes_per_second", limits.ingress_bytes_per_second, 0, most.ingress_bytes_per_second));
  RETURN_IF_ERROR(
      CheckRange(at + "egress_bytes_per_second", limits.egress_bytes_per_second, 0, most.egress_bytes_per_second));
  RETURN_IF_ERROR(CheckRange(at + "request_percent", limits.request_percent, 0, most.request_percent));
  RETURN_IF_ERROR(CheckRange(at + "controller_mutations_per_second", limits.controller_mutations_per_second, 0,
                             most.controller_mutations_per_second));
  return CheckRange(at + "partitions", limits.partitions, 0, most.partitions);
}

absl::Status CheckVersion(const std::string& version) {
  const bool shape = std::all_of(version.begin(), version.end(), [](char c) { return IsDigit(c) || c == '.'; });
  if (version.empty() || (shape && version.size() <= 16)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "kafka_cluster.kafka_version is no Kafka release",
                   {.reason = "UNSUPPORTED_VERSION",
                    .field = "kafka_cluster.kafka_version",
                    .remedy = "give a release such as 4.3.1, or leave it empty"});
}

absl::Status CheckShape(KafkaCluster& cluster) {
  if (cluster.type == ClusterType::kServerless) {
    const std::string only = "only a DEDICATED cluster has it: leave it out";
    if (cluster.brokers != 0) return InvalidField("kafka_cluster.brokers", "is set", only);
    if (cluster.broker_disk_mib != 0) return InvalidField("kafka_cluster.broker_disk_mib", "is set", only);
    if (!cluster.kafka_version.empty()) return InvalidField("kafka_cluster.kafka_version", "is set", only);
    return absl::OkStatus();
  }
  if (cluster.type != ClusterType::kDedicated) {
    return InvalidField("kafka_cluster.type", "is not set", "take SERVERLESS or DEDICATED");
  }
  if (cluster.brokers == 0) cluster.brokers = kDefaultBrokers;
  if (cluster.broker_disk_mib == 0) cluster.broker_disk_mib = kDefaultDiskMib;
  RETURN_IF_ERROR(CheckRange("kafka_cluster.brokers", cluster.brokers, 1, kMaxBrokers));
  if (cluster.brokers == 2) {
    return InvalidField("kafka_cluster.brokers", "is 2, which survives no broker's loss", "take 1, or 3 to 30");
  }
  RETURN_IF_ERROR(CheckRange("kafka_cluster.broker_disk_mib", cluster.broker_disk_mib, kLeastDiskMib, kMostDiskMib));
  return CheckVersion(cluster.kafka_version);
}

absl::Status CheckCluster(KafkaCluster& cluster) {
  RETURN_IF_ERROR(CheckDisplayName("kafka_cluster.display_name", cluster.display_name));
  RETURN_IF_ERROR(CheckLabels("kafka_cluster.labels", cluster.labels));
  RETURN_IF_ERROR(CheckShape(cluster));
  RETURN_IF_ERROR(CheckLimits(cluster));
  cluster.effective_limits = EffectiveLimits(cluster);
  return absl::OkStatus();
}

}  // namespace

absl::Status InvalidField(const std::string& field, const std::string& problem, const std::string& remedy) {
  return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(field, " ", problem),
                   {.reason = "INVALID_FIELD", .field = field, .remedy = remedy});
}

absl::Status CheckLabelId(const std::string& field, const std::string& id, int longest) {
  const bool fits = !id.empty() && static_cast<int>(id.size()) <= longest && IsLower(id.front()) && id.back() != '-' &&
                    std::all_of(id.begin(), id.end(), [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
  if (fits) return absl::OkStatus();
  return InvalidField(
      field, id.empty() ? "is empty" : "is not a name",
      absl::StrCat("take 1 to ", longest, " lower-case letters, digits and '-', a letter first and no '-' last"));
}

absl::Status CheckDisplayName(const std::string& field, const std::string& text) {
  if (text.size() > 256) return InvalidField(field, "is longer than 256 bytes", "shorten it");
  if (!IsUtf8(text)) return InvalidField(field, "is not valid UTF-8", "send it in UTF-8");
  return absl::OkStatus();
}

absl::Status CheckLabels(const std::string& field, const Labels& labels) {
  if (labels.size() > 64) return InvalidField(field, "has more than 64 entries", "take fewer labels");
  for (const auto& [key, value] : labels) {
    const bool good_key =
        !key.empty() && key.size() <= 63 && IsLower(key.front()) && std::all_of(key.begin(), key.end(), [](char c) {
          return IsLower(c) || IsDigit(c) || c == '_' || c == '.' || c == '-';
        });
    if (!good_key) {
      return InvalidField(field, "has a key that cannot be one",
                          "keys are 1 to 63 lower-case letters, digits, '_', '.' and '-', a letter first");
    }
    if (value.size() > 63 || !std::all_of(value.begin(), value.end(), IsWord)) {
      return InvalidField(absl::StrCat(field, ".", key), "has a value that cannot be one",
                          "values are up to 63 letters, digits, '_', '.' and '-'");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRequestId(const std::string& id) {
  if (id.empty()) return absl::OkStatus();
  bool good = id.size() == 36 && id[14] == '4' && absl::StrContains("89abAB", std::string(1, id[19]));
  for (size_t i = 0; good && i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    good = dash ? id[i] == '-' : absl::ascii_isxdigit(static_cast<unsigned char>(id[i]));
  }
  return good ? absl::OkStatus() : InvalidField("request_id", "is no UUID of version 4", "send a random UUID, or none");
}

Limits EffectiveLimits(const KafkaCluster& cluster) {
  Limits limits = cluster.limits;
  const Limits defaults =
      cluster.type == ClusterType::kServerless ? kServerlessDefault : Times(kDedicatedPerBroker, cluster.brokers);
  if (limits.ingress_bytes_per_second == 0) limits.ingress_bytes_per_second = defaults.ingress_bytes_per_second;
  if (limits.egress_bytes_per_second == 0) limits.egress_bytes_per_second = defaults.egress_bytes_per_second;
  if (limits.request_percent == 0) limits.request_percent = defaults.request_percent;
  if (limits.controller_mutations_per_second == 0) {
    limits.controller_mutations_per_second = defaults.controller_mutations_per_second;
  }
  if (limits.partitions == 0) limits.partitions = defaults.partitions;
  return limits;
}

absl::Status CheckNewCluster(KafkaCluster& cluster) {
  RETURN_IF_ERROR(CheckLabelId("kafka_cluster_id", cluster.id));
  if (!cluster.region.empty()) RETURN_IF_ERROR(CheckLabelId("kafka_cluster.region", cluster.region));
  return CheckCluster(cluster);
}

absl::Status CheckChangedCluster(const KafkaCluster& before, KafkaCluster& after) {
  RETURN_IF_ERROR(CheckCluster(after));
  // What topics have by default must still find as many brokers.
  const int32_t replicas = before.replication_factor > 0 ? before.replication_factor : kDefaultBrokers;
  const int32_t least = std::max(1, std::min(before.brokers, replicas));
  if (after.brokers < before.brokers && after.brokers < least) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     absl::StrCat("a cluster of ", before.brokers, " brokers cannot shrink to ", after.brokers,
                                  ": its topics have ", least, " replicas"),
                     {.reason = "SHRINK_TOO_FAR",
                      .field = "kafka_cluster.brokers",
                      .remedy = absl::StrCat("keep at least ", least, " brokers, or move to a new, smaller cluster")});
  }
  if (after.broker_disk_mib < before.broker_disk_mib) {
    return InvalidField("kafka_cluster.broker_disk_mib", "is smaller than it is now", "a disk only grows");
  }
  if (after.kafka_version != before.kafka_version && before.type == ClusterType::kDedicated) {
    return MakeError(absl::StatusCode::kInvalidArgument, "a cluster's Kafka release cannot be changed by its owner yet",
                     {.reason = "UNSUPPORTED_VERSION",
                      .field = "kafka_cluster.kafka_version",
                      .remedy = "leave it as it is: upgrades will come as safe rolls"});
  }
  return absl::OkStatus();
}

absl::Status CheckTopicId(const std::string& field, const std::string& prefix, const std::string& id) {
  constexpr size_t kLongest = 249;
  if (id.empty() || id == "." || id == ".." || !std::all_of(id.begin(), id.end(), IsWord)) {
    return InvalidField(field, "is no topic name", "take letters, digits, '.', '_' and '-'");
  }
  if (prefix.size() + id.size() > kLongest) {
    return InvalidField(field, absl::StrCat("is too long by ", prefix.size() + id.size() - kLongest),
                        absl::StrCat("with the prefix ", prefix, " it may have ", kLongest, " characters"));
  }
  return absl::OkStatus();
}

absl::Status CheckTopicConfigs(const std::string& field, const std::map<std::string, std::string>& configs) {
  // Placement and replication are the platform's.
  static const std::set<std::string> kOurs = {"min.insync.replicas", "leader.replication.throttled.replicas",
                                              "follower.replication.throttled.replicas",
                                              "unclean.leader.election.enable"};
  if (configs.size() > 50) return InvalidField(field, "has more than 50 entries", "take fewer");
  for (const auto& [key, value] : configs) {
    if (kOurs.contains(key)) {
      return InvalidField(absl::StrCat(field, ".", key), "is the platform's to set", "leave it out");
    }
    const bool good_key = !key.empty() && key.size() <= 100 && std::all_of(key.begin(), key.end(), [](char c) {
      return IsLower(c) || IsDigit(c) || c == '.';
    });
    if (!good_key) return InvalidField(field, "has a key that is no topic configuration", "see Kafka's topic configs");
    if (value.size() > 1024 || !IsUtf8(value)) {
      return InvalidField(absl::StrCat(field, ".", key), "has a value that cannot be one",
                          "at most 1024 bytes of UTF-8");
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::provisioner
