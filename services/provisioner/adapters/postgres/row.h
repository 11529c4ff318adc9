#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/bus/event.h"
#include "services/provisioner/core/model/aggregate.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// How long an ended operation is kept (AIP-151 advises 30 days).
inline constexpr absl::Duration kOperationRetention = absl::Hours(24 * 30);

// A row of the table `aggregate` (migrations/0001_aggregates.sql).
struct Row {
  Kind kind = Kind::kOrganization;
  std::string uid;
  std::optional<std::string> name;
  std::optional<std::string> root;
  std::optional<std::string> parent;
  std::optional<std::string> placed_on;
  std::optional<std::string> organization;
  std::optional<int64_t> due_us;
  bool deleted = false;
  int64_t version = 0;
  int64_t generation = 0;
  int64_t create_us = 0;
  int64_t update_us = 0;
  std::string state;
};

// The row of an aggregate as it is.
Row RowOf(const Aggregate& aggregate);

// What the bus hears of a write; nothing for a status.
std::optional<bus::OutboxMessage> MessageOf(const Write& write, const Mutation& mutation);
bus::OutboxMessage MessageOf(const AuditEntry& entry);
bus::OutboxMessage MessageOf(const TopicNews& news, const Mutation& mutation);
// A desired document as it stands.
bus::OutboxMessage MessageOf(const DesiredDocument& document, const std::string& traceparent);

// PostgreSQL's array notation, for parameters. Nothing is NULL.
std::string TextArray(const std::vector<std::optional<std::string>>& values);
std::string TextArray(const std::vector<std::string>& values);
std::string ByteaArray(const std::vector<std::string>& values);
std::string NumberArray(const std::vector<std::optional<int64_t>>& values);
std::string BoolArray(const std::vector<bool>& values);

}  // namespace sluice::provisioner
