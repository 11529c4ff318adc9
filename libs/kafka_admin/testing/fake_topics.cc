#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/kafka_admin/testing/fake_admin_client.h"
#include "libs/kafka_admin/wire/error_code.h"

namespace sluice::kafka_admin::testing {
namespace {

constexpr int16_t kInvalidTopic = 17;
constexpr int16_t kInvalidConfig = 40;

// The topic configs of Kafka 4.3; an unknown name is refused as the real one does.
constexpr std::array kTopicConfigs = {
    "cleanup.policy",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "max.message.bytes",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.type",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "preallocate",
    "remote.storage.enable",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
};

bool KnownTopicConfig(const std::string& name) {
  return std::any_of(kTopicConfigs.begin(), kTopicConfigs.end(), [&](const char* known) { return name == known; });
}

bool LegalTopicName(const std::string& name) {
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; });
}

template <typename T>
void Append(std::vector<T>& to, const std::vector<T>& from) {
  for (const T& item : from) {
    if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
  }
}

std::vector<int32_t> Without(const std::vector<int32_t>& all, const std::vector<int32_t>& taken) {
  std::vector<int32_t> rest;
  for (int32_t id : all) {
    if (std::find(taken.begin(), taken.end(), id) == taken.end()) rest.push_back(id);
  }
  return rest;
}

}  // namespace

FakeAdminClient::Partition* FakeAdminClient::Find(const TopicPartition& partition) {
  auto topic = topics_.find(partition.topic);
  if (topic == topics_.end() || partition.partition < 0) return nullptr;
  size_t index = static_cast<size_t>(partition.partition);
  return index < topic->second.partitions.size() ? &topic->second.partitions[index] : nullptr;
}

void FakeAdminClient::SetReplicaSize(const TopicPartition& partition, int32_t broker_id, int64_t bytes) {
  std::lock_guard lock(mutex_);
  if (Partition* found = Find(partition)) found->size_bytes[broker_id] = bytes;
}

void FakeAdminClient::SetEndOffset(const TopicPartition& partition, int64_t offset) {
  std::lock_guard lock(mutex_);
  if (Partition* found = Find(partition)) found->end_offset = offset;
}

void FakeAdminClient::FinishReassignments() {
  std::lock_guard lock(mutex_);
  for (auto& [name, topic] : topics_) {
    for (Partition& partition : topic.partitions) {
      if (!partition.target) continue;
      partition.replicas = *std::exchange(partition.target, std::nullopt);
      const std::vector<int32_t>& replicas = partition.replicas;
      if (std::find(replicas.begin(), replicas.end(), partition.leader) == replicas.end()) Lead(partition);
    }
  }
}

void FakeAdminClient::Lead(Partition& partition) const {
  auto first =
      std::find_if(partition.replicas.begin(), partition.replicas.end(), [&](int32_t id) { return Alive(id); });
  int32_t leader = first == partition.replicas.end() ? -1 : *first;
  if (leader == partition.leader) return;
  partition.leader = leader;
  ++partition.leader_epoch;
}

std::vector<int32_t> FakeAdminClient::Place(int16_t replication_factor) {
  std::vector<int32_t> alive = AliveBrokers();
  std::vector<int32_t> replicas;
  for (int16_t i = 0; i < replication_factor; ++i) {
    replicas.push_back(alive[(next_placement_ + static_cast<size_t>(i)) % alive.size()]);
  }
  ++next_placement_;
  return replicas;
}

absl::Status FakeAdminClient::CheckAssignment(const std::vector<int32_t>& replicas) const {
  bool distinct = std::set<int32_t>(replicas.begin(), replicas.end()).size() == replicas.size();
  bool known = std::all_of(replicas.begin(), replicas.end(), [&](int32_t id) { return brokers_.contains(id); });
  if (!replicas.empty() && distinct && known) return absl::OkStatus();
  return KafkaStatus(kInvalidReplicaAssignment, "replicas must be distinct registered brokers");
}

