#include "services/provisioner/core/lifecycle/documents.h"

#include <set>
#include <utility>

namespace sluice::provisioner {

DesiredDocument* FindDocument(ClusterFamily& family, const std::string& key) {
  for (DesiredDocument& document : family.documents) {
    if (document.meta.uid == key) return &document;
  }
  return nullptr;
}

DesiredDocument* PlacedDocument(ClusterFamily& family) {
  if (family.cluster.placement.empty()) return nullptr;
  return FindDocument(family, DocumentKey(family.cluster.placement, family.cluster.meta.uid));
}

PhysicalCluster* FindPhysical(ClusterFamily& family, const std::string& uid) {
  for (PhysicalCluster& physical : family.physical_clusters) {
    if (physical.meta.uid == uid) return &physical;
  }
  return nullptr;
}

LogicalSpec SpecOf(ClusterFamily& family) {
  const KafkaCluster& cluster = family.cluster;
  LogicalSpec spec{.logical_cluster = cluster.meta.uid,
                   .prefix = cluster.prefix,
                   .limits = cluster.effective_limits,
                   .suspended = cluster.meta.delete_time.has_value()};
  for (const KafkaKey& key : family.keys) {
    spec.keys.push_back({.uid = key.meta.uid,
                         .username = key.username,
                         .sealed_credential = key.sealed_credential,
                         .deleted = key.state == KeyState::kDeleting});
  }
  if (const DesiredDocument* document = PlacedDocument(family)) {
    spec.topic_wishes = std::get<LogicalSpec>(document->wish).topic_wishes;
  }
  return spec;
}

int64_t Say(DesiredDocument& document, const std::variant<PhysicalSpec, LogicalSpec>& wish, bool deleted,
            absl::Time now) {
  if (document.wish == wish && document.deleted == deleted) return document.meta.generation;
  document.wish = wish;
  document.deleted = deleted;
  document.meta.update_time = now;
  return ++document.meta.generation;
}

int64_t Say(ClusterFamily& family, const LogicalSpec& spec, absl::Time now) {
  DesiredDocument* document = PlacedDocument(family);
  return document == nullptr ? 0 : Say(*document, spec, document->deleted, now);
}

DesiredDocument NewDocument(const std::string& key, const Placement& placement, const std::string& cluster_uid,
                            std::variant<PhysicalSpec, LogicalSpec> wish, absl::Time now) {
  DesiredDocument document;
  document.meta = {.uid = key, .name = key, .generation = 1, .create_time = now, .update_time = now};
  document.data_plane = placement.data_plane;
  document.cluster_uid = cluster_uid;
  document.wish = std::move(wish);
  return document;
}

void DeleteDocuments(ClusterFamily& family, bool keep_placed, absl::Time now) {
  const std::string& placed_on = family.cluster.placement.physical_cluster;
  std::set<std::string> still_used;  // physical clusters with a logical document on them
  for (DesiredDocument& document : family.documents) {
    if (document.cluster_uid.empty()) continue;
    const std::string physical = document.meta.uid.substr(0, document.meta.uid.find('/'));
    still_used.insert(physical);
    if (keep_placed && physical == placed_on) continue;
    Say(document, document.wish, /*deleted=*/true, now);
  }
  for (DesiredDocument& document : family.documents) {
    const std::string& uid = document.meta.uid;
    if (!document.cluster_uid.empty() || still_used.contains(uid) || (keep_placed && uid == placed_on)) continue;
    Say(document, document.wish, /*deleted=*/true, now);
    if (PhysicalCluster* physical = FindPhysical(family, uid)) {
      physical->state = PhysicalState::kDeleting;
      if (!physical->meta.delete_time) physical->meta.delete_time = now;
    }
  }
}

void DropDocument(ClusterFamily& family, const std::string& key) {
  std::erase_if(family.documents, [&](const DesiredDocument& document) { return document.meta.uid == key; });
  std::erase_if(family.statuses, [&](const SeenStatus& status) { return status.key == key; });
  std::erase_if(family.physical_clusters, [&](const PhysicalCluster& physical) { return physical.meta.uid == key; });
}

}  // namespace sluice::provisioner
