#include "services/satellite/app/load/load_loop.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/bus/topics.h"
#include "libs/log/log.h"
#include "services/satellite/app/load/load_message.h"

namespace sluice::satellite {
namespace {

// A look waits for the network nearly all of its time.
constexpr int kLooksAtOnce = 4;

std::vector<kafka_admin::BrokerAddress> AddressesOf(const Cell& cell) {
  std::vector<kafka_admin::BrokerAddress> addresses;
  for (const CellBroker& broker : cell.brokers) addresses.push_back(broker.internal);
  return addresses;
}

using Sizes = std::map<std::pair<std::string, int32_t>, std::map<int32_t, int64_t>>;

void AddDisks(int32_t broker, const std::vector<kafka_admin::LogDir>& dirs, CellReading& reading, Sizes& sizes) {
  for (const kafka_admin::LogDir& dir : dirs) {
    if (!dir.status.ok()) continue;
    DiskReading disk{.path = dir.path};
    for (const kafka_admin::ReplicaInDir& replica : dir.replicas) {
      disk.used_bytes += replica.size_bytes;
      if (!replica.future) sizes[{replica.topic, replica.partition}][broker] = replica.size_bytes;
    }
    reading.disks[broker].push_back(std::move(disk));
  }
}

int64_t SizeOf(const PartitionReading& partition, const Sizes& sizes) {
  const auto found = sizes.find({partition.topic, partition.partition});
  if (found == sizes.end()) return 0;
  const auto leader = found->second.find(partition.leader);
  if (leader != found->second.end()) return leader->second;
  int64_t largest = 0;
  for (const auto& [broker, size] : found->second) largest = std::max(largest, size);
  return largest;
}

}  // namespace

LoadLoop::LoadLoop(LoadOptions options, LoadPorts ports)
    : options_(std::move(options)),
      ports_(std::move(ports)),
      look_seconds_(
          ports_.metrics.HistogramOf("sluice_satellite_load_look_seconds", "One look at the load of a cell.")),
      failed_looks_(ports_.metrics.CounterOf("sluice_satellite_load_looks_failed_total",
                                             "Looks at a cell that gave no reading at all.")),
      pool_(std::make_unique<WorkerPool>(kLooksAtOnce)),
      thread_([this] { Loop(); }) {}

LoadLoop::~LoadLoop() {
  stop_.Stop();
  thread_.join();
  pool_.reset();
}

void LoadLoop::Loop() {
  metrics::LoopBoard::Loop* rounds =
      ports_.rounds == nullptr ? nullptr : &ports_.rounds->Of("load", 6 * options_.look_every);
  while (!stop_.WaitFor(options_.look_every)) {
    const absl::Duration begin = ports_.clock.MonotonicNow();
    LookAtAll();
    if (rounds != nullptr) rounds->Ended(absl::OkStatus(), ports_.clock.MonotonicNow() - begin);
  }
}

void LoadLoop::LookAtAll() {
  std::set<std::string> known;
  for (Cell& cell : ports_.cells.All()) {
    known.insert(cell.physical_cluster);
    {
      std::lock_guard lock(mutex_);
      if (cell.deleting || !under_way_.insert(cell.physical_cluster).second) continue;
    }
    pool_->Submit([this, cell = std::move(cell)] {
      const absl::Status status = LookAt(cell);
      if (!status.ok()) {
        failed_looks_.Increment();
        log::Warn("no load reading", {{"physical_cluster", cell.physical_cluster}, {"error", Std(status.message())}});
      }
      std::lock_guard lock(mutex_);
      under_way_.erase(cell.physical_cluster);
    });
  }
  std::lock_guard lock(mutex_);
  std::erase_if(states_, [&](const auto& state) {
    const bool gone = !known.contains(state.first);
    if (gone) ports_.board.Remove(state.first);
    return gone;
  });
}

absl::Status LoadLoop::LookAt(const Cell& cell) {
  const absl::Duration begin = ports_.clock.MonotonicNow();
  const std::shared_ptr<CellState> state = StateOf(cell.physical_cluster);
  if (state->admin == nullptr || state->addresses != AddressesOf(cell)) {
    ASSIGN_OR_RETURN(state->admin, ports_.connect(cell));
    state->addresses = AddressesOf(cell);
  }
  ASSIGN_OR_RETURN(CellReading reading, Read(cell, *state->admin));
  look_seconds_.Observe(absl::ToDoubleSeconds(ports_.clock.MonotonicNow() - begin));
  const absl::Time time = ports_.clock.Now();
  if (state->looked) {
    if (const auto rates = RatesBetween(*state->looked, reading)) {
      satellite::v1::LoadSample sample = ToLoadSample(cell, reading, *rates, time);
      sample.set_data_plane(options_.data_plane);
      ports_.board.Put({std::move(sample), begin});
    }
  }
  if (!state->sampled) {
    state->sampled = reading;
  } else if (++state->looks >= options_.looks_per_sample) {
    state->looks = 0;
    if (const auto rates = RatesBetween(*state->sampled, reading)) {
      Publish(ToLoadSample(cell, reading, *rates, time));
    }
    state->sampled = reading;
  }
  state->looked = std::move(reading);
  return absl::OkStatus();
}

absl::StatusOr<CellReading> LoadLoop::Read(const Cell& cell, kafka_admin::AdminClient& admin) {
  CellReading reading{.at_s = absl::ToDoubleSeconds(ports_.clock.MonotonicNow())};
  Sizes sizes;
  for (const CellBroker& broker : cell.brokers) {
    if (!broker.live) continue;
    const auto page = ports_.scraper.Scrape(broker.metrics, options_.timeout);
    const auto parsed = page.ok() ? ParseBrokerReading(*page) : std::nullopt;
    // A broker without its page or its disks is absent: half of a broker would read as an idle one.
    const auto dirs = admin.DescribeLogDirs(broker.id, std::nullopt, options_.timeout);
    if (!parsed || !dirs.ok()) continue;
    reading.brokers[broker.id] = *parsed;
    AddDisks(broker.id, *dirs, reading, sizes);
  }
  if (reading.brokers.empty()) {
    return MakeError(absl::StatusCode::kUnavailable, "no broker of " + cell.physical_cluster + " told its load",
                     {.reason = "CELL_INCOMPLETE", .remedy = "It is tried again by itself."});
  }
  RETURN_IF_ERROR(ReadPartitions(admin, sizes, reading));
  if (const auto cluster = admin.DescribeCluster(false, options_.timeout); cluster.ok()) {
    for (const kafka_admin::Broker& broker : cluster->brokers) {
      if (broker.rack) reading.racks[broker.id] = *broker.rack;
    }
  }
  return reading;
}

absl::Status LoadLoop::ReadPartitions(kafka_admin::AdminClient& admin, const Sizes& sizes, CellReading& reading) {
  // Without it a copy on its way would look like one that stays.
  ASSIGN_OR_RETURN(const auto moving, admin.ListReassignments(std::nullopt, options_.timeout));
  std::set<kafka_admin::TopicPartition> reassigning;
  for (const kafka_admin::OngoingReassignment& one : moving) reassigning.insert(one.partition);
  ASSIGN_OR_RETURN(const auto topics, admin.DescribeTopics(std::nullopt, options_.timeout));
  const std::map<std::string, int32_t> min_in_sync = MinInSync(admin, topics);
  for (const kafka_admin::TopicDescription& topic : topics) {
    const auto min = min_in_sync.find(topic.name);
    for (const kafka_admin::PartitionDescription& partition : topic.partitions) {
      PartitionReading one{.topic = topic.name,
                           .partition = partition.id,
                           .leader = partition.leader,
                           .replicas = partition.replicas,
                           .in_sync_replicas = partition.isr,
                           .min_in_sync = min == min_in_sync.end() ? 0 : min->second,
                           .reassigning = reassigning.contains({topic.name, partition.id})};
      one.size_bytes = SizeOf(one, sizes);
      reading.partitions.push_back(std::move(one));
    }
  }
  return absl::OkStatus();
}

// What cannot be asked is left out.
std::map<std::string, int32_t> LoadLoop::MinInSync(kafka_admin::AdminClient& admin,
                                                   const std::vector<kafka_admin::TopicDescription>& topics) {
  std::map<std::string, int32_t> found;
  std::vector<kafka_admin::ConfigResource> resources;
  for (const kafka_admin::TopicDescription& topic : topics) resources.push_back({.name = topic.name});
  if (resources.empty()) return found;
  const auto described = admin.DescribeConfigs(resources, {"min.insync.replicas"}, options_.timeout);
  if (!described.ok()) return found;
  for (const kafka_admin::ConfigDescription& topic : *described) {
    for (const kafka_admin::ConfigEntry& entry : topic.entries) {
      int32_t value = 0;
      if (entry.value && absl::SimpleAtoi(*entry.value, &value)) found[topic.resource.name] = value;
    }
  }
  return found;
}

std::shared_ptr<LoadLoop::CellState> LoadLoop::StateOf(const std::string& physical_cluster) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<CellState>& state = states_[physical_cluster];
  if (state == nullptr) state = std::make_shared<CellState>();
  return state;
}

void LoadLoop::Publish(const satellite::v1::LoadSample& whole) {
  for (satellite::v1::LoadSample& sample : InParts(whole)) {
    sample.set_data_plane(options_.data_plane);
    const absl::Status accepted = ports_.publisher.Publish({.topic = bus::LoadTopic(options_.data_plane),
                                                            .key = sample.physical_cluster(),
                                                            .type = "sluice.satellite.v1.LoadSample",
                                                            .source = bus::SatelliteSource(options_.data_plane),
                                                            .payload = sample.SerializeAsString()});
    if (!accepted.ok()) log::Warn("a load sample was dropped", {{"error", Std(accepted.message())}});
  }
}

}  // namespace sluice::satellite
