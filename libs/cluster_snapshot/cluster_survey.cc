#include "libs/cluster_snapshot/cluster_survey.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/cluster_snapshot/append_rate.h"

namespace sluice::cluster_snapshot {
namespace {

using kafka_admin::AdminClient;
using kafka_admin::OffsetQuery;
using kafka_admin::TopicPartition;

constexpr double kBytesPerMb = 1e6;
// Bounds what one answer holds.
constexpr size_t kPartitionsPerCall = 1000;
constexpr size_t kTopicsPerCall = 500;

// The same error, told where it happened.
absl::Status While(const std::string& doing, const absl::Status& status) {
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  std::string what(status.message());
  if (!detail) return absl::Status(status.code(), absl::StrCat("while it ", doing, ": ", what));
  // MakeError appends the remedy again.
  const std::string remedy = detail->remedy.empty() ? "" : absl::StrCat(" — ", detail->remedy);
  if (absl::EndsWith(what, remedy)) what.resize(what.size() - remedy.size());
  return MakeError(status.code(), absl::StrCat("while it ", doing, ": ", what), *detail);
}

class Survey {
 public:
  Survey(AdminClient& kafka, const clock::Clock& clock, const clock::StopSignal& stop, const SurveyOptions& options)
      : kafka_(kafka), clock_(clock), stop_(stop), options_(options) {}

  absl::StatusOr<ClusterFacts> Run() {
    RETURN_IF_ERROR(AskBrokers());
    RETURN_IF_ERROR(AskTopics());
    RETURN_IF_ERROR(AskMinInSync());
    RETURN_IF_ERROR(AskMoves());
    IndexReplicas();
    RETURN_IF_ERROR(AskLogDirs());
    if (options_.sample > absl::ZeroDuration()) RETURN_IF_ERROR(MeasureRates());
    return std::move(facts_);
  }

 private:
  // Where a replica is in facts_, for the answers that name it.
  struct Place {
    size_t topic, partition;
  };
  struct Look {
    absl::Duration at;
    std::map<TopicPartition, LogSample> logs;
  };

  absl::Status AskBrokers() {
    options_.progress("asks for the brokers");
    auto cluster = kafka_.DescribeCluster(true, options_.call_timeout);
    if (!cluster.ok()) return While("asked for the brokers", cluster.status());
    facts_.cluster_id = cluster->cluster_id;
    for (const kafka_admin::Broker& broker : cluster->brokers) {
      facts_.brokers.push_back({.id = broker.id, .rack = broker.rack.value_or(""), .alive = !broker.fenced});
    }
    std::sort(facts_.brokers.begin(), facts_.brokers.end(),
              [](const BrokerFacts& a, const BrokerFacts& b) { return a.id < b.id; });
    return absl::OkStatus();
  }

  absl::Status AskTopics() {
    options_.progress("asks for the topics");
    auto topics = kafka_.DescribeTopics(std::nullopt, options_.call_timeout);
    if (!topics.ok()) return While("asked for the topics", topics.status());
    for (const kafka_admin::TopicDescription& topic : *topics) {
      if (!topic.status.ok()) continue;  // deleted meanwhile
      TopicFacts facts{.name = topic.name};
      for (const kafka_admin::PartitionDescription& partition : topic.partitions) {
        PartitionFacts added{.number = partition.id, .leader = partition.leader};
        for (int32_t broker : partition.replicas) {
          added.replicas.push_back(
              {.broker = broker, .in_sync = std::count(partition.isr.begin(), partition.isr.end(), broker) > 0});
        }
        facts.partitions.push_back(std::move(added));
      }
      facts_.topics.push_back(std::move(facts));
    }
    return absl::OkStatus();
  }

