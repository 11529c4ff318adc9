#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/kafka_admin/topic.h"

namespace sluice::kafka_admin {

struct GroupListing {
  std::string group_id;
  std::string protocol_type;  // "consumer", "connect"
  std::string state;          // "Stable", "Empty"; "" on brokers older than 2.6
  std::string type;           // "classic", "consumer", "share"; "" on brokers older than 3.8
};

// Groups live on their coordinators, so a listing asks every broker. What a broker that did not answer holds is
// missing from `groups`: judge by `unanswered`.
struct GroupListings {
  std::vector<GroupListing> groups;
  std::map<int32_t, absl::Status> unanswered;  // by broker id
};

struct GroupMember {
  std::string member_id;
  std::string client_id;
  std::string host;
};

// Of a classic group.
struct GroupDescription {
  std::string group_id;
  absl::Status status;
  std::string state;
  std::string protocol_type;
  std::vector<GroupMember> members;
};

struct TransactionListing {
  std::string transactional_id;
  int64_t producer_id = -1;
  std::string state;
};

// As GroupListings: judge by `unanswered`.
struct TransactionListings {
  std::vector<TransactionListing> transactions;
  std::map<int32_t, absl::Status> unanswered;  // by broker id
};

struct ActiveProducer {
  int64_t producer_id = -1;
  int32_t producer_epoch = -1;
  int64_t last_timestamp_ms = -1;
  // -1: no transaction is open.
  int64_t transaction_start_offset = -1;
};

struct PartitionProducers {
  TopicPartition partition;
  absl::Status status;
  std::vector<ActiveProducer> producers;
};

}  // namespace sluice::kafka_admin
