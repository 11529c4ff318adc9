#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "libs/kafka_admin/client_error.h"
#include "libs/kafka_admin/topic.h"
#include "libs/kafka_admin/wire/error_code.h"

// Small steps between the port's structs and the messages, which many calls share.
namespace sluice::kafka_admin {

inline absl::Status ItemStatus(int16_t code, const std::optional<std::string>& message) {
  return KafkaStatus(code, message.value_or(""));
}

inline absl::Status MissingItem(std::string_view what) {
  return MalformedResponseError(absl::StrCat("the answer leaves out ", absl::string_view(what.data(), what.size())));
}

// Indexes of the partitions by topic, which is how Kafka's requests group them. `partition_of(index)`.
template <typename PartitionOf>
std::map<std::string, std::vector<size_t>> ByTopic(const std::vector<size_t>& indexes, PartitionOf partition_of) {
  std::map<std::string, std::vector<size_t>> grouped;
  for (size_t i : indexes) grouped[partition_of(i).topic].push_back(i);
  return grouped;
}

inline std::map<std::string, std::vector<int32_t>> ByTopic(const std::vector<TopicPartition>& partitions) {
  std::map<std::string, std::vector<int32_t>> grouped;
  for (const TopicPartition& partition : partitions) grouped[partition.topic].push_back(partition.partition);
  return grouped;
}

}  // namespace sluice::kafka_admin
