#include "services/provisioner/ports/fake_store.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::provisioner {
namespace {

absl::Status Refuse(absl::StatusCode code, const std::string& reason, const std::string& what) {
  return MakeError(code, what, {.reason = reason});
}

std::string RequestKey(const RememberedRequest& request) {
  return absl::StrCat(request.organization, "|", request.principal, "|", request.request_id);
}

Kind ParentKind(const std::string& name) {
  if (absl::StartsWith(name, "dataPlanes/")) return Kind::kDataPlane;
  return absl::StrContains(name, "/environments/") ? Kind::kEnvironment : Kind::kOrganization;
}

bool IsDeleted(const Aggregate& row) {
  const auto* data_plane = std::get_if<DataPlane>(&row);
  return MetaOf(row).delete_time.has_value() ||
         (data_plane != nullptr && data_plane->state == DataPlaneState::kDeleting);
}

}  // namespace

const Aggregate* FakeStore::Named(Kind kind, const std::string& name) const {
  for (const auto& [key, row] : rows_) {
    if (key.first == kind && MetaOf(row).name == name) return &row;
  }
  return nullptr;
}

absl::StatusOr<std::optional<Aggregate>> FakeStore::FindByUid(Kind kind, const std::string& uid) {
  std::lock_guard lock(mutex_);
  const auto found = rows_.find({kind, uid});
  if (found == rows_.end()) return std::nullopt;
  return std::optional<Aggregate>(found->second);
}

absl::StatusOr<std::optional<Aggregate>> FakeStore::FindByName(Kind kind, const std::string& name) {
  std::lock_guard lock(mutex_);
  const Aggregate* found = Named(kind, name);
  if (found == nullptr) return std::nullopt;
  return std::optional<Aggregate>(*found);
}

absl::StatusOr<std::vector<Aggregate>> FakeStore::FindByUids(Kind kind, const std::vector<std::string>& uids) {
  std::lock_guard lock(mutex_);
  std::vector<Aggregate> found;
  for (const std::string& uid : uids) {
    if (const auto row = rows_.find({kind, uid}); row != rows_.end()) found.push_back(row->second);
  }
  return found;
}

absl::StatusOr<std::vector<RoleBinding>> FakeStore::BindingsOf(const std::vector<std::string>& principals) {
  std::lock_guard lock(mutex_);
  std::vector<RoleBinding> bindings;
  for (const auto& [key, row] : rows_) {
    const auto* binding = std::get_if<RoleBinding>(&row);
    if (binding == nullptr) continue;
    if (std::find(principals.begin(), principals.end(), binding->principal) != principals.end()) {
      bindings.push_back(*binding);
    }
  }
  return bindings;
}

absl::StatusOr<std::map<std::string, ClusterFamily>> FakeStore::Families(const std::vector<std::string>& cluster_uids,
                                                                         bool) {
  std::lock_guard lock(mutex_);
  std::map<std::string, ClusterFamily> families;
  for (const std::string& uid : cluster_uids) {
    const auto cluster = rows_.find({Kind::kKafkaCluster, uid});
    if (cluster == rows_.end()) continue;
    ClusterFamily& family = families[uid];
    family.cluster = std::get<KafkaCluster>(cluster->second);
    for (const auto& [key, row] : rows_) {
      const auto* physical = std::get_if<PhysicalCluster>(&row);
      if (physical != nullptr && physical->owner_cluster_uid == uid) family.physical_clusters.push_back(*physical);
    }
    const auto is_own = [&](const DesiredDocument& document) {
      return std::any_of(family.physical_clusters.begin(), family.physical_clusters.end(),
                         [&](const PhysicalCluster& physical) { return physical.meta.uid == document.meta.uid; });
    };
    for (const auto& [key, row] : rows_) {
      if (const auto* kafka_key = std::get_if<KafkaKey>(&row); kafka_key && kafka_key->cluster_uid == uid) {
        family.keys.push_back(*kafka_key);
      } else if (const auto* operation = std::get_if<Operation>(&row)) {
        if (operation->cluster_uid == uid && !operation->done) family.operations.push_back(*operation);
      } else if (const auto* document = std::get_if<DesiredDocument>(&row)) {
        if (document->cluster_uid == uid || is_own(*document)) family.documents.push_back(*document);
      } else if (const auto* status = std::get_if<SeenStatus>(&row); status && status->cluster_uid == uid) {
        family.statuses.push_back(*status);
      }
    }
  }
  return families;
}

