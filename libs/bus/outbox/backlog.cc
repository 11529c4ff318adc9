#include "libs/bus/outbox/backlog.h"

#include <utility>

#include "libs/base/error.h"

namespace sluice::bus {
namespace {

absl::Status Full(const std::string& what, std::int64_t rows) {
  return MakeError(absl::StatusCode::kUnavailable, std::to_string(rows) + " messages wait to be sent " + what,
                   {.reason = "BUS_BACKLOG", .retry_after = absl::Seconds(5)});
}

}  // namespace

absl::Status Backlog::Admit(std::span<const OutboxMessage> messages) {
  std::lock_guard lock(mutex_);
  if (rows_ >= limits_.rows) return Full("in all", rows_);
  for (const OutboxMessage& message : messages) {
    auto found = rows_of_topic_.find(message.topic);
    if (found != rows_of_topic_.end() && found->second >= limits_.rows_per_topic) {
      return Full("on " + message.topic, found->second);
    }
  }
  for (const OutboxMessage& message : messages) ++rows_of_topic_[message.topic];
  rows_ += static_cast<std::int64_t>(messages.size());
  return absl::OkStatus();
}

void Backlog::Counted(std::map<std::string, std::int64_t, std::less<>> rows_of_topic) {
  std::int64_t rows = 0;
  for (const auto& [topic, count] : rows_of_topic) rows += count;
  std::lock_guard lock(mutex_);
  rows_of_topic_ = std::move(rows_of_topic);
  rows_ = rows;
}

std::int64_t Backlog::rows() const {
  std::lock_guard lock(mutex_);
  return rows_;
}

}  // namespace sluice::bus