absl::Status FakeAdminClient::Create(const NewTopic& wanted, bool validate_only, CreatedTopic& created) {
  if (!LegalTopicName(wanted.name)) return KafkaStatus(kInvalidTopic, "not a legal topic name");
  if (topics_.contains(wanted.name)) return KafkaStatus(kTopicAlreadyExists, "it exists already");
  int32_t partitions = wanted.partitions == -1 ? 1 : wanted.partitions;
  int16_t replication_factor = wanted.replication_factor == -1 ? int16_t{1} : wanted.replication_factor;
  if (!wanted.assignments.empty()) {
    partitions = static_cast<int32_t>(wanted.assignments.size());
    replication_factor = static_cast<int16_t>(wanted.assignments.front().size());
    for (const std::vector<int32_t>& replicas : wanted.assignments) RETURN_IF_ERROR(CheckAssignment(replicas));
  }
  if (partitions < 1) return KafkaStatus(kInvalidPartitions, "at least one partition is needed");
  if (replication_factor < 1 || static_cast<size_t>(replication_factor) > AliveBrokers().size()) {
    return KafkaStatus(kInvalidReplicationFactor, "more replicas than live brokers");
  }
  for (const auto& [key, value] : wanted.configs) {
    if (!KnownTopicConfig(key)) return KafkaStatus(kInvalidConfig, absl::StrCat("unknown topic config ", key));
  }
  created.partitions = partitions;
  created.replication_factor = replication_factor;
  if (validate_only) return absl::OkStatus();
  Topic topic{.id = {.high = 0x5107c3, .low = next_topic_id_++}};
  for (int32_t i = 0; i < partitions; ++i) {
    Partition partition;
    partition.replicas =
        wanted.assignments.empty() ? Place(replication_factor) : wanted.assignments[static_cast<size_t>(i)];
    Lead(partition);
    topic.partitions.push_back(std::move(partition));
  }
  created.id = topic.id;
  topics_[wanted.name] = std::move(topic);
  configs_[{.type = ConfigResourceType::kTopic, .name = wanted.name}] = wanted.configs;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CreatedTopic>> FakeAdminClient::CreateTopics(const std::vector<NewTopic>& topics,
                                                                        bool validate_only, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("CreateTopics", timeout));
  std::vector<CreatedTopic> results;
  for (const NewTopic& topic : topics) {
    CreatedTopic created{.name = topic.name};
    created.status = Create(topic, validate_only, created);
    results.push_back(std::move(created));
  }
  return Answer("CreateTopics", std::move(results));
}

absl::StatusOr<std::vector<NamedResult>> FakeAdminClient::DeleteTopics(const std::vector<std::string>& names,
                                                                       absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DeleteTopics", timeout));
  std::vector<NamedResult> results;
  for (const std::string& name : names) {
    absl::Status status = topics_.erase(name) > 0 ? absl::OkStatus() : KafkaStatus(kUnknownTopicOrPartition);
    configs_.erase({.type = ConfigResourceType::kTopic, .name = name});
    results.push_back({.name = name, .status = std::move(status)});
  }
  return Answer("DeleteTopics", std::move(results));
}

