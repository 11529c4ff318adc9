#include "services/provisioner/adapters/records/api_records.h"

#include "services/provisioner/adapters/records/proto_values.h"

namespace sluice::provisioner::records {
namespace {

// The fields that all resources of the API share.
template <typename Out>
void PutMeta(const Meta& meta, Out* out) {
  out->set_name(meta.name);
  out->set_uid(meta.uid);
  out->set_generation(meta.generation);
  out->set_etag(Etag(meta));
  Put(meta.create_time, out->mutable_create_time());
}

template <typename Out>
void PutUpdateTime(const Meta& meta, Out* out) {
  Put(meta.update_time, out->mutable_update_time());
}

template <typename Out>
void PutDeleteTime(const Meta& meta, Out* out) {
  if (meta.delete_time) Put(*meta.delete_time, out->mutable_delete_time());
}

void PutLabels(const Labels& labels, google::protobuf::Map<std::string, std::string>* out) {
  for (const auto& [key, value] : labels) (*out)[key] = value;
}

template <typename Out>
void PutConditions(const std::vector<Condition>& conditions, Out* out) {
  for (const Condition& condition : conditions) Put(condition, out->add_conditions());
}

}  // namespace

v1::Organization ToApi(const Organization& organization) {
  v1::Organization out;
  PutMeta(organization.meta, &out);
  PutUpdateTime(organization.meta, &out);
  out.set_display_name(organization.display_name);
  PutLabels(organization.labels, out.mutable_labels());
  return out;
}

v1::Environment ToApi(const Environment& environment) {
  v1::Environment out;
  PutMeta(environment.meta, &out);
  PutUpdateTime(environment.meta, &out);
  PutDeleteTime(environment.meta, &out);
  out.set_display_name(environment.display_name);
  PutLabels(environment.labels, out.mutable_labels());
  return out;
}

v1::ApiKey ToApi(const ApiKey& key) {
  v1::ApiKey out;
  PutMeta(key.meta, &out);
  PutDeleteTime(key.meta, &out);
  out.set_display_name(key.display_name);
  if (key.expire_time) Put(*key.expire_time, out.mutable_expire_time());
  return out;
}

v1::RoleBinding ToApi(const RoleBinding& binding) {
  v1::RoleBinding out;
  PutMeta(binding.meta, &out);
  PutDeleteTime(binding.meta, &out);
  out.set_principal(binding.principal);
  out.set_role(static_cast<v1::RoleBinding::Role>(binding.role));
  out.set_scope(binding.scope);
  return out;
}

v1::KafkaCluster ToApi(const KafkaCluster& cluster) {
  v1::KafkaCluster out;
  PutMeta(cluster.meta, &out);
  PutUpdateTime(cluster.meta, &out);
  PutDeleteTime(cluster.meta, &out);
  if (cluster.meta.purge_time) Put(*cluster.meta.purge_time, out.mutable_purge_time());
  out.set_display_name(cluster.display_name);
  PutLabels(cluster.labels, out.mutable_labels());
  out.set_type(static_cast<v1::KafkaCluster::Type>(cluster.type));
  out.set_region(cluster.region);
  out.set_brokers(cluster.brokers);
  out.set_broker_disk_mib(cluster.broker_disk_mib);
  out.set_kafka_version(cluster.kafka_version);
  *out.mutable_limits() = ToApi(cluster.limits);
  out.set_deletion_protection(cluster.deletion_protection);
  out.set_state(static_cast<v1::KafkaCluster::State>(cluster.state));
  out.set_reconciling(cluster.reconciling());
  PutConditions(cluster.conditions, &out);
  out.set_prefix(cluster.prefix);
  out.set_security_protocol("SASL_SSL");
  out.set_sasl_mechanism("SCRAM-SHA-512");
  out.set_replication_factor(cluster.replication_factor);
  out.set_min_insync_replicas(cluster.min_insync_replicas);
  *out.mutable_effective_limits() = ToApi(cluster.effective_limits);
  out.set_data_plane(cluster.placement.data_plane);
  out.set_physical_cluster(cluster.placement.physical_cluster);
  out.set_topic_count(cluster.topic_count);
  out.set_partition_count(cluster.partition_count);
  out.set_observed_generation(cluster.observed_generation);
  return out;
}

v1::KafkaCluster ToApi(const KafkaClusterView& view) {
  v1::KafkaCluster out = ToApi(view.cluster);
  out.set_bootstrap_servers(view.bootstrap_servers);
  out.set_ca_certificate_pem(view.ca_certificate_pem);
  out.set_effective_brokers(view.effective_brokers);
  out.set_effective_kafka_version(view.effective_kafka_version);
  return out;
}

v1::KafkaKey ToApi(const KafkaKey& key) {
  v1::KafkaKey out;
  PutMeta(key.meta, &out);
  PutDeleteTime(key.meta, &out);
  out.set_display_name(key.display_name);
  out.set_username(key.username);
  out.set_state(static_cast<v1::KafkaKey::State>(key.state));
  PutConditions(key.conditions, &out);
  return out;
}

v1::Topic ToApi(const Topic& topic) {
  v1::Topic out;
  out.set_name(topic.name);
  out.set_kafka_name(topic.kafka_name);
  out.set_partitions(topic.partitions);
  for (const auto& [key, value] : topic.configs) (*out.mutable_configs())[key] = value;
  out.set_replication_factor(topic.replication_factor);
  out.set_state(static_cast<v1::Topic::State>(topic.state));
  out.set_state_message(topic.state_message);
  out.set_etag(topic.etag);
  return out;
}

v1::DataPlane ToApi(const DataPlane& data_plane) {
  v1::DataPlane out;
  PutMeta(data_plane.meta, &out);
  PutDeleteTime(data_plane.meta, &out);
  out.set_display_name(data_plane.display_name);
  out.set_region(data_plane.region);
  out.set_substrate(static_cast<v1::DataPlane::Substrate>(data_plane.substrate));
  PutLabels(data_plane.labels, out.mutable_labels());
  out.set_warm_cells(data_plane.warm_cells);
  out.set_max_brokers(data_plane.max_brokers);
  out.set_max_logical_clusters_per_cell(data_plane.max_logical_clusters_per_cell);
  out.set_state(static_cast<v1::DataPlane::State>(data_plane.state));
  PutConditions(data_plane.conditions, &out);
  for (const std::string& version : data_plane.kafka_versions) out.add_kafka_versions(version);
  out.set_satellite_version(data_plane.satellite_version);
  return out;
}

v1::DataPlane ToApi(const DataPlaneView& view) {
  v1::DataPlane out = ToApi(view.data_plane);
  if (view.last_seen_time) Put(*view.last_seen_time, out.mutable_last_seen_time());
  for (const DataPlaneView::Cell& cell : view.physical_clusters) {
    v1::PhysicalCluster* physical = out.add_physical_clusters();
    *physical = ToApi(cell.physical_cluster);
    physical->set_logical_clusters(cell.logical_clusters);
  }
  return out;
}

v1::PhysicalCluster ToApi(const PhysicalCluster& cluster) {
  v1::PhysicalCluster out;
  out.set_id(cluster.meta.uid);
  out.set_shared(cluster.spec.shared);
  out.set_state(static_cast<v1::PhysicalCluster::State>(cluster.state));
  out.set_brokers(cluster.spec.brokers);
  out.set_brokers_ready(cluster.brokers_ready);
  out.set_kafka_version(cluster.kafka_version);
  out.set_partitions(cluster.partitions);
  PutConditions(cluster.conditions, &out);
  out.set_generation(cluster.meta.generation);
  out.set_observed_generation(cluster.observed_generation);
  return out;
}

v1::OperationMetadata MetadataOf(const Operation& operation) {
  static constexpr const char* kVerbs[] = {"", "create", "update", "delete", "undelete"};
  v1::OperationMetadata out;
  Put(operation.meta.create_time, out.mutable_create_time());
  if (operation.end_time) Put(*operation.end_time, out.mutable_end_time());
  out.set_target(operation.target);
  out.set_verb(kVerbs[static_cast<int>(operation.verb)]);
  out.set_status_message(operation.status_message);
  out.set_requested_cancellation(operation.requested_cancellation);
  out.set_progress_percent(operation.progress_percent);
  out.set_target_generation(operation.target_generation);
  return out;
}

v1::Plan ToApi(const Plan& plan) {
  v1::Plan out;
  out.set_data_plane(plan.data_plane);
  out.set_physical_cluster(plan.physical_cluster);
  for (const std::string& reason : plan.placement_reasons) out.add_placement_reasons(reason);
  for (const PlanStep& step : plan.steps) {
    v1::Plan::Step* added = out.add_steps();
    added->set_description(step.description);
    added->set_seconds(step.seconds);
  }
  out.set_bytes_to_move(plan.bytes_to_move);
  return out;
}

}  // namespace sluice::provisioner::records
