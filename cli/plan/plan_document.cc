#include "cli/plan/plan_document.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace sluice::cli {
namespace {

// To so many per unit: dividing by a whole number gives the short decimal, multiplying by 0.001 does not.
double Rounded(double value, double per_unit) { return std::round(value * per_unit) / per_unit; }

// By hand, since a large plan as a document of nlohmann's would take many times its text.
class ReassignmentText {
 public:
  explicit ReassignmentText(const planner::Snapshot& snapshot) : snapshot_(snapshot) {
    for (const std::string& topic : snapshot.topics) topics_.push_back(nlohmann::json(topic).dump());
  }
  void Append(const planner::Step& step, std::string& text) const {
    absl::StrAppend(&text, "{\"topic\":", topics_[snapshot_.topic_of[step.partition]],
                    ",\"partition\":", snapshot_.number_of[step.partition], ",\"replicas\":[");
    for (size_t i = 0; i < step.replicas.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? "" : ",", snapshot_.brokers[step.replicas[i]].id);
    }
    text += "]";
    if (!step.log_dirs.empty()) AppendLogDirs(step, text);
    text += "}";
  }

 private:
  // Kafka's "any" where it cannot be asked to put the replica into a certain one: its broker has one, or is dead.
  void AppendLogDirs(const planner::Step& step, std::string& text) const {
    text += ",\"log_dirs\":[";
    for (size_t i = 0; i < step.replicas.size(); ++i) {
      const planner::Broker& broker = snapshot_.brokers[step.replicas[i]];
      const bool any = broker.state == planner::BrokerState::kDead || broker.log_dirs.size() < 2;
      absl::StrAppend(&text, i == 0 ? "" : ",",
                      nlohmann::json(any ? "any" : broker.log_dirs[step.log_dirs[i]].path).dump());
    }
    text += "]";
  }

  const planner::Snapshot& snapshot_;
  std::vector<std::string> topics_;
};

}  // namespace

std::string PlanJson(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  const ReassignmentText reassignment(snapshot);
  std::map<uint32_t, const planner::Step*> last;
  for (const planner::Batch& batch : plan.batches) {
    for (const planner::Step& step : batch.steps) last[step.partition] = &step;
  }
  std::string text = absl::StrCat("{\"version\":1,\"planner\":\"sluice\",\"throttle_kbps\":", plan.throttle_kbps,
                                  ",\n\"partitions\":[");
  const char* comma = "\n";
  for (const auto& [partition, step] : last) {
    text += comma;
    reassignment.Append(*step, text);
    comma = ",\n";
  }
  text += "],\n\"batches\":[";
  const char* batch_comma = "\n";
  for (const planner::Batch& batch : plan.batches) {
    absl::StrAppend(&text, batch_comma, "[");
    comma = "";
    for (const planner::Step& step : batch.steps) {
      text += comma;
      reassignment.Append(step, text);
      comma = ",\n";
    }
    text += "]";
    batch_comma = ",\n";
  }
  text += "]}\n";
  return text;
}

std::string BatchJson(const planner::Snapshot& snapshot, const planner::Batch& batch) {
  const ReassignmentText reassignment(snapshot);
  std::string text = "{\"version\":1,\"partitions\":[";
  const char* comma = "\n";
  for (const planner::Step& step : batch.steps) {
    text += comma;
    reassignment.Append(step, text);
    comma = ",\n";
  }
  text += "]}\n";
  return text;
}

std::string StatsJson(const planner::Plan& plan, const PlanTimes& times) {
  nlohmann::ordered_json stats = {
      {"plan_seconds", Rounded(times.plan_seconds, 1e4)},
      {"target_seconds", Rounded(times.target_seconds, 1e4)},
      {"plan_cpu_seconds", Rounded(times.plan_cpu_seconds, 1e4)},
      {"target_cpu_seconds", Rounded(times.target_cpu_seconds, 1e4)},
      {"read_seconds", Rounded(times.read_seconds, 1e4)},
      {"peak_rss_mb", Rounded(times.peak_rss_mb, 10)},
      {"bytes_mb", Rounded(plan.bytes_mb, 1)},
      {"replica_moves", plan.replica_moves},
      {"log_dir_moves", plan.log_dir_moves},
      {"leader_changes", plan.leader_changes},
      {"batches", plan.batches.size()},
      {"intermediate_violations", plan.intermediate_violations},
      {"unresolved", plan.unresolved.size()},
      {"unmet", plan.unmet.size()},
      {"throttle_kbps", plan.throttle_kbps},
      {"hours", Rounded(plan.hours, 1e3)},
      {"hours_bound", Rounded(plan.hours_bound, 1e3)},
      {"work_spent", plan.work_spent},
      {"summary", plan.summary},
  };
  for (int k = 0; k < planner::kDimensions; ++k) {
    stats["balance"][planner::kDimensionNames[k]] = {
        {"before",
         {{"max_over_avg", Rounded(plan.before[k].most, 1e4)}, {"min_over_avg", Rounded(plan.before[k].least, 1e4)}}},
        {"after",
         {{"max_over_avg", Rounded(plan.after[k].most, 1e4)}, {"min_over_avg", Rounded(plan.after[k].least, 1e4)}}},
    };
  }
  return stats.dump(2) + "\n";
}

}  // namespace sluice::cli