absl::Status FakeAdminClient::Grow(const NewPartitions& wanted, bool validate_only) {
  auto found = topics_.find(wanted.topic);
  if (found == topics_.end()) return KafkaStatus(kUnknownTopicOrPartition);
  std::vector<Partition>& partitions = found->second.partitions;
  if (wanted.total <= static_cast<int32_t>(partitions.size())) {
    return KafkaStatus(kInvalidPartitions, "partitions can only be added");
  }
  size_t added = static_cast<size_t>(wanted.total) - partitions.size();
  if (!wanted.assignments.empty() && wanted.assignments.size() != added) {
    return KafkaStatus(kInvalidReplicaAssignment, "one assignment per added partition is needed");
  }
  for (const std::vector<int32_t>& replicas : wanted.assignments) RETURN_IF_ERROR(CheckAssignment(replicas));
  if (validate_only) return absl::OkStatus();
  int16_t replication_factor = static_cast<int16_t>(partitions.front().replicas.size());
  for (size_t i = 0; i < added; ++i) {
    Partition partition;
    partition.replicas = wanted.assignments.empty() ? Place(replication_factor) : wanted.assignments[i];
    Lead(partition);
    partitions.push_back(std::move(partition));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<NamedResult>> FakeAdminClient::CreatePartitions(const std::vector<NewPartitions>& topics,
                                                                           bool validate_only, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("CreatePartitions", timeout));
  std::vector<NamedResult> results;
  for (const NewPartitions& wanted : topics) {
    results.push_back({.name = wanted.topic, .status = Grow(wanted, validate_only)});
  }
  return Answer("CreatePartitions", std::move(results));
}

TopicDescription FakeAdminClient::Describe(const std::string& name, const Topic& topic) const {
  TopicDescription description{.name = name, .id = topic.id};
  for (const Partition& partition : topic.partitions) {
    PartitionDescription described{.id = static_cast<int32_t>(description.partitions.size()),
                                   .leader = partition.leader,
                                   .leader_epoch = partition.leader_epoch,
                                   .replicas = partition.replicas};
    for (int32_t id : partition.replicas) (Alive(id) ? described.isr : described.offline_replicas).push_back(id);
    if (partition.target) Append(described.replicas, *partition.target);
    description.partitions.push_back(std::move(described));
  }
  return description;
}

absl::StatusOr<std::vector<TopicDescription>> FakeAdminClient::DescribeTopics(
    const std::optional<std::vector<std::string>>& names, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeTopics", timeout));
  std::vector<TopicDescription> descriptions;
  if (!names) {
    for (const auto& [name, topic] : topics_) descriptions.push_back(Describe(name, topic));
    return Answer("DescribeTopics", std::move(descriptions));
  }
  for (const std::string& name : *names) {
    auto topic = topics_.find(name);
    descriptions.push_back(topic != topics_.end()
                               ? Describe(name, topic->second)
                               : TopicDescription{.status = KafkaStatus(kUnknownTopicOrPartition), .name = name});
  }
  return Answer("DescribeTopics", std::move(descriptions));
}

absl::Status FakeAdminClient::CheckResource(const ConfigResource& resource) const {
  if (resource.type == ConfigResourceType::kTopic && !topics_.contains(resource.name)) {
    return KafkaStatus(kUnknownTopicOrPartition);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ConfigDescription>> FakeAdminClient::DescribeConfigs(
    const std::vector<ConfigResource>& resources, const std::vector<std::string>& keys, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeConfigs", timeout));
  std::vector<ConfigDescription> descriptions;
  for (const ConfigResource& resource : resources) {
    ConfigDescription description{.resource = resource, .status = CheckResource(resource)};
    bool topic = resource.type == ConfigResourceType::kTopic;
    ConfigEntry::Source source = topic                   ? ConfigEntry::Source::kDynamicTopic
                                 : resource.name.empty() ? ConfigEntry::Source::kDynamicDefaultBroker
                                                         : ConfigEntry::Source::kDynamicBroker;
    std::map<std::string, ConfigEntry> entries;
    if (topic && description.status.ok()) {
      entries["cleanup.policy"] = {.value = "delete", .source = ConfigEntry::Source::kDefault};
      entries["min.insync.replicas"] = {.value = "1", .source = ConfigEntry::Source::kDefault};
      entries["retention.ms"] = {.value = "604800000", .source = ConfigEntry::Source::kDefault};
    }
    for (const auto& [key, value] : configs_[resource]) entries[key] = {.value = value, .source = source};
    for (auto& [key, entry] : entries) {
      if (!keys.empty() && std::find(keys.begin(), keys.end(), key) == keys.end()) continue;
      entry.name = key;
      description.entries.push_back(entry);
    }
    descriptions.push_back(std::move(description));
  }
  return Answer("DescribeConfigs", std::move(descriptions));
}

absl::Status FakeAdminClient::Alter(const ConfigAlteration& alteration, bool validate_only) {
  RETURN_IF_ERROR(CheckResource(alteration.resource));
  std::map<std::string, std::string> entries = configs_[alteration.resource];
  for (const ConfigChange& change : alteration.changes) {
    if (alteration.resource.type == ConfigResourceType::kTopic && !KnownTopicConfig(change.name)) {
      return KafkaStatus(kInvalidConfig, absl::StrCat("unknown topic config ", change.name));
    }
    std::vector<std::string> parts = absl::StrSplit(entries[change.name], ',', absl::SkipEmpty());
    std::vector<std::string> named = absl::StrSplit(change.value, ',', absl::SkipEmpty());
    switch (change.op) {
      case ConfigChange::Op::kSet:
        entries[change.name] = change.value;
        break;
      case ConfigChange::Op::kDelete:
        entries.erase(change.name);
        break;
      case ConfigChange::Op::kAppend:
        Append(parts, named);
        entries[change.name] = absl::StrJoin(parts, ",");
        break;
      case ConfigChange::Op::kSubtract:
        std::erase_if(parts, [&](const std::string& part) { return std::count(named.begin(), named.end(), part) > 0; });
        entries[change.name] = absl::StrJoin(parts, ",");
        break;
    }
  }
  if (!validate_only) configs_[alteration.resource] = std::move(entries);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ConfigResult>> FakeAdminClient::AlterConfigs(
    const std::vector<ConfigAlteration>& alterations, bool validate_only, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("AlterConfigs", timeout));
  std::vector<ConfigResult> results;
  for (const ConfigAlteration& alteration : alterations) {
    results.push_back({.resource = alteration.resource, .status = Alter(alteration, validate_only)});
  }
  return Answer("AlterConfigs", std::move(results));
}

absl::StatusOr<std::vector<OffsetResult>> FakeAdminClient::ListOffsets(const std::vector<OffsetQuery>& queries,
                                                                       absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("ListOffsets", timeout));
  std::vector<OffsetResult> results;
  std::map<TopicPartition, int> named;
  for (const OffsetQuery& query : queries) ++named[query.partition];
  for (const OffsetQuery& query : queries) {
    OffsetResult result{.partition = query.partition};
    if (named[query.partition] > 1) {
      result.status = KafkaStatus(kInvalidRequest);
    } else if (const Partition* partition = Find(query.partition)) {
      // The fake has no records, only an end: no time has one.
      if (query.timestamp_ms == OffsetQuery::kLatest) result.offset = partition->end_offset;
      if (query.timestamp_ms == OffsetQuery::kEarliest) result.offset = 0;
    } else {
      result.status = KafkaStatus(kUnknownTopicOrPartition);
    }
    results.push_back(std::move(result));
  }
  return Answer("ListOffsets", std::move(results));
}

absl::StatusOr<std::vector<PartitionResult>> FakeAdminClient::ElectLeaders(
    ElectionKind, const std::optional<std::vector<TopicPartition>>& partitions, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("ElectLeaders", timeout));
  std::vector<TopicPartition> wanted = partitions.value_or(std::vector<TopicPartition>());
  if (!partitions) {
    for (const auto& [name, topic] : topics_) {
      for (size_t i = 0; i < topic.partitions.size(); ++i) wanted.push_back({name, static_cast<int32_t>(i)});
    }
  }
  std::vector<PartitionResult> results;
  for (const TopicPartition& key : wanted) {
    Partition* partition = Find(key);
    absl::Status status;
    if (partition == nullptr) {
      status = KafkaStatus(kUnknownTopicOrPartition);
    } else {
      int32_t before = partition->leader;
      Lead(*partition);
      if (partition->leader == before) status = KafkaStatus(kElectionNotNeeded);
    }
    results.push_back({.partition = key, .status = std::move(status)});
  }
  return Answer("ElectLeaders", std::move(results));
}

absl::Status FakeAdminClient::Reassign(const Reassignment& reassignment) {
  Partition* partition = Find(reassignment.partition);
  if (partition == nullptr) return KafkaStatus(kUnknownTopicOrPartition);
  if (!reassignment.replicas) {
    if (!partition->target) return KafkaStatus(kNoReassignmentInProgress);
    partition->target.reset();
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckAssignment(*reassignment.replicas));
  partition->target = *reassignment.replicas;
  // What only changes the order is done at once.
  if (Without(*partition->target, partition->replicas).empty() &&
      Without(partition->replicas, *partition->target).empty()) {
    partition->replicas = *std::exchange(partition->target, std::nullopt);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PartitionResult>> FakeAdminClient::AlterReassignments(
    const std::vector<Reassignment>& reassignments, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("AlterReassignments", timeout));
  std::vector<PartitionResult> results;
  for (const Reassignment& reassignment : reassignments) {
    results.push_back({.partition = reassignment.partition, .status = Reassign(reassignment)});
  }
  return Answer("AlterReassignments", std::move(results));
}

absl::StatusOr<std::vector<OngoingReassignment>> FakeAdminClient::ListReassignments(
    const std::optional<std::vector<TopicPartition>>& partitions, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("ListReassignments", timeout));
  std::vector<OngoingReassignment> ongoing;
  for (const auto& [name, topic] : topics_) {
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
      const Partition& partition = topic.partitions[i];
      TopicPartition key{.topic = name, .partition = static_cast<int32_t>(i)};
      if (partitions && std::find(partitions->begin(), partitions->end(), key) == partitions->end()) continue;
      if (!partition.target) continue;
      OngoingReassignment move{.partition = key, .replicas = *partition.target};
      Append(move.replicas, partition.replicas);
      move.adding = Without(*partition.target, partition.replicas);
      move.removing = Without(partition.replicas, *partition.target);
      ongoing.push_back(std::move(move));
    }
  }
  return Answer("ListReassignments", std::move(ongoing));
}

absl::StatusOr<std::vector<PartitionProducers>> FakeAdminClient::DescribeProducers(
    const std::vector<TopicPartition>& partitions, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeProducers", timeout));
  std::vector<PartitionProducers> results;
  for (const TopicPartition& key : partitions) {
    absl::Status status = Find(key) != nullptr ? absl::OkStatus() : KafkaStatus(kUnknownTopicOrPartition);
    results.push_back({.partition = key, .status = std::move(status)});
  }
  return Answer("DescribeProducers", std::move(results));
}

}  // namespace sluice::kafka_admin::testing
