#include "services/balancer-planner/adapters/kafka/data_plane_feed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/reader/compacted_reader.h"
#include "libs/bus/topics.h"
#include "libs/clock/backoff.h"
#include "libs/kafka_client/identity_watch.h"
#include "libs/log/log.h"
#include "services/balancer-planner/adapters/records/seen_records.h"

namespace sluice::balancer_planner {
namespace {

// The satellite's own status, said each 5 s.
constexpr char kLifeKey[] = "data-plane";
constexpr absl::Duration kPoll = absl::Milliseconds(500);
constexpr absl::Duration kCallTimeout = absl::Seconds(5);
// Of each partition's load, read at the start: some minutes of a cluster's samples, so that none is waited for.
constexpr int64_t kLoadBacklog = 200;

std::string GroupOf(const char* what, const std::string& data_plane) {
  return absl::StrCat("balancer-planner.", what, ".", data_plane);
}

}  // namespace

DataPlaneFeed::DataPlaneFeed(std::string data_plane, kafka_client::ConnectionOptions kafka, FeedPorts ports)
    : data_plane_(std::move(data_plane)), kafka_(std::move(kafka)), ports_(ports) {
  log::Info("listening to a data plane", {{"data_plane", data_plane_}});
  status_thread_ = std::thread([this] { Repeat("status", &DataPlaneFeed::ReadStatuses); });
  load_thread_ = std::thread([this] { Repeat("load", &DataPlaneFeed::ReadLoad); });
}

DataPlaneFeed::~DataPlaneFeed() {
  stop_.Stop();
  status_thread_.join();
  load_thread_.join();
  ports_.board.ForgetDataPlane(data_plane_);
}

absl::Status DataPlaneFeed::result() {
  std::lock_guard lock(mutex_);
  return result_;
}

void DataPlaneFeed::Drop(const char* topic, const std::string& reason) {
  ports_.metrics
      .CounterOf("sluice_balancer_planner_dropped_total", "Records of data planes that were not taken",
                 {{"data_plane", data_plane_}, {"topic", topic}, {"reason", reason}})
      .Increment();
}

// Reads until the stop, a fatal error, or a renewed certificate, which needs a new client.
void DataPlaneFeed::Repeat(const char* what, absl::Status (DataPlaneFeed::*read)()) {
  clock::BackOff backoff(ports_.random, absl::Milliseconds(200), absl::Seconds(5));
  while (!stop_.stopped()) {
    const absl::Status status = (this->*read)();
    if (status.ok()) {
      backoff.Reset();
      continue;
    }
    log::Warn("a data plane's topic cannot be read",
              {{"data_plane", data_plane_}, {"topic", what}, {"error", Std(status.message())}});
    if (ErrorReason(status) == "KAFKA_FATAL") {
      std::lock_guard lock(mutex_);
      result_ = status;
      return;
    }
    stop_.WaitFor(backoff.Next());
  }
}

absl::Status DataPlaneFeed::ReadStatuses() {
  kafka_client::IdentityWatch identity(kafka_, ports_.clock);
  const std::unique_ptr<bus::DocumentSource> source = bus::NewCompactedReader(
      {.kafka = kafka_, .group_id = GroupOf("status", data_plane_), .topic = bus::StatusTopic(data_plane_)},
      ports_.metrics);
  while (!stop_.stopped() && !identity.Renewed()) {
    absl::StatusOr<std::vector<bus::ReceivedEvent>> events = source->Poll(kPoll);
    if (!events.ok() && ErrorReason(events.status()) == "KAFKA_FATAL") return events.status();
    // It goes on by itself; what is there stays true until it is old.
    if (!events.ok()) continue;
    for (const bus::ReceivedEvent& event : *events) TakeStatus(event);
  }
  return absl::OkStatus();
}

void DataPlaneFeed::TakeStatus(const bus::ReceivedEvent& event) {
  // Logical clusters are the provisioner's.
  const bool life = event.key == kLifeKey;
  if (!life && (!absl::StartsWith(event.key, "pkc-") || absl::StrContains(event.key, '/'))) return;
  if (!event.payload) {
    ports_.board.Forget({data_plane_, event.key});
    return;
  }
  satellite::v1::StatusDocument document;
  if (!document.ParseFromString(*event.payload) || (!life && !document.has_physical_cluster())) {
    return Drop("status", "UNDECODABLE_RECORD");
  }
  if (document.key() != event.key || document.data_plane() != data_plane_) return Drop("status", "DATA_PLANE_MISMATCH");
  if (life) {
    ports_.board.PutLife(data_plane_, records::SeenOf(document).time);
  } else {
    ports_.board.PutStatus(records::SeenOf(document));
  }
}

absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> DataPlaneFeed::OpenLoad() {
  ASSIGN_OR_RETURN(auto consumer,
                   kafka_client::Consumer::Create({.connection = kafka_, .group_id = GroupOf("load", data_plane_)}));
  ASSIGN_OR_RETURN(const auto partitions, consumer->PartitionsOf(bus::LoadTopic(data_plane_), kCallTimeout));
  std::vector<kafka_client::Position> positions;
  for (const kafka_client::TopicPartition& partition : partitions) {
    ASSIGN_OR_RETURN(const kafka_client::Watermarks marks, consumer->WatermarksOf(partition, kCallTimeout));
    positions.push_back({partition, std::max(marks.low, marks.high - kLoadBacklog)});
  }
  RETURN_IF_ERROR(consumer->Assign(positions));
  return consumer;
}

absl::Status DataPlaneFeed::ReadLoad() {
  kafka_client::IdentityWatch identity(kafka_, ports_.clock);
  ASSIGN_OR_RETURN(const std::unique_ptr<kafka_client::Consumer> consumer, OpenLoad());
  while (!stop_.stopped() && !identity.Renewed()) {
    absl::StatusOr<std::optional<kafka_client::ConsumerRecord>> record = consumer->Poll(kPoll);
    if (!record.ok()) {
      if (ErrorReason(record.status()) == "KAFKA_FATAL") return record.status();
      stop_.WaitFor(kPoll);
    } else if (*record) {
      TakeLoad(**std::move(record));
    }
  }
  return absl::OkStatus();
}

void DataPlaneFeed::TakeLoad(kafka_client::ConsumerRecord record) {
  const absl::StatusOr<bus::ReceivedEvent> event = bus::DecodeCloudEvent(std::move(record));
  if (!event.ok()) return Drop("load", "UNDECODABLE_RECORD");
  if (!bus::CheckSource(event->topic, event->source).ok()) return Drop("load", "FORGED_SOURCE");
  satellite::v1::LoadSample sample;
  if (!event->payload || !sample.ParseFromString(*event->payload)) return Drop("load", "UNDECODABLE_RECORD");
  if (sample.physical_cluster() != event->key || sample.data_plane() != data_plane_) {
    return Drop("load", "DATA_PLANE_MISMATCH");
  }
  ports_.board.PutLoad(data_plane_, records::SeenOf(sample), sample.part(), sample.parts());
}

}  // namespace sluice::balancer_planner