absl::StatusOr<std::vector<Aggregate>> FakeStore::List(const ListQuery& query) {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::pair<std::string, std::string>, const Aggregate*>> found;
  const auto key_of = [&](const Meta& meta) {
    // Microseconds have the same number of digits until the year 2286.
    return std::pair(OrderKey(meta, query.order), meta.uid);
  };
  for (const auto& [key, row] : rows_) {
    const Meta& meta = MetaOf(row);
    if (key.first != query.kind || !absl::StartsWith(meta.name, query.name_prefix)) continue;
    if (query.after && (query.descending ? key_of(meta) >= *query.after : key_of(meta) <= *query.after)) continue;
    found.push_back({key_of(meta), &row});
  }
  std::sort(found.begin(), found.end());
  if (query.descending) std::reverse(found.begin(), found.end());
  std::vector<Aggregate> page;
  for (const auto& [key, row] : found) {
    if (static_cast<int>(page.size()) == query.limit) break;
    page.push_back(*row);
  }
  return page;
}

absl::StatusOr<std::optional<std::string>> FakeStore::RememberedAnswer(const RememberedRequest& request) {
  std::lock_guard lock(mutex_);
  const auto found = requests_.find(RequestKey(request));
  if (found == requests_.end()) return std::nullopt;
  if (found->second.payload_hash != request.payload_hash) {
    return Refuse(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED", request.request_id);
  }
  return std::optional<std::string>(found->second.answer);
}

absl::Status FakeStore::CheckParents(const Mutation& mutation) const {
  for (const std::string& name : mutation.requires_live) {
    const Aggregate* parent = Named(ParentKind(name), name);
    if (parent == nullptr || IsDeleted(*parent)) {
      return Refuse(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND", name);
    }
  }
  const std::string& childless = mutation.requires_childless;
  if (childless.empty()) return absl::OkStatus();
  for (const auto& [key, row] : rows_) {
    const auto* document = std::get_if<DesiredDocument>(&row);
    const bool below =
        (key.first == Kind::kKafkaCluster && absl::StartsWith(MetaOf(row).name, childless + "/kafkaClusters/")) ||
        (document != nullptr && !document->cluster_uid.empty() && "dataPlanes/" + document->data_plane == childless);
    if (below) return Refuse(absl::StatusCode::kFailedPrecondition, "HAS_CHILDREN", childless);
  }
  return absl::OkStatus();
}

absl::Status FakeStore::CheckWrite(const Write& write) const {
  const Kind kind = KindOf(write.after);
  const Meta& meta = MetaOf(write.after);
  const auto found = rows_.find({kind, meta.uid});
  const int64_t version = found == rows_.end() ? 0 : MetaOf(found->second).version;
  if (version != write.expected_version) return Refuse(absl::StatusCode::kAborted, "VERSION_CONFLICT", meta.uid);
  if (version == 0 && Named(kind, meta.name) != nullptr) {
    return Refuse(absl::StatusCode::kAlreadyExists, "NAME_TAKEN", meta.name);
  }
  return absl::OkStatus();
}

absl::StatusOr<Committed> FakeStore::Commit(const Mutation& mutation) {
  std::lock_guard lock(mutex_);
  if (!next_.ok()) return std::exchange(next_, absl::OkStatus());
  if (mutation.request) {
    if (const auto found = requests_.find(RequestKey(*mutation.request)); found != requests_.end()) {
      if (found->second.payload_hash == mutation.request->payload_hash) return Committed{true, found->second.answer};
      return Refuse(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED", mutation.request->request_id);
    }
  }
  if (absl::Status status = CheckParents(mutation); !status.ok()) return status;
  for (const Write& write : mutation.writes) {
    if (absl::Status status = CheckWrite(write); !status.ok()) return status;
  }
  for (const Write& write : mutation.writes) {
    const std::pair key(KindOf(write.after), MetaOf(write.after).uid);
    rows_.erase(key);
    if (!write.erase) rows_.emplace(key, write.after);
  }
  if (mutation.request) requests_[RequestKey(*mutation.request)] = *mutation.request;
  mutations_.push_back(mutation);
  return Committed{false, mutation.request ? mutation.request->answer : ""};
}

absl::StatusOr<std::vector<Aggregate>> FakeStore::Due(Kind kind, absl::Time now, int limit) {
  std::lock_guard lock(mutex_);
  std::vector<Aggregate> due;
  for (const auto& [key, row] : rows_) {
    if (key.first != kind || static_cast<int>(due.size()) == limit) continue;
    const auto* operation = std::get_if<Operation>(&row);
    const bool over = operation != nullptr ? operation->end_time && *operation->end_time + absl::Hours(720) <= now
                                           : MetaOf(row).purge_time && *MetaOf(row).purge_time <= now;
    if (over) due.push_back(row);
  }
  return due;
}

absl::StatusOr<std::map<std::string, int32_t>> FakeStore::LogicalClustersPerCell() {
  std::lock_guard lock(mutex_);
  std::map<std::string, int32_t> counts;
  for (const auto& [key, row] : rows_) {
    const auto* document = std::get_if<DesiredDocument>(&row);
    if (document == nullptr || document->cluster_uid.empty()) continue;
    ++counts[document->meta.uid.substr(0, document->meta.uid.find('/'))];
  }
  return counts;
}

absl::StatusOr<std::vector<UntakenDocument>> FakeStore::Untaken(const std::string& data_plane, absl::Time before,
                                                                int limit) {
  std::lock_guard lock(mutex_);
  std::vector<UntakenDocument> untaken;
  for (const auto& [key, row] : rows_) {
    const auto* document = std::get_if<DesiredDocument>(&row);
    if (document == nullptr || document->data_plane != data_plane || document->meta.update_time >= before) continue;
    const auto status = rows_.find({Kind::kSeenStatus, data_plane + ":" + document->meta.uid});
    const int64_t seen = status == rows_.end() ? 0 : std::get<SeenStatus>(status->second).observed_generation;
    if (seen < document->meta.generation && static_cast<int>(untaken.size()) < limit) {
      untaken.push_back({*document, seen});
    }
  }
  return untaken;
}

absl::Status FakeStore::Republish(const std::vector<DesiredDocument>& documents) {
  std::lock_guard lock(mutex_);
  republished_.insert(republished_.end(), documents.begin(), documents.end());
  return absl::OkStatus();
}

absl::Status FakeStore::Audit(const std::vector<AuditEntry>& entries) {
  std::lock_guard lock(mutex_);
  audited_.insert(audited_.end(), entries.begin(), entries.end());
  return absl::OkStatus();
}

absl::StatusOr<int> FakeStore::PruneRequests(absl::Time, int) { return 0; }

std::vector<Mutation> FakeStore::mutations() const {
  std::lock_guard lock(mutex_);
  return mutations_;
}

std::vector<DesiredDocument> FakeStore::republished() const {
  std::lock_guard lock(mutex_);
  return republished_;
}

std::vector<AuditEntry> FakeStore::audited() const {
  std::lock_guard lock(mutex_);
  return audited_;
}

void FakeStore::FailNextCommit(absl::Status status) {
  std::lock_guard lock(mutex_);
  next_ = std::move(status);
}

}  // namespace sluice::provisioner
