#include <vector>

#include "absl/strings/str_split.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/adapters/records/proto_values.h"

namespace sluice::provisioner::records {
namespace {

template <typename In>
Meta MetaFrom(const In& in) {
  Meta meta;
  meta.uid = in.uid();
  meta.name = in.name();
  meta.generation = in.generation();
  meta.create_time = TimeOf(in.create_time());
  meta.update_time = meta.create_time;
  return meta;
}

template <typename In>
std::optional<absl::Time> DeleteTimeOf(const In& in) {
  if (!in.has_delete_time()) return std::nullopt;
  return TimeOf(in.delete_time());
}

Labels LabelsFrom(const google::protobuf::Map<std::string, std::string>& in) { return Labels(in.begin(), in.end()); }

template <typename In>
std::vector<Condition> ConditionsFrom(const In& in) {
  std::vector<Condition> conditions;
  for (const v1::Condition& condition : in.conditions()) conditions.push_back(ConditionOf(condition));
  return conditions;
}

}  // namespace

std::string PartOf(const std::string& name, size_t index) {
  std::vector<std::string> parts = absl::StrSplit(name, '/');
  return index < parts.size() ? parts[index] : "";
}

Organization FromApi(const v1::Organization& in) {
  Organization out{.meta = MetaFrom(in),
                   .id = PartOf(in.name(), 1),
                   .display_name = in.display_name(),
                   .labels = LabelsFrom(in.labels())};
  out.meta.update_time = TimeOf(in.update_time());
  return out;
}

Environment FromApi(const v1::Environment& in) {
  Environment out{.meta = MetaFrom(in),
                  .organization = PartOf(in.name(), 1),
                  .id = PartOf(in.name(), 3),
                  .display_name = in.display_name(),
                  .labels = LabelsFrom(in.labels())};
  out.meta.update_time = TimeOf(in.update_time());
  out.meta.delete_time = DeleteTimeOf(in);
  return out;
}

ApiKey FromApi(const v1::ApiKey& in) {
  ApiKey out{.meta = MetaFrom(in),
             .organization = PartOf(in.name(), 1),
             .id = PartOf(in.name(), 3),
             .display_name = in.display_name()};
  out.meta.delete_time = DeleteTimeOf(in);
  if (in.has_expire_time()) out.expire_time = TimeOf(in.expire_time());
  return out;
}

RoleBinding FromApi(const v1::RoleBinding& in) {
  RoleBinding out{.meta = MetaFrom(in),
                  .organization = PartOf(in.name(), 1),
                  .id = PartOf(in.name(), 3),
                  .principal = in.principal(),
                  .role = static_cast<Role>(in.role()),
                  .scope = in.scope()};
  out.meta.delete_time = DeleteTimeOf(in);
  return out;
}

KafkaCluster FromApi(const v1::KafkaCluster& in) {
  KafkaCluster out;
  out.meta = MetaFrom(in);
  out.meta.update_time = TimeOf(in.update_time());
  out.meta.delete_time = DeleteTimeOf(in);
  if (in.has_purge_time()) out.meta.purge_time = TimeOf(in.purge_time());
  out.organization = PartOf(in.name(), 1);
  out.environment = PartOf(in.name(), 3);
  out.id = PartOf(in.name(), 5);
  out.display_name = in.display_name();
  out.labels = LabelsFrom(in.labels());
  out.type = static_cast<ClusterType>(in.type());
  out.region = in.region();
  out.brokers = in.brokers();
  out.broker_disk_mib = in.broker_disk_mib();
  out.kafka_version = in.kafka_version();
  out.limits = LimitsOf(in.limits());
  out.deletion_protection = in.deletion_protection();
  out.state = static_cast<ClusterState>(in.state());
  out.conditions = ConditionsFrom(in);
  out.prefix = in.prefix();
  out.effective_limits = LimitsOf(in.effective_limits());
  out.replication_factor = in.replication_factor();
  out.min_insync_replicas = in.min_insync_replicas();
  out.placement = {.data_plane = in.data_plane(), .physical_cluster = in.physical_cluster()};
  out.topic_count = in.topic_count();
  out.partition_count = in.partition_count();
  out.observed_generation = in.observed_generation();
  return out;
}

KafkaKey FromApi(const v1::KafkaKey& in) {
  KafkaKey out;
  out.meta = MetaFrom(in);
  out.meta.delete_time = DeleteTimeOf(in);
  out.organization = PartOf(in.name(), 1);
  out.environment = PartOf(in.name(), 3);
  out.id = PartOf(in.name(), 7);
  out.display_name = in.display_name();
  out.username = in.username();
  out.state = static_cast<KeyState>(in.state());
  out.conditions = ConditionsFrom(in);
  return out;
}

Topic FromApi(const v1::Topic& in) {
  return {.name = in.name(),
          .id = PartOf(in.name(), 7),
          .kafka_name = in.kafka_name(),
          .partitions = in.partitions(),
          .configs = {in.configs().begin(), in.configs().end()},
          .replication_factor = in.replication_factor(),
          .state = static_cast<TopicState>(in.state()),
          .state_message = in.state_message(),
          .etag = in.etag()};
}

DataPlane FromApi(const v1::DataPlane& in) {
  DataPlane out;
  out.meta = MetaFrom(in);
  out.meta.delete_time = DeleteTimeOf(in);
  out.id = PartOf(in.name(), 1);
  out.display_name = in.display_name();
  out.region = in.region();
  out.substrate = static_cast<Substrate>(in.substrate());
  out.labels = LabelsFrom(in.labels());
  out.warm_cells = in.warm_cells();
  out.max_brokers = in.max_brokers();
  out.max_logical_clusters_per_cell = in.max_logical_clusters_per_cell();
  out.state = static_cast<DataPlaneState>(in.state());
  out.conditions = ConditionsFrom(in);
  out.kafka_versions.assign(in.kafka_versions().begin(), in.kafka_versions().end());
  out.satellite_version = in.satellite_version();
  return out;
}

}  // namespace sluice::provisioner::records
