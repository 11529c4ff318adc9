#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "services/provisioner/core/model/data_plane.h"
#include "services/provisioner/core/model/kafka_cluster.h"

namespace sluice::provisioner {

struct KeyWish {
  std::string uid;
  std::string username;
  std::string sealed_credential;
  bool deleted = false;

  friend bool operator==(const KeyWish&, const KeyWish&) = default;
};

struct TopicWish {
  enum class Verb { kEnsure = 1, kRemove = 2 };
  // The operation's uid.
  std::string wish_id;
  Verb verb = Verb::kEnsure;
  std::string topic;
  int32_t partitions = 0;
  std::map<std::string, std::string> configs;
  bool must_create = false;

  friend bool operator==(const TopicWish&, const TopicWish&) = default;
};

struct LogicalSpec {
  std::string logical_cluster;
  std::string prefix;
  Limits limits;
  std::vector<KeyWish> keys;
  std::vector<TopicWish> topic_wishes;
  bool suspended = false;

  friend bool operator==(const LogicalSpec&, const LogicalSpec&) = default;
};

// The full wish for one physical cluster or one logical cluster on it: what its data plane is told. Its row is its own,
// so no create writes what another tenant's does.
struct DesiredDocument {
  Meta meta;                // uid and name: the key, "pkc-…" or "pkc-…/lkc-…"; generation: the document's
  std::string data_plane;   // id
  std::string cluster_uid;  // lkc-…; empty for a cell
  bool deleted = false;
  std::variant<PhysicalSpec, LogicalSpec> wish;

  friend bool operator==(const DesiredDocument&, const DesiredDocument&) = default;
};

}  // namespace sluice::provisioner
