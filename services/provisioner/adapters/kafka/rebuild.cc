#include "services/provisioner/adapters/kafka/rebuild.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/bus/reader/replay.h"
#include "libs/bus/topics.h"
#include "libs/log/log.h"
#include "services/provisioner/adapters/records/state_records.h"
#include "services/provisioner/core/lifecycle/cluster_details.h"

namespace sluice::provisioner {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr char kGroup[] = "provisioner.rebuild";

absl::StatusOr<std::set<std::string>> ReplayEvents(const kafka_client::ConnectionOptions& kafka, PgRebuild& rebuild) {
  std::set<std::string> data_planes;
  for (int k = 0; k <= static_cast<int>(Kind::kOperation); ++k) {
    const Kind kind = static_cast<Kind>(k);
    ASSIGN_OR_RETURN(const bus::ReplayResult result,
                     bus::Replay(kafka, kGroup, {bus::EventsTopic(KindName(kind))}, kPatience,
                                 [&](const bus::ReceivedEvent& event) -> absl::Status {
                                   if (!event.payload) return absl::OkStatus();
                                   ASSIGN_OR_RETURN(const records::DecodedEvent decoded,
                                                    records::DecodeEvent(kind, *event.payload));
                                   if (const auto* data_plane = std::get_if<DataPlane>(&decoded.aggregate)) {
                                     decoded.erased ? void(data_planes.erase(data_plane->id))
                                                    : void(data_planes.insert(data_plane->id));
                                   }
                                   if (decoded.erased) return rebuild.Erase(kind, MetaOf(decoded.aggregate).uid);
                                   return rebuild.Put(decoded.aggregate);
                                 }));
    log::Info("replayed", {{"kind", KindName(kind)}, {"events", result.events}, {"rejected", result.rejected}});
  }
  return data_planes;
}

absl::Status ReplayDocuments(const kafka_client::ConnectionOptions& kafka, const std::string& data_plane,
                             PgRebuild& rebuild) {
  // Only ever a higher generation: a compacted topic's last value may be an old one for a while.
  std::map<std::string, int64_t> newest;
  return bus::Replay(kafka, kGroup, {bus::DesiredTopic(data_plane)}, kPatience,
                     [&](const bus::ReceivedEvent& event) -> absl::Status {
                       int64_t& generation = newest[event.key];
                       if (event.generation < generation) return absl::OkStatus();
                       generation = event.generation;
                       if (!event.payload) return rebuild.Erase(Kind::kDesiredDocument, event.key);
                       ASSIGN_OR_RETURN(const records::DecodedEvent decoded,
                                        records::DecodeEvent(Kind::kDesiredDocument, *event.payload));
                       return rebuild.Put(decoded.aggregate);
                     })
      .status();
}

absl::Status ReplayStatuses(const kafka_client::ConnectionOptions& kafka, const std::string& data_plane,
                            PgRebuild& rebuild) {
  std::map<std::string, SeenStatus> newest;
  RETURN_IF_ERROR(bus::Replay(kafka, kGroup, {bus::StatusTopic(data_plane)}, kPatience,
                              [&](const bus::ReceivedEvent& event) -> absl::Status {
                                if (!event.payload) return absl::OkStatus();
                                absl::StatusOr<records::DecodedEvent> decoded =
                                    records::DecodeEvent(Kind::kSeenStatus, *event.payload);
                                if (!decoded.ok()) return absl::OkStatus();  // parked when it came
                                auto& status = std::get<SeenStatus>(decoded->aggregate);
                                if (status.data_plane != data_plane || status.key != event.key) return absl::OkStatus();
                                const auto known = newest.find(event.key);
                                if (known == newest.end()) {
                                  newest.emplace(event.key, std::move(status));
                                } else if (IsNewer(status, known->second)) {
                                  known->second = std::move(status);
                                }
                                return absl::OkStatus();
                              })
                      .status());
  for (auto& [key, status] : newest) RETURN_IF_ERROR(rebuild.Put(std::move(status)));
  return absl::OkStatus();
}

}  // namespace

absl::Status RebuildFromTopics(const kafka_client::ConnectionOptions& kafka, PgRebuild& rebuild) {
  RETURN_IF_ERROR(rebuild.MustBeEmpty());
  ASSIGN_OR_RETURN(const std::set<std::string> data_planes, ReplayEvents(kafka, rebuild));
  for (const std::string& data_plane : data_planes) {
    RETURN_IF_ERROR(ReplayDocuments(kafka, data_plane, rebuild));
    RETURN_IF_ERROR(ReplayStatuses(kafka, data_plane, rebuild));
  }
  return rebuild.DropOrphanStatuses();
}

}  // namespace sluice::provisioner
