#include "services/satellite/app/physical/physical_wish.h"

#include <algorithm>

namespace sluice::satellite {

op::PhysicalSpec SpecFromProto(const provisioner::v1::PhysicalClusterSpec& proto) {
  op::PhysicalSpec spec;
  if (!proto.kafka_version().empty()) spec.kafka_version = proto.kafka_version();
  spec.brokers = std::max(1, proto.brokers());
  spec.controllers = proto.controllers() >= 3 ? 3 : 1;
  if (proto.broker_disk_mib() > 0) spec.broker_disk_mib = proto.broker_disk_mib();
  spec.broker_network_bytes_per_second = proto.broker_network_bytes_per_second();
  spec.broker_heap_mib = std::max(0, proto.broker_heap_mib());
  spec.shared = proto.shared();
  const int32_t factor = proto.default_replication_factor() > 0 ? proto.default_replication_factor() : 3;
  spec.default_replication_factor = std::clamp(factor, 1, spec.brokers);
  const int32_t min_in_sync =
      proto.min_insync_replicas() > 0 ? proto.min_insync_replicas() : spec.default_replication_factor / 2 + 1;
  spec.min_insync_replicas = std::clamp(min_in_sync, 1, spec.default_replication_factor);
  spec.broker_configs.insert(proto.broker_configs().begin(), proto.broker_configs().end());
  spec.paused = proto.paused();
  return spec;
}

}  // namespace sluice::satellite
