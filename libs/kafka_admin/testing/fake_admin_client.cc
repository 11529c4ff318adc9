#include "libs/kafka_admin/testing/fake_admin_client.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/kafka_admin/client_error.h"
#include "libs/kafka_admin/wire/error_code.h"

// The cluster itself and what goes wrong in it; topics are in fake_topics.cc, rights and quotas in fake_access.cc.
namespace sluice::kafka_admin::testing {

FakeAdminClient::FakeAdminClient(std::vector<Broker> brokers) {
  for (Broker& broker : brokers) brokers_[broker.id] = std::move(broker);
}

void FakeAdminClient::FailNext(std::string_view method, absl::Status status) {
  std::lock_guard lock(mutex_);
  failures_.emplace(method, std::move(status));
}

void FakeAdminClient::LoseNextAnswer(std::string_view method, absl::Status status) {
  std::lock_guard lock(mutex_);
  lost_answers_.emplace(method, std::move(status));
}

void FakeAdminClient::SetReachable(bool reachable) {
  std::lock_guard lock(mutex_);
  reachable_ = reachable;
}

void FakeAdminClient::SetBroker(Broker broker) {
  std::lock_guard lock(mutex_);
  brokers_[broker.id] = std::move(broker);
}

void FakeAdminClient::SetBrokerAlive(int32_t broker_id, bool alive) {
  std::lock_guard lock(mutex_);
  if (alive) {
    dead_brokers_.erase(broker_id);
  } else {
    dead_brokers_.insert(broker_id);
  }
  for (auto& [name, topic] : topics_) {
    for (Partition& partition : topic.partitions) {
      if (!Alive(partition.leader)) Lead(partition);
    }
  }
}

void FakeAdminClient::SetAddressAlive(const BrokerAddress& address, bool alive) {
  std::lock_guard lock(mutex_);
  if (alive) {
    dead_addresses_.erase(address);
  } else {
    dead_addresses_.insert(address);
  }
}

void FakeAdminClient::SetGroup(GroupDescription group) {
  std::lock_guard lock(mutex_);
  std::string id = group.group_id;
  groups_[id] = std::move(group);
}

void FakeAdminClient::SetTransaction(TransactionListing transaction) {
  std::lock_guard lock(mutex_);
  transactions_.push_back(std::move(transaction));
}

std::vector<std::string> FakeAdminClient::TakeCalls() {
  std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

absl::Status FakeAdminClient::Begin(std::string_view method, absl::Duration timeout) {
  calls_.emplace_back(method);
  if (timeout <= absl::ZeroDuration()) return TimeoutError(absl::StrCat(Absl(method), " had no time left"));
  if (!reachable_) return ConnectionError("no broker could be reached");
  auto failure = failures_.find(method);
  if (failure == failures_.end()) return absl::OkStatus();
  return std::move(failures_.extract(failure).mapped());
}

absl::Status FakeAdminClient::End(std::string_view method) {
  auto lost = lost_answers_.find(method);
  if (lost == lost_answers_.end()) return absl::OkStatus();
  return std::move(lost_answers_.extract(lost).mapped());
}

bool FakeAdminClient::Alive(int32_t broker_id) const {
  auto broker = brokers_.find(broker_id);
  return broker != brokers_.end() && !broker->second.fenced && !dead_brokers_.contains(broker_id);
}

std::vector<int32_t> FakeAdminClient::AliveBrokers() const {
  std::vector<int32_t> alive;
  for (const auto& [id, broker] : brokers_) {
    if (Alive(id)) alive.push_back(id);
  }
  return alive;
}

absl::StatusOr<ClusterDescription> FakeAdminClient::DescribeCluster(bool include_fenced, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeCluster", timeout));
  std::vector<int32_t> alive = AliveBrokers();
  ClusterDescription description{.cluster_id = "fake-cluster", .controller_id = alive.empty() ? -1 : alive.front()};
  for (const auto& [id, broker] : brokers_) {
    if (!Alive(id) && !include_fenced) continue;
    description.brokers.push_back(broker);
    description.brokers.back().fenced = !Alive(id);
  }
  return Answer("DescribeCluster", std::move(description));
}

absl::StatusOr<QuorumDescription> FakeAdminClient::DescribeQuorum(absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeQuorum", timeout));
  constexpr int32_t kController = 100;
  QuorumDescription description{.leader_id = kController, .leader_epoch = 1, .high_watermark = 1};
  description.voters.push_back({.id = kController, .log_end_offset = 1});
  for (int32_t id : AliveBrokers()) description.observers.push_back({.id = id, .log_end_offset = 1});
  return Answer("DescribeQuorum", std::move(description));
}

absl::StatusOr<FeatureDescription> FakeAdminClient::DescribeFeatures(absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeFeatures", timeout));
  FeatureDescription description{.finalized = features_, .finalized_epoch = 1};
  description.supported["metadata.version"] = {.min = 7, .max = 30};
  return Answer("DescribeFeatures", std::move(description));
}

absl::StatusOr<std::vector<NamedResult>> FakeAdminClient::UpdateFeatures(const std::vector<FeatureUpdate>& updates,
                                                                         bool validate_only, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("UpdateFeatures", timeout));
  for (const FeatureUpdate& update : updates) {
    auto current = features_.find(update.name);
    bool lower = current != features_.end() && update.level < current->second;
    if (current == features_.end() || update.level > 30 || (lower && update.kind == FeatureUpdate::Kind::kUpgrade)) {
      return KafkaStatus(kInvalidUpdateVersion, absl::StrCat(update.name, " cannot become ", update.level));
    }
  }
  std::vector<NamedResult> results;
  for (const FeatureUpdate& update : updates) {
    if (!validate_only) features_[update.name] = update.level;
    results.push_back({.name = update.name});
  }
  return Answer("UpdateFeatures", std::move(results));
}

absl::Status FakeAdminClient::UnregisterBroker(int32_t broker_id, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("UnregisterBroker", timeout));
  if (brokers_.erase(broker_id) == 0) return KafkaStatus(kBrokerIdNotRegistered);
  dead_brokers_.erase(broker_id);
  return End("UnregisterBroker");
}

