#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace sluice::provisioner {

using Labels = std::map<std::string, std::string>;

// What every stored resource has. Part of its state, so that a replay gives the same bytes.
struct Meta {
  // "lkc-…", "key-…": made here, never used twice.
  std::string uid;
  // The resource name, "organizations/acme/environments/prod/kafkaClusters/orders". Taken as long as the row exists.
  std::string name;
  // Of the row: grows by one with each write, status included. 0: not stored yet.
  int64_t version = 0;
  // Of what is wished: grows with each change that a caller made. The etag is made of it.
  int64_t generation = 0;
  absl::Time create_time;
  absl::Time update_time;
  std::optional<absl::Time> delete_time;
  std::optional<absl::Time> purge_time;

  friend bool operator==(const Meta&, const Meta&) = default;
};

// The etag of a resource: changes with what is wished, not with what is seen, so that a caller's read-modify-write does
// not fail for a broker's sake.
std::string Etag(const Meta& meta);

enum class ConditionStatus { kUnknown, kTrue, kFalse };

// See sluice.provisioner.v1.Condition.
struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;
  std::string message;
  absl::Time last_transition_time;
  int64_t observed_generation = 0;

  friend bool operator==(const Condition&, const Condition&) = default;
};

}  // namespace sluice::provisioner
