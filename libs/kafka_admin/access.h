#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/kafka_admin/cluster.h"
#include "libs/kafka_admin/security.h"

namespace sluice::kafka_admin {

// The numbers are Kafka's on the wire.
enum class AclResourceType : int8_t {
  kAny = 1,
  kTopic = 2,
  kGroup = 3,
  kCluster = 4,
  kTransactionalId = 5,
  kDelegationToken = 6,
  kUser = 7,
};
// kAny and kMatch only in a filter; kMatch: every pattern that applies to the name, literal, prefixed or wildcard.
enum class AclPatternType : int8_t { kAny = 1, kMatch = 2, kLiteral = 3, kPrefixed = 4 };
enum class AclOperation : int8_t {
  kAny = 1,
  kAll = 2,
  kRead = 3,
  kWrite = 4,
  kCreate = 5,
  kDelete = 6,
  kAlter = 7,
  kDescribe = 8,
  kClusterAction = 9,
  kDescribeConfigs = 10,
  kAlterConfigs = 11,
  kIdempotentWrite = 12,
  kCreateTokens = 13,
  kDescribeTokens = 14,
  kTwoPhaseCommit = 15,
};
enum class AclPermission : int8_t { kAny = 1, kDeny = 2, kAllow = 3 };

struct AclBinding {
  AclResourceType resource_type = AclResourceType::kTopic;
  std::string resource_name;  // "kafka-cluster" for kCluster
  AclPatternType pattern_type = AclPatternType::kLiteral;
  std::string principal;  // "User:lkc-1.key-2"
  std::string host = "*";
  AclOperation operation = AclOperation::kRead;
  AclPermission permission = AclPermission::kAllow;

  friend auto operator<=>(const AclBinding&, const AclBinding&) = default;
};

// KAFKA_INVALID_REQUEST for a binding that names no single type, pattern, operation or permission, no resource, or no
// principal of the form type:name. Kafka fails the whole request for one of those, so CreateAcls asks this first.
absl::Status CheckAclBinding(const AclBinding& binding);

// What is unset, or kAny, matches everything.
struct AclFilter {
  AclResourceType resource_type = AclResourceType::kAny;
  std::optional<std::string> resource_name;
  AclPatternType pattern_type = AclPatternType::kAny;
  std::optional<std::string> principal;
  std::optional<std::string> host;
  AclOperation operation = AclOperation::kAny;
  AclPermission permission = AclPermission::kAny;
};

struct AclCreateResult {
  AclBinding binding;
  absl::Status status;
};

struct AclDeleteResult {
  // The filter's own error; then nothing was deleted.
  absl::Status status;
  struct Match {
    AclBinding binding;
    absl::Status status;
  };
  std::vector<Match> matches;  // what the filter met, and whether it was deleted
};

// Makes or replaces a user's credential. The password itself never goes over the wire: see SaltPassword.
struct ScramUpsert {
  std::string user;
  ScramMechanism mechanism = ScramMechanism::kSha512;
  int32_t iterations = 4096;  // Kafka takes 4,096 to 16,384
  std::string salt;           // raw bytes
  std::string salted_password;
};

struct ScramDeletion {
  std::string user;
  ScramMechanism mechanism = ScramMechanism::kSha512;
};

struct ScramCredentialInfo {
  ScramMechanism mechanism = ScramMechanism::kSha512;
  int32_t iterations = 0;
};

struct ScramUserDescription {
  std::string user;
  // KAFKA_RESOURCE_NOT_FOUND for a user without credentials.
  absl::Status status;
  std::vector<ScramCredentialInfo> credentials;
};

// Whose quota: entity type ("user", "client-id", "ip") to its name, or nothing for the type's default.
using ClientQuotaEntity = std::map<std::string, std::optional<std::string>>;

struct ClientQuotaAlteration {
  ClientQuotaEntity entity;
  // "producer_byte_rate" and so on to its value per second; nothing removes it.
  std::map<std::string, std::optional<double>> values;
};

struct ClientQuotaResult {
  ClientQuotaEntity entity;
  absl::Status status;
};

struct ClientQuotaFilter {
  struct Component {
    enum class Match : int8_t { kExact = 0, kDefault = 1, kAnySpecified = 2 };

    std::string entity_type;
    Match match = Match::kExact;
    std::string name;  // for kExact
  };
  std::vector<Component> components;
  // Only entities that have no type besides those of the components.
  bool strict = false;
};

struct ClientQuota {
  ClientQuotaEntity entity;
  std::map<std::string, double> values;
};

// A login to try as a tenant's client would.
struct ScramLogin {
  BrokerAddress broker;
  // The listener's trust; unset tries without TLS.
  std::optional<TlsOptions> tls;
  ScramCredentials credentials;
};

}  // namespace sluice::kafka_admin
