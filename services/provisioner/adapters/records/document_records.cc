#include "services/provisioner/adapters/records/document_records.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "services/provisioner/adapters/records/proto_values.h"

namespace sluice::provisioner::records {
namespace {

v1::LogicalClusterSpec ToSpec(const LogicalSpec& spec) {
  v1::LogicalClusterSpec out;
  out.set_logical_cluster(spec.logical_cluster);
  out.set_prefix(spec.prefix);
  *out.mutable_limits() = ToApi(spec.limits);
  for (const KeyWish& key : spec.keys) {
    v1::KafkaKeySpec* added = out.add_keys();
    added->set_uid(key.uid);
    added->set_username(key.username);
    added->set_sealed_credential(key.sealed_credential);
    added->set_deleted(key.deleted);
  }
  for (const TopicWish& wish : spec.topic_wishes) {
    v1::TopicWish* added = out.add_topic_wishes();
    added->set_wish_id(wish.wish_id);
    added->set_verb(static_cast<v1::TopicWish::Verb>(wish.verb));
    added->set_topic(wish.topic);
    added->set_partitions(wish.partitions);
    for (const auto& [key, value] : wish.configs) (*added->mutable_configs())[key] = value;
    added->set_must_create(wish.must_create);
  }
  out.set_suspended(spec.suspended);
  return out;
}

LogicalSpec SpecOf(const v1::LogicalClusterSpec& spec) {
  LogicalSpec out{.logical_cluster = spec.logical_cluster(),
                  .prefix = spec.prefix(),
                  .limits = LimitsOf(spec.limits()),
                  .suspended = spec.suspended()};
  for (const v1::KafkaKeySpec& key : spec.keys()) {
    out.keys.push_back({.uid = key.uid(),
                        .username = key.username(),
                        .sealed_credential = key.sealed_credential(),
                        .deleted = key.deleted()});
  }
  for (const v1::TopicWish& wish : spec.topic_wishes()) {
    out.topic_wishes.push_back({.wish_id = wish.wish_id(),
                                .verb = static_cast<TopicWish::Verb>(wish.verb()),
                                .topic = wish.topic(),
                                .partitions = wish.partitions(),
                                .configs = {wish.configs().begin(), wish.configs().end()},
                                .must_create = wish.must_create()});
  }
  return out;
}

void PutSeen(const SeenLogical& seen, satellite::v1::LogicalClusterStatus* out) {
  out->set_state(static_cast<satellite::v1::LogicalClusterStatus::State>(seen.state));
  for (const SeenKey& key : seen.keys) {
    auto* added = out->add_keys();
    added->set_uid(key.uid);
    added->set_ready(key.ready);
    added->set_error_reason(key.error_reason);
    added->set_error_message(key.error_message);
  }
  for (const SeenWish& wish : seen.wish_results) {
    auto* added = out->add_wish_results();
    added->set_wish_id(wish.wish_id);
    added->set_done(wish.done);
    added->set_error_reason(wish.error_reason);
    added->set_error_message(wish.error_message);
  }
  for (const SeenTopic& topic : seen.topics) {
    auto* added = out->add_topics();
    added->set_name(topic.name);
    added->set_partitions(topic.partitions);
    added->set_replication_factor(topic.replication_factor);
    for (const auto& [key, value] : topic.configs) (*added->mutable_configs())[key] = value;
  }
  out->set_topic_count(seen.topic_count);
  out->set_partition_count(seen.partition_count);
  out->set_topic_creation_withdrawn(seen.topic_creation_withdrawn);
  out->set_message(seen.message);
}

SeenLogical SeenOf(const satellite::v1::LogicalClusterStatus& in) {
  SeenLogical out{.state = static_cast<SeenLogicalState>(in.state()),
                  .topic_count = in.topic_count(),
                  .partition_count = in.partition_count(),
                  .topic_creation_withdrawn = in.topic_creation_withdrawn(),
                  .message = in.message()};
  for (const auto& key : in.keys()) {
    out.keys.push_back({key.uid(), key.ready(), key.error_reason(), key.error_message()});
  }
  for (const auto& wish : in.wish_results()) {
    out.wish_results.push_back({wish.wish_id(), wish.done(), wish.error_reason(), wish.error_message()});
  }
  for (const auto& topic : in.topics()) {
    out.topics.push_back({.name = topic.name(),
                          .partitions = topic.partitions(),
                          .replication_factor = topic.replication_factor(),
                          .configs = {topic.configs().begin(), topic.configs().end()}});
  }
  return out;
}

void PutSeen(const SeenPhysical& seen, satellite::v1::PhysicalClusterStatus* out) {
  out->set_state(static_cast<satellite::v1::PhysicalClusterStatus::State>(seen.state));
  out->set_bootstrap_servers(seen.bootstrap_servers);
  out->set_ca_certificate_pem(seen.ca_certificate_pem);
  out->set_kafka_version(seen.kafka_version);
  out->set_partitions(seen.partitions);
  for (int i = 0; i < seen.brokers_ready; ++i) {
    auto* node = out->add_nodes();
    node->set_role("broker");
    node->set_state("READY");
  }
  if (!seen.newest_action.empty()) out->add_actions()->set_action(seen.newest_action);
}

SeenPhysical SeenOf(const satellite::v1::PhysicalClusterStatus& in) {
  SeenPhysical out{.state = static_cast<SeenPhysicalState>(in.state()),
                   .bootstrap_servers = in.bootstrap_servers(),
                   .ca_certificate_pem = in.ca_certificate_pem(),
                   .kafka_version = in.kafka_version(),
                   .partitions = in.partitions()};
  for (const auto& node : in.nodes()) {
    if (node.role() == "broker" && node.state() == "READY" && !node.leaving()) ++out.brokers_ready;
  }
  if (in.actions_size() > 0) {
    const auto& action = in.actions(0);
    out.newest_action = action.action();
    if (!action.reason().empty()) absl::StrAppend(&out.newest_action, ": ", action.reason());
    if (!action.result().empty()) absl::StrAppend(&out.newest_action, " (", action.result(), ")");
  }
  return out;
}

void PutSeen(const SeenDataPlane& seen, satellite::v1::DataPlaneStatus* out) {
  out->set_satellite_version(seen.satellite_version);
  for (const std::string& version : seen.kafka_versions) out->add_kafka_versions(version);
  out->set_max_brokers(seen.max_brokers);
  out->set_brokers(seen.brokers);
  out->set_sealing_public_key(seen.sealing_public_key);
}

SeenDataPlane SeenOf(const satellite::v1::DataPlaneStatus& in) {
  return {.satellite_version = in.satellite_version(),
          .kafka_versions = {in.kafka_versions().begin(), in.kafka_versions().end()},
          .max_brokers = in.max_brokers(),
          .brokers = in.brokers(),
          .sealing_public_key = in.sealing_public_key()};
}

absl::Status Invalid(std::string_view what) {
  return MakeError(absl::StatusCode::kInvalidArgument, what, {.reason = "STATUS_INVALID"});
}

Condition ConditionOf(const satellite::v1::StatusCondition& in, int64_t observed_generation) {
  return {.type = in.type(),
          .status = in.status() == "TRUE"    ? ConditionStatus::kTrue
                    : in.status() == "FALSE" ? ConditionStatus::kFalse
                                             : ConditionStatus::kUnknown,
          .reason = in.reason(),
          .message = in.message(),
          .last_transition_time = TimeOf(in.last_transition_time()),
          .observed_generation = observed_generation};
}

}  // namespace

std::string ClusterUidOf(std::string_view document_key) {
  const size_t slash = document_key.find('/');
  return slash == std::string_view::npos ? "" : std::string(document_key.substr(slash + 1));
}

v1::PhysicalClusterSpec ToSpec(const PhysicalSpec& spec) {
  v1::PhysicalClusterSpec out;
  out.set_kafka_version(spec.kafka_version);
  out.set_brokers(spec.brokers);
  out.set_controllers(spec.controllers);
  out.set_broker_disk_mib(spec.broker_disk_mib);
  out.set_broker_network_bytes_per_second(spec.broker_network_bytes_per_second);
  out.set_broker_heap_mib(spec.broker_heap_mib);
  out.set_shared(spec.shared);
  out.set_default_replication_factor(spec.default_replication_factor);
  out.set_min_insync_replicas(spec.min_insync_replicas);
  for (const auto& [key, value] : spec.broker_configs) (*out.mutable_broker_configs())[key] = value;
  out.set_paused(spec.paused);
  return out;
}

PhysicalSpec SpecOf(const v1::PhysicalClusterSpec& spec) {
  return {.kafka_version = spec.kafka_version(),
          .brokers = spec.brokers(),
          .controllers = spec.controllers(),
          .broker_disk_mib = spec.broker_disk_mib(),
          .broker_network_bytes_per_second = spec.broker_network_bytes_per_second(),
          .broker_heap_mib = spec.broker_heap_mib(),
          .shared = spec.shared(),
          .default_replication_factor = spec.default_replication_factor(),
          .min_insync_replicas = spec.min_insync_replicas(),
          .broker_configs = {spec.broker_configs().begin(), spec.broker_configs().end()},
          .paused = spec.paused()};
}

v1::DesiredDocument ToDocument(const DesiredDocument& document) {
  v1::DesiredDocument out;
  out.set_key(document.meta.uid);
  out.set_data_plane(document.data_plane);
  out.set_generation(document.meta.generation);
  Put(document.meta.update_time, out.mutable_time());
  out.set_deleted(document.deleted);
  if (const auto* physical = std::get_if<PhysicalSpec>(&document.wish)) {
    *out.mutable_physical_cluster() = ToSpec(*physical);
  } else {
    *out.mutable_logical_cluster() = ToSpec(std::get<LogicalSpec>(document.wish));
  }
  return out;
}

DesiredDocument DocumentOf(const v1::DesiredDocument& in) {
  DesiredDocument out;
  out.meta = {.uid = in.key(),
              .name = in.key(),
              .version = in.generation(),
              .generation = in.generation(),
              .create_time = TimeOf(in.time()),
              .update_time = TimeOf(in.time())};
  out.data_plane = in.data_plane();
  out.cluster_uid = ClusterUidOf(in.key());
  out.deleted = in.deleted();
  if (in.has_logical_cluster()) {
    out.wish = SpecOf(in.logical_cluster());
  } else {
    out.wish = SpecOf(in.physical_cluster());
  }
  return out;
}

satellite::v1::StatusDocument ToStatus(const SeenStatus& status) {
  satellite::v1::StatusDocument out;
  out.set_key(status.key);
  out.set_data_plane(status.data_plane);
  out.set_satellite_epoch(status.satellite_epoch);
  out.set_sequence(status.sequence);
  Put(status.time, out.mutable_time());
  out.set_observed_generation(status.observed_generation);
  for (const Condition& condition : status.conditions) {
    satellite::v1::StatusCondition* added = out.add_conditions();
    added->set_type(condition.type);
    added->set_status(condition.status == ConditionStatus::kTrue    ? "TRUE"
                      : condition.status == ConditionStatus::kFalse ? "FALSE"
                                                                    : "UNKNOWN");
    added->set_reason(condition.reason);
    added->set_message(condition.message);
    Put(condition.last_transition_time, added->mutable_last_transition_time());
  }
  if (const auto* physical = std::get_if<SeenPhysical>(&status.seen)) {
    PutSeen(*physical, out.mutable_physical_cluster());
  } else if (const auto* logical = std::get_if<SeenLogical>(&status.seen)) {
    PutSeen(*logical, out.mutable_logical_cluster());
  } else {
    PutSeen(std::get<SeenDataPlane>(status.seen), out.mutable_data_plane_status());
  }
  return out;
}

absl::StatusOr<SeenStatus> StatusOf(const satellite::v1::StatusDocument& in) {
  SeenStatus out;
  out.meta.uid = absl::StrCat(in.data_plane(), ":", in.key());
  out.meta.name = out.meta.uid;
  out.meta.update_time = TimeOf(in.time());
  out.meta.create_time = out.meta.update_time;
  out.data_plane = in.data_plane();
  out.key = in.key();
  out.cluster_uid = ClusterUidOf(in.key());
  out.satellite_epoch = in.satellite_epoch();
  out.sequence = in.sequence();
  out.time = TimeOf(in.time());
  out.observed_generation = in.observed_generation();
  for (const auto& condition : in.conditions()) {
    out.conditions.push_back(ConditionOf(condition, in.observed_generation()));
  }
  const bool of_cluster = !out.cluster_uid.empty();
  const bool of_data_plane = in.key() == "data-plane";
  if (in.has_logical_cluster() && of_cluster) {
    out.seen = SeenOf(in.logical_cluster());
  } else if (in.has_physical_cluster() && !of_cluster && !of_data_plane) {
    out.seen = SeenOf(in.physical_cluster());
  } else if (in.has_data_plane_status() && of_data_plane) {
    out.seen = SeenOf(in.data_plane_status());
  } else {
    return Invalid(absl::StrCat("the status of ", in.key(), " does not say what its key is for"));
  }
  return out;
}

}  // namespace sluice::provisioner::records
