#include "services/provisioner/adapters/grpc/handlers/wish_conversion.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "services/provisioner/adapters/records/proto_values.h"

namespace sluice::provisioner {
namespace {

// The range of google.protobuf.Timestamp: years 1 to 9999.
constexpr int64_t kMinSeconds = -62'135'596'800;
constexpr int64_t kMaxSeconds = 253'402'300'799;

absl::Status InvalidField(std::string_view field, std::string_view what, std::string_view remedy) {
  return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(Absl(field), " ", Absl(what)),
                   {.reason = "INVALID_FIELD", .field = std::string(field), .remedy = std::string(remedy)});
}

}  // namespace

absl::StatusOr<KafkaClusterWish> WishOf(const v1::KafkaCluster& cluster, TypeRule type_rule) {
  KafkaClusterWish wish;
  if (type_rule == TypeRule::kRequired) {
    if (cluster.type() != v1::KafkaCluster::SERVERLESS && cluster.type() != v1::KafkaCluster::DEDICATED) {
      return InvalidField("kafka_cluster.type", "is no type that is known", "give SERVERLESS or DEDICATED");
    }
    wish.type = static_cast<ClusterType>(cluster.type());
  }
  wish.display_name = cluster.display_name();
  wish.labels = LabelsOf(cluster.labels());
  wish.region = cluster.region();
  wish.brokers = cluster.brokers();
  wish.broker_disk_mib = cluster.broker_disk_mib();
  wish.kafka_version = cluster.kafka_version();
  wish.limits = records::LimitsOf(cluster.limits());
  wish.deletion_protection = cluster.deletion_protection();
  return wish;
}

absl::StatusOr<DataPlaneWish> WishOf(const v1::DataPlane& data_plane, TypeRule substrate_rule) {
  DataPlaneWish wish;
  if (substrate_rule == TypeRule::kRequired) {
    if (data_plane.substrate() != v1::DataPlane::LOCAL && data_plane.substrate() != v1::DataPlane::KUBERNETES) {
      return InvalidField("data_plane.substrate", "is no substrate that is known", "give LOCAL or KUBERNETES");
    }
    wish.substrate = static_cast<Substrate>(data_plane.substrate());
  }
  wish.display_name = data_plane.display_name();
  wish.region = data_plane.region();
  wish.labels = LabelsOf(data_plane.labels());
  wish.warm_cells = data_plane.warm_cells();
  wish.max_brokers = data_plane.max_brokers();
  wish.max_logical_clusters_per_cell = data_plane.max_logical_clusters_per_cell();
  return wish;
}

absl::StatusOr<Role> RoleOf(const v1::RoleBinding& binding) {
  if (binding.role() < v1::RoleBinding::ORGANIZATION_ADMIN || binding.role() > v1::RoleBinding::PLATFORM_ADMIN) {
    return InvalidField("role_binding.role", "is no role that is known",
                        "give ORGANIZATION_ADMIN, ENVIRONMENT_ADMIN, VIEWER or PLATFORM_ADMIN");
  }
  return static_cast<Role>(binding.role());
}

absl::StatusOr<std::optional<absl::Time>> ExpireTimeOf(const v1::ApiKey& key) {
  if (!key.has_expire_time()) return std::optional<absl::Time>();
  const auto& time = key.expire_time();
  if (time.seconds() < kMinSeconds || time.seconds() > kMaxSeconds || time.nanos() < 0 || time.nanos() > 999'999'999) {
    return InvalidField("api_key.expire_time", "is out of range", "give a time of the years 1 to 9999, or none");
  }
  return std::optional<absl::Time>(records::TimeOf(time));
}

}  // namespace sluice::provisioner
