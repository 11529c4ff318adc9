#include "cli/plan/model_file.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/plan/text_file.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using Json = nlohmann::json;
using planner::kResourceNames;
using planner::kResources;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

absl::Status Invalid(std::string message, std::string field) {
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   {.reason = "INVALID_MODEL",
                    .field = std::move(field),
                    .remedy = "docs/planner.md has the form of a model file."});
}

// The partitions of a large model would be gigabytes as a document, so they are read as events, and the rest, which is
// small, as a document: everything but the array "partitions" at the top.
class ModelReader : public nlohmann::json_sax<Json> {
 public:
  struct RawPartition {
    std::vector<double> numbers;  // topic, partition
    // Replicas, leader load, follower load; then, of each replica, its log dir, whether it is in sync, its size.
    std::vector<double> lists[6];
    int list = -1;
  };

  Json rest = Json::object();
  planner::SnapshotBuilder builder;
  absl::Status status;

  bool null() override { return Value(kMissing, Json()); }
  bool boolean(bool value) override { return Value(kMissing, Json(value)); }
  bool number_integer(number_integer_t value) override { return Number(value); }
  bool number_unsigned(number_unsigned_t value) override { return Number(value); }
  bool number_float(number_float_t value, const string_t&) override { return Number(value); }
  bool string(string_t& value) override { return Value(kMissing, Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& value) override {
    key_ = std::move(value);
    if (depth_ == 1 && key_ == "partitions") return BeginPartitions();
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    status = Invalid(absl::StrCat("not JSON at byte ", position, ": ", error.what()), "");
    return false;
  }
  bool seen_partitions() const { return seen_partitions_; }

 private:
  bool Fail(absl::Status problem) {
    status = std::move(problem);
    return false;
  }
  bool Number(double value) {
    if (in_partitions_) return Value(value, Json());
    return Value(
        value, value == std::floor(value) && std::abs(value) < 1e15 ? Json(static_cast<int64_t>(value)) : Json(value));
  }
  bool Value(double number, Json value) {
    if (!in_partitions_) {
      Put(std::move(value));
      return true;
    }
    if (depth_ == 3) {
      partition_.numbers.push_back(number);
    } else if (depth_ == 4 && partition_.list < 6) {
      partition_.lists[partition_.list].push_back(number);
    }
    return true;
  }
  bool Open(Json empty) {
    ++depth_;
    if (in_partitions_) {
      if (depth_ == 3) {
        partition_.numbers.clear();
        for (auto& list : partition_.lists) list.clear();
        partition_.list = -1;
      } else if (depth_ == 4) {
        ++partition_.list;
      } else if (depth_ > 4) {
        return Fail(Invalid("a partition is nested too deep", "partitions"));
      }
      return true;
    }
    if (depth_ == 1) {
      if (!empty.is_object()) return Fail(Invalid("the model is not an object", ""));
      open_.push_back(&rest);
      return true;
    }
    Json* place = Put(std::move(empty));
    open_.push_back(place);
    return true;
  }
  bool Close() {
    --depth_;
    if (!in_partitions_) {
      open_.pop_back();
      return true;
    }
    if (depth_ == 2) return AddPartition();
    if (depth_ == 1) in_partitions_ = false;
    return true;
  }
  Json* Put(Json value) {
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool BeginPartitions();
  absl::Status AddBrokers();
  absl::Status AddTopic(const Json& topic);
  bool AddPartition();

  int depth_ = 0;
  bool in_partitions_ = false, seen_partitions_ = false;
  std::string key_;
  std::vector<Json*> open_;
  RawPartition partition_;
  planner::PartitionFacts facts_;
  std::vector<int> min_in_sync_;  // by topic
};

absl::StatusOr<planner::BrokerState> StateOf(const Json& broker, int32_t id) {
  const std::string state = broker.value("state", "ALIVE");
  if (state == "ALIVE") return planner::BrokerState::kAlive;
  if (state == "NEW") return planner::BrokerState::kNew;
  if (state == "REMOVE") return planner::BrokerState::kLeaving;
  if (state == "DEAD") return planner::BrokerState::kDead;
  return Invalid(absl::StrCat("broker ", id, " has the state \"", state, "\"; use ALIVE, NEW, REMOVE or DEAD"),
                 absl::StrCat("brokers[", id, "].state"));
}

absl::Status AddLogDirs(const Json& broker, planner::Broker& facts) {
  if (!broker.contains("log_dirs")) return absl::OkStatus();
  for (const Json& dir : broker["log_dirs"]) {
    if (!dir.is_object()) return Invalid("a log dir is no object", absl::StrCat("brokers[", facts.id, "].log_dirs"));
    facts.log_dirs.push_back({.path = dir.value("path", ""),
                              .capacity_mb = dir.value("capacity", kMissing),
                              .reserved_mb = dir.value("reserved", 0.0)});
  }
  return absl::OkStatus();
}

bool ModelReader::BeginPartitions() {
  in_partitions_ = true;
  seen_partitions_ = true;
  if (absl::Status added = AddBrokers(); !added.ok()) return Fail(added);
  return true;
}

absl::Status ModelReader::AddBrokers() {
  if (!rest.contains("brokers") || !rest["brokers"].is_array()) {
    return Invalid("brokers must come before partitions, as a list", "brokers");
  }
  if (!rest.contains("topics") || !rest["topics"].is_array()) {
    return Invalid("topics must come before partitions, as a list", "topics");
  }
  for (const Json& broker : rest["brokers"]) {
    if (!broker.is_object() || !broker.contains("id") || !broker["id"].is_number_integer()) {
      return Invalid("a broker has no number as its id", "brokers");
    }
    planner::Broker facts{.id = broker["id"].get<int32_t>()};
    // A broker without a rack is a rack of its own, as Kafka takes it when no broker has one.
    facts.rack = broker.contains("rack") && broker["rack"].is_string() ? broker["rack"].get<std::string>()
                                                                       : absl::StrCat("broker ", facts.id);
    facts.excluded = broker.contains("excluded") && broker["excluded"] == true;
    ASSIGN_OR_RETURN(facts.state, StateOf(broker, facts.id));
    const Json capacity = broker.value("capacity", Json::object());
    for (int r = 0; r < kResources; ++r) {
      const auto found = capacity.find(kResourceNames[r]);
      facts.capacity[r] = found != capacity.end() && found->is_number() ? found->get<double>() : kMissing;
      // The sum of its log dirs', where they are given.
      if (r == planner::kDisk && found == capacity.end() && broker.contains("log_dirs")) facts.capacity[r] = 0;
      facts.reserved[r] = broker.value("reserved", Json::object()).value(kResourceNames[r], 0.0);
    }
    RETURN_IF_ERROR(AddLogDirs(broker, facts));
    RETURN_IF_ERROR(builder.AddBroker(std::move(facts)));
  }
  for (const Json& topic : rest["topics"]) RETURN_IF_ERROR(AddTopic(topic));
  return absl::OkStatus();
}

absl::Status ModelReader::AddTopic(const Json& topic) {
  const Json facts = topic.is_object() ? topic : Json{{"name", topic}};
  if (!facts.contains("name") || !facts["name"].is_string()) {
    return Invalid("a topic's name is not a string", "topics");
  }
  builder.AddTopic(facts["name"].get<std::string>(), facts.value("excluded", false));
  min_in_sync_.push_back(facts.value("min_in_sync", 1));
  return absl::OkStatus();
}

bool ModelReader::AddPartition() {
  if (partition_.numbers.size() < 2 || partition_.list < 2) {
    return Fail(
        Invalid("a partition is not [topic, partition, [replicas], [leader load], [follower load]]", "partitions"));
  }
  for (double number : partition_.numbers) {
    if (!(number >= 0 && number <= std::numeric_limits<int32_t>::max())) {
      return Fail(Invalid("a partition's topic or number is not a number of 0 or more", "partitions"));
    }
  }
  facts_.topic = partition_.numbers[0];
  facts_.partition = partition_.numbers[1];
  facts_.pinned = partition_.numbers.size() > 2 && partition_.numbers[2] == 1;
  facts_.replicas.clear();
  for (double broker : partition_.lists[0]) {
    facts_.replicas.push_back(std::isfinite(broker) ? static_cast<int32_t>(broker) : -1);
  }
  for (int r = 0; r < kResources; ++r) {
    facts_.leader_load[r] = r < static_cast<int>(partition_.lists[1].size()) ? partition_.lists[1][r] : kMissing;
    facts_.follower_load[r] = r < static_cast<int>(partition_.lists[2].size()) ? partition_.lists[2][r] : kMissing;
  }
  const size_t topic = facts_.topic;
  facts_.min_in_sync = topic < min_in_sync_.size() ? min_in_sync_[topic] : 1;
  facts_.replica_facts.clear();
  const auto& [replicas, leads, follows, dirs, in_sync, sizes] = partition_.lists;
  for (size_t i = 0; i < replicas.size() && partition_.list >= 3; ++i) {
    facts_.replica_facts.push_back(
        {.log_dir = i < dirs.size() && std::isfinite(dirs[i]) ? static_cast<int>(dirs[i]) : 0,
         .in_sync = i >= in_sync.size() || in_sync[i] != 0,
         .size_mb = i < sizes.size() ? sizes[i] : -1});
  }
  if (absl::Status added = builder.AddPartition(facts_); !added.ok()) return Fail(added);
  return true;
}

absl::Status SetLimits(const Json& rest, planner::SnapshotBuilder& builder) {
  const Json limits = rest.value("capacity_threshold", Json::object());
  if (limits.empty()) return absl::OkStatus();
  planner::ResourceVector values = planner::Snapshot().limits;
  for (int r = 0; r < kResources; ++r) {
    const auto found = limits.find(kResourceNames[r]);
    if (found == limits.end()) continue;
    if (!found->is_number()) {
      return Invalid(absl::StrCat("the threshold for ", kResourceNames[r], " is not a number"), "capacity_threshold");
    }
    values[r] = found->get<double>();
  }
  return builder.SetLimits(values);
}

}  // namespace

absl::StatusOr<Model> ReadModelFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadTextFile(path));
  ModelReader reader;
  bool parsed = false;
  try {
    parsed = Json::sax_parse(text, &reader);
  } catch (const Json::exception& error) {
    return Invalid(absl::StrCat("a field is not of its type: ", error.what()), "brokers");
  }
  RETURN_IF_ERROR(reader.status);
  if (!parsed) return Invalid("not a model", path);
  if (!reader.seen_partitions()) return Invalid("the model has no partitions", "partitions");
  const std::string schema = reader.rest.value("schema", "");
  if (schema != "kbal-model/1")
    return Invalid(absl::StrCat("the schema is \"", schema, "\", not kbal-model/1"), "schema");
  RETURN_IF_ERROR(SetLimits(reader.rest, reader.builder));
  Model model{.name = reader.rest.value("name", "")};
  ASSIGN_OR_RETURN(model.snapshot, std::move(reader.builder).Build());
  return model;
}

}  // namespace sluice::cli
