#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/provisioner/adapters/records/state_records.h"
#include "services/provisioner/core/model/topic_news.h"

namespace sluice::provisioner::records {

// "topic", the aggregate in the name of the event topic.
inline constexpr std::string_view kTopicEvents = "topic";

EncodedEvent EncodeTopicNews(const TopicNews& news, const std::string& cause);
// INTERNAL with reason STATE_UNREADABLE.
absl::StatusOr<TopicNews> DecodeTopicNews(std::string_view payload);

}  // namespace sluice::provisioner::records
