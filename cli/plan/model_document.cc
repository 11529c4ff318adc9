#include "cli/plan/model_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::cli {
namespace {

using planner::kResourceNames;
using planner::kResources;

const char* StateName(planner::BrokerState state) {
  switch (state) {
    case planner::BrokerState::kAlive:
      return "ALIVE";
    case planner::BrokerState::kNew:
      return "NEW";
    case planner::BrokerState::kLeaving:
      return "REMOVE";
    case planner::BrokerState::kDead:
      break;
  }
  return "DEAD";
}

nlohmann::ordered_json BrokerDocument(const planner::Broker& broker) {
  nlohmann::ordered_json document = {{"id", broker.id}, {"rack", broker.rack}, {"host", ""}};
  for (int r = 0; r < kResources; ++r) document["capacity"][kResourceNames[r]] = broker.capacity[r];
  document["alive"] = broker.state != planner::BrokerState::kDead;
  document["state"] = StateName(broker.state);
  if (broker.excluded) document["excluded"] = true;
  for (int r = 0; r < kResources; ++r) {
    if (broker.reserved[r] > 0) document["reserved"][kResourceNames[r]] = broker.reserved[r];
  }
  for (const planner::LogDir& dir : broker.log_dirs) {
    document["log_dirs"].push_back({{"path", dir.path}, {"capacity", dir.capacity_mb}, {"reserved", dir.reserved_mb}});
  }
  return document;
}

// A name alone where nothing else is to say.
nlohmann::ordered_json TopicDocuments(const planner::Snapshot& snapshot) {
  std::vector<int> min_in_sync(snapshot.topics.size(), 1);
  for (size_t p = 0; p < snapshot.partitions(); ++p) min_in_sync[snapshot.topic_of[p]] = snapshot.min_in_sync[p];
  nlohmann::ordered_json topics = nlohmann::ordered_json::array();
  for (size_t t = 0; t < snapshot.topics.size(); ++t) {
    if (min_in_sync[t] <= 1) {
      topics.push_back(snapshot.topics[t]);
    } else {
      topics.push_back({{"name", snapshot.topics[t]}, {"min_in_sync", min_in_sync[t]}});
    }
  }
  return topics;
}

void AppendReplicaFacts(const planner::Snapshot& snapshot, size_t partition, std::string& text) {
  std::string dirs, in_sync;
  for (size_t slot = snapshot.first_replica[partition]; slot < snapshot.first_replica[partition + 1]; ++slot) {
    absl::StrAppend(&dirs, dirs.empty() ? "" : ",", snapshot.LogDirOf(slot));
    const bool is_in_sync = snapshot.out_of_sync.empty() || !snapshot.out_of_sync[slot];
    absl::StrAppend(&in_sync, in_sync.empty() ? "" : ",", is_in_sync ? 1 : 0);
  }
  absl::StrAppend(&text, ",[", dirs, "],[", in_sync, "]");
}

template <typename Loads>
void AppendLoads(const Loads& loads, std::string& text) {
  text += ",[";
  for (int r = 0; r < kResources; ++r) absl::StrAppendFormat(&text, "%s%.9g", r == 0 ? "" : ",", loads[r]);
  text += "]";
}

}  // namespace

std::string ModelJson(const std::string& name, const planner::Snapshot& snapshot) {
  size_t replication = 0;
  for (size_t p = 0; p < snapshot.partitions(); ++p) replication = std::max(replication, snapshot.ReplicasOf(p).size());
  nlohmann::ordered_json head = {{"schema", "kbal-model/1"}, {"name", name}, {"rf", replication}};
  head["resources"] = {"disk_mb", "nwIn_kbps", "nwOut_kbps", "cpu_pct"};
  for (int r = 0; r < kResources; ++r) head["capacity_threshold"][kResourceNames[r]] = snapshot.limits[r];
  head["brokers"] = nlohmann::ordered_json::array();
  for (const planner::Broker& broker : snapshot.brokers) head["brokers"].push_back(BrokerDocument(broker));
  head["topics"] = TopicDocuments(snapshot);
  std::string text = head.dump();
  // By hand from here, since there may be a million of them.
  text.back() = ',';
  text += "\n\"partitions\":[";
  const bool replica_facts = !snapshot.log_dir_of.empty() || !snapshot.out_of_sync.empty();
  for (size_t p = 0; p < snapshot.partitions(); ++p) {
    absl::StrAppend(&text, p == 0 ? "\n[" : ",\n[", snapshot.topic_of[p], ",", snapshot.number_of[p],
                    snapshot.pinned[p] ? ",1,[" : ",[");
    const char* comma = "";
    for (uint16_t broker : snapshot.ReplicasOf(p)) {
      absl::StrAppend(&text, comma, snapshot.brokers[broker].id);
      comma = ",";
    }
    text += "]";
    AppendLoads(snapshot.leader_load[p], text);
    AppendLoads(snapshot.follower_load[p], text);
    if (replica_facts) AppendReplicaFacts(snapshot, p, text);
    text += "]";
  }
  text += "]}\n";
  return text;
}

}  // namespace sluice::cli