  absl::Status AskMinInSync() {
    for (size_t from = 0; from < facts_.topics.size(); from += kTopicsPerCall) {
      std::vector<kafka_admin::ConfigResource> asked;
      const size_t to = std::min(facts_.topics.size(), from + kTopicsPerCall);
      for (size_t t = from; t < to; ++t) asked.push_back({.name = facts_.topics[t].name});
      auto configs = kafka_.DescribeConfigs(asked, {"min.insync.replicas"}, options_.call_timeout);
      if (!configs.ok()) return While("asked for the topics' min.insync.replicas", configs.status());
      for (size_t t = from; t < to && t - from < configs->size(); ++t) {
        for (const kafka_admin::ConfigEntry& entry : (*configs)[t - from].entries) {
          int wanted = 1;
          if (entry.value && absl::SimpleAtoi(*entry.value, &wanted)) facts_.topics[t].min_in_sync = wanted;
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status AskMoves() {
    auto moves = kafka_.ListReassignments(std::nullopt, options_.call_timeout);
    if (!moves.ok()) return While("asked for moves under way", moves.status());
    std::map<TopicPartition, std::set<int32_t>> going;
    for (const kafka_admin::OngoingReassignment& move : *moves) {
      going[move.partition].insert(move.removing.begin(), move.removing.end());
    }
    for (TopicFacts& topic : facts_.topics) {
      for (PartitionFacts& partition : topic.partitions) {
        const auto found = going.find({topic.name, partition.number});
        if (found == going.end()) continue;
        partition.moving = true;
        auto stays = [&](const ReplicaFacts& replica) { return !found->second.contains(replica.broker); };
        auto first_gone = std::stable_partition(partition.replicas.begin(), partition.replicas.end(), stays);
        partition.going.assign(first_gone, partition.replicas.end());
        partition.replicas.erase(first_gone, partition.replicas.end());
      }
    }
    return absl::OkStatus();
  }

  void IndexReplicas() {
    for (size_t t = 0; t < facts_.topics.size(); ++t) {
      for (size_t p = 0; p < facts_.topics[t].partitions.size(); ++p) {
        place_[{facts_.topics[t].name, facts_.topics[t].partitions[p].number}] = {.topic = t, .partition = p};
      }
    }
  }

  PartitionFacts* Find(const TopicPartition& partition) {
    const auto found = place_.find(partition);
    return found == place_.end() ? nullptr : &facts_.topics[found->second.topic].partitions[found->second.partition];
  }

  absl::Status AskLogDirs() {
    options_.progress(absl::StrCat("asks ", facts_.brokers.size(), " brokers for their log dirs"));
    for (BrokerFacts& broker : facts_.brokers) {
      if (!broker.alive) continue;
      auto dirs = kafka_.DescribeLogDirs(broker.id, std::nullopt, options_.call_timeout);
      if (!dirs.ok()) return While(absl::StrCat("asked broker ", broker.id, " for its log dirs"), dirs.status());
      for (const kafka_admin::LogDir& dir : *dirs) AddLogDir(broker, dir);
    }
    return absl::OkStatus();
  }

  void AddLogDir(BrokerFacts& broker, const kafka_admin::LogDir& dir) {
    LogDirFacts facts{.path = dir.path, .online = dir.status.ok()};
    if (dir.total_bytes) facts.total_mb = *dir.total_bytes / kBytesPerMb;
    if (dir.usable_bytes) facts.usable_mb = *dir.usable_bytes / kBytesPerMb;
    const int index = static_cast<int>(broker.log_dirs.size());
    broker.log_dirs.push_back(std::move(facts));
    for (const kafka_admin::ReplicaInDir& replica : dir.replicas) {
      PartitionFacts* partition = Find({replica.topic, replica.partition});
      if (partition == nullptr || replica.future) continue;
      for (std::vector<ReplicaFacts>* replicas : {&partition->replicas, &partition->going}) {
        for (ReplicaFacts& one : *replicas) {
          if (one.broker != broker.id) continue;
          one.log_dir = index;
          one.size_mb = replica.size_bytes / kBytesPerMb;
        }
      }
    }
  }

  absl::Status MeasureRates() {
    ASSIGN_OR_RETURN(const Look first, LookAtLogs());
    options_.progress(absl::StrCat("measures rates for ", absl::FormatDuration(options_.sample)));
    if (stop_.WaitFor(options_.sample)) {
      return MakeError(absl::StatusCode::kCancelled, "interrupted while it measured rates", {.reason = "INTERRUPTED"});
    }
    ASSIGN_OR_RETURN(const Look second, LookAtLogs());
    const double seconds = absl::ToDoubleSeconds(second.at - first.at);
    facts_.sample_seconds = seconds;
    for (const auto& [key, log] : second.logs) {
      const auto before = first.logs.find(key);
      if (before != first.logs.end()) Find(key)->in_kbps = AppendRateKbps(before->second, log, seconds);
    }
    return absl::OkStatus();
  }

  // Each partition on its leader: offsets and, right beside them, sizes.
  absl::StatusOr<Look> LookAtLogs() {
    options_.progress(absl::StrCat("asks for the offsets of ", place_.size(), " partitions"));
    Look look;
    const absl::Duration begun = clock_.MonotonicNow();
    std::map<int32_t, std::vector<TopicPartition>> led_by;
    for (const auto& [key, place] : place_) {
      const int32_t leader = facts_.topics[place.topic].partitions[place.partition].leader;
      if (leader >= 0) led_by[leader].push_back(key);
    }
    // Two rounds, since a broker refuses a call that names a partition twice; the ends right before the sizes.
    for (const int64_t moment : {OffsetQuery::kEarliest, OffsetQuery::kLatest}) {
      std::vector<OffsetQuery> queries;
      for (const auto& [leader, partitions] : led_by) {
        for (const TopicPartition& key : partitions) {
          queries.push_back({.partition = key, .timestamp_ms = moment});
          if (queries.size() >= kPartitionsPerCall) RETURN_IF_ERROR(AskOffsets(queries, look));
        }
      }
      RETURN_IF_ERROR(AskOffsets(queries, look));
    }
    for (const auto& [leader, partitions] : led_by) RETURN_IF_ERROR(AskSizes(leader, partitions, look));
    look.at = (begun + clock_.MonotonicNow()) / 2;
    // Without both offsets there is nothing to measure.
    std::erase_if(look.logs,
                  [](const auto& entry) { return entry.second.start_offset < 0 || entry.second.end_offset < 0; });
    return look;
  }

  absl::Status AskOffsets(std::vector<OffsetQuery>& queries, Look& look) {
    if (queries.empty()) return absl::OkStatus();
    auto offsets = kafka_.ListOffsets(queries, options_.call_timeout);
    if (!offsets.ok()) return While("asked for offsets", offsets.status());
    for (size_t i = 0; i < queries.size() && i < offsets->size(); ++i) {
      const bool start = queries[i].timestamp_ms == OffsetQuery::kEarliest;
      LogSample& log =
          look.logs.try_emplace(queries[i].partition, LogSample{.start_offset = -1, .end_offset = -1}).first->second;
      if ((*offsets)[i].status.ok()) (start ? log.start_offset : log.end_offset) = (*offsets)[i].offset;
    }
    queries.clear();
    return absl::OkStatus();
  }

  absl::Status AskSizes(int32_t leader, const std::vector<TopicPartition>& partitions, Look& look) {
    auto dirs = kafka_.DescribeLogDirs(leader, partitions, options_.call_timeout);
    if (!dirs.ok()) return While(absl::StrCat("asked broker ", leader, " for the sizes of logs"), dirs.status());
    for (const kafka_admin::LogDir& dir : *dirs) {
      for (const kafka_admin::ReplicaInDir& replica : dir.replicas) {
        const auto log = look.logs.find({replica.topic, replica.partition});
        if (log != look.logs.end() && !replica.future) log->second.size_mb = replica.size_bytes / kBytesPerMb;
      }
    }
    return absl::OkStatus();
  }

  AdminClient& kafka_;
  const clock::Clock& clock_;
  const clock::StopSignal& stop_;
  const SurveyOptions& options_;
  ClusterFacts facts_;
  std::map<TopicPartition, Place> place_;
};

}  // namespace

absl::StatusOr<ClusterFacts> SurveyCluster(AdminClient& kafka, const clock::Clock& clock, const clock::StopSignal& stop,
                                           const SurveyOptions& options) {
  return Survey(kafka, clock, stop, options).Run();
}

}  // namespace sluice::cluster_snapshot