absl::StatusOr<std::vector<LogDir>> FakeAdminClient::DescribeLogDirs(
    int32_t broker_id, const std::optional<std::vector<TopicPartition>>& topics, absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeLogDirs", timeout));
  if (!Alive(broker_id)) return BrokerNotAvailableError(broker_id);
  LogDir dir{.path = "/fake/data", .total_bytes = int64_t{1} << 40, .usable_bytes = int64_t{1} << 39};
  for (const auto& [name, topic] : topics_) {
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
      const Partition& partition = topic.partitions[i];
      TopicPartition key{.topic = name, .partition = static_cast<int32_t>(i)};
      bool wanted = !topics || std::find(topics->begin(), topics->end(), key) != topics->end();
      bool here = std::count(partition.replicas.begin(), partition.replicas.end(), broker_id) > 0 ||
                  (partition.target && std::count(partition.target->begin(), partition.target->end(), broker_id) > 0);
      if (!wanted || !here) continue;
      auto size = partition.size_bytes.find(broker_id);
      dir.replicas.push_back({.topic = name,
                              .partition = key.partition,
                              .size_bytes = size == partition.size_bytes.end() ? 0 : size->second});
    }
  }
  return Answer("DescribeLogDirs", std::vector<LogDir>{std::move(dir)});
}

absl::StatusOr<GroupListings> FakeAdminClient::ListGroups(absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("ListGroups", timeout));
  GroupListings listings;
  for (const auto& [id, group] : groups_) {
    listings.groups.push_back(
        {.group_id = id, .protocol_type = group.protocol_type, .state = group.state, .type = "classic"});
  }
  return Answer("ListGroups", std::move(listings));
}

absl::StatusOr<std::vector<GroupDescription>> FakeAdminClient::DescribeGroups(const std::vector<std::string>& group_ids,
                                                                              absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DescribeGroups", timeout));
  std::vector<GroupDescription> descriptions;
  for (const std::string& id : group_ids) {
    auto group = groups_.find(id);
    descriptions.push_back(group != groups_.end()
                               ? group->second
                               : GroupDescription{.group_id = id, .status = KafkaStatus(kGroupIdNotFound)});
  }
  return Answer("DescribeGroups", std::move(descriptions));
}

absl::StatusOr<std::vector<NamedResult>> FakeAdminClient::DeleteGroups(const std::vector<std::string>& group_ids,
                                                                       absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("DeleteGroups", timeout));
  std::vector<NamedResult> results;
  for (const std::string& id : group_ids) {
    auto group = groups_.find(id);
    if (group == groups_.end()) {
      results.push_back({.name = id, .status = KafkaStatus(kGroupIdNotFound)});
    } else if (!group->second.members.empty()) {
      results.push_back({.name = id, .status = KafkaStatus(kNonEmptyGroup)});
    } else {
      groups_.erase(group);
      results.push_back({.name = id});
    }
  }
  return Answer("DeleteGroups", std::move(results));
}

absl::StatusOr<TransactionListings> FakeAdminClient::ListTransactions(absl::Duration timeout) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Begin("ListTransactions", timeout));
  return Answer("ListTransactions", TransactionListings{.transactions = transactions_});
}

}  // namespace sluice::kafka_admin::testing
