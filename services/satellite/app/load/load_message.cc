#include "services/satellite/app/load/load_message.h"

#include <algorithm>

#include "libs/proto_values/timestamps.h"

namespace sluice::satellite {

using satellite::v1::LoadSample;

LoadSample ToLoadSample(const Cell& cell, const CellReading& now, const CellRates& rates, absl::Time time) {
  LoadSample sample;
  sample.set_physical_cluster(cell.physical_cluster);
  proto_values::Put(time, sample.mutable_time());
  sample.set_interval_s(rates.interval_s);
  for (const auto& [id, broker] : rates.brokers) {
    auto* out = sample.add_brokers();
    out->set_broker(id);
    out->set_bytes_in_per_second(broker.bytes_in_per_second);
    out->set_bytes_out_per_second(broker.bytes_out_per_second);
    out->set_replication_bytes_in_per_second(broker.replication_in_per_second);
    out->set_replication_bytes_out_per_second(broker.replication_out_per_second);
    out->set_leaders(broker.now.leaders);
    out->set_replicas(broker.now.replicas);
    out->set_connections(broker.now.connections);
    out->set_request_handler_idle(broker.now.request_handler_idle);
    out->set_produce_local_ms(broker.now.produce_local_ms);
    out->set_cpu(broker.cpu);
    out->set_network_limit_bytes_per_second(cell.broker_network_bytes_per_second);
    if (const auto rack = now.racks.find(id); rack != now.racks.end()) out->set_rack(rack->second);
    const auto disks = now.disks.find(id);
    if (disks == now.disks.end()) continue;
    for (const DiskReading& disk : disks->second) {
      auto* dir = out->add_log_dirs();
      dir->set_path(disk.path);
      dir->set_used_bytes(disk.used_bytes);
      dir->set_total_bytes(cell.broker_disk_bytes);
    }
  }
  for (const PartitionRates& partition : rates.partitions) {
    auto* out = sample.add_partitions();
    out->set_topic(partition.now.topic);
    out->set_partition(partition.now.partition);
    if (partition.now.leader >= 0) out->add_replicas(partition.now.leader);
    for (const int32_t replica : partition.now.replicas) {
      if (replica != partition.now.leader) out->add_replicas(replica);
    }
    out->mutable_in_sync_replicas()->Add(partition.now.in_sync_replicas.begin(), partition.now.in_sync_replicas.end());
    out->set_size_bytes(partition.now.size_bytes);
    out->set_bytes_in_per_second(partition.bytes_in_per_second);
    out->set_bytes_out_per_second(partition.bytes_out_per_second);
    out->set_min_in_sync(partition.now.min_in_sync);
    out->set_reassigning(partition.now.reassigning);
  }
  sample.set_part(1);
  sample.set_parts(1);
  return sample;
}

std::vector<LoadSample> InParts(const LoadSample& sample, int partitions_per_part) {
  const int partitions = sample.partitions_size();
  const int parts = std::max(1, (partitions + partitions_per_part - 1) / partitions_per_part);
  std::vector<LoadSample> result;
  for (int part = 0; part < parts; ++part) {
    LoadSample out;
    out.set_physical_cluster(sample.physical_cluster());
    out.set_data_plane(sample.data_plane());
    *out.mutable_time() = sample.time();
    out.set_interval_s(sample.interval_s());
    if (part == 0) *out.mutable_brokers() = sample.brokers();
    const int end = std::min(partitions, (part + 1) * partitions_per_part);
    for (int i = part * partitions_per_part; i < end; ++i) *out.add_partitions() = sample.partitions(i);
    out.set_part(part + 1);
    out.set_parts(parts);
    result.push_back(std::move(out));
  }
  return result;
}

}  // namespace sluice::satellite
