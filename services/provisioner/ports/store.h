#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/provisioner/core/model/aggregate.h"
#include "services/provisioner/core/model/audit_entry.h"
#include "services/provisioner/core/model/cluster_family.h"
#include "services/provisioner/core/model/topic_news.h"

namespace sluice::provisioner {

// One row to write. Its event, or its record on a desired topic, follows from it: nobody can forget it.
struct Write {
  // As it shall be, meta.version included.
  Aggregate after;
  // The version that the row has now; 0: it must not exist.
  int64_t expected_version = 0;
  // The row goes, and its event says so. For a desired document: the tombstone.
  bool erase = false;
  // "created", "updated", "deleted", "status": in the event, for readers that care.
  std::string cause;
};

// The idempotency key of a request, and what to remember as its answer.
struct RememberedRequest {
  std::string organization;
  std::string principal;
  std::string request_id;
  std::string payload_hash;
  // The uid of the operation or resource that answers it.
  std::string answer;
};

// A named operation: everything that one call or one handled status changes, committed in one transaction together with
// its events. Writes of several aggregates are done in a fixed order, so two mutations cannot lock crosswise.
struct Mutation {
  std::string name;  // "CreateKafkaCluster": in metrics and events
  std::vector<Write> writes;
  std::vector<AuditEntry> audit;
  // What became of topics, which have no row: their events go out with the rest.
  std::vector<TopicNews> topics;
  std::optional<RememberedRequest> request;
  // Organizations, environments and data planes (names) that must exist and not be deleted, and stay so until the
  // commit. Shared: no row is written for it.
  std::vector<std::string> requires_live;
  // An environment's or a data plane's name that nothing may lie below: no cluster in an environment, no logical
  // cluster placed on a data plane.
  std::string requires_childless;
  std::string traceparent;
};

struct Committed {
  // The request was answered before; nothing was changed, `answer` is that answer's uid.
  bool repeated = false;
  std::string answer;
};

// A page of rows: those after `after` in the order of (order key, uid), at most `limit`.
struct ListQuery {
  Kind kind = Kind::kKafkaCluster;
  // Resource names that begin with this ("organizations/acme/environments/prod/kafkaClusters/"); empty: all.
  std::string name_prefix;
  enum class Order { kName, kCreateTime } order = Order::kName;
  bool descending = false;
  // kCreateTime only within one organization.
  std::string organization;
  std::optional<std::pair<std::string, std::string>> after;  // (order key, uid) of the last row seen
  int limit = 100;
};

// An order key as it goes into ListQuery::after: the name, or the time of creation in microseconds.
std::string OrderKey(const Meta& meta, ListQuery::Order order);

// What can be read and written within one transaction or outside of any.
// Errors: NOT_FOUND only where said; ABORTED VERSION_CONFLICT from Commit when a row is not at its expected version
// (read again and decide again), ALREADY_EXISTS NAME_TAKEN, FAILED_PRECONDITION PARENT_GONE (metadata: name) and
// HAS_CHILDREN, INVALID_ARGUMENT REQUEST_ID_REUSED, UNAVAILABLE BUS_BACKLOG, and libs/postgres/pool.h's.
class StoreSession {
 public:
  virtual ~StoreSession() = default;

  virtual absl::StatusOr<std::optional<Aggregate>> FindByUid(Kind kind, const std::string& uid) = 0;
  virtual absl::StatusOr<std::optional<Aggregate>> FindByName(Kind kind, const std::string& name) = 0;
  virtual absl::StatusOr<std::vector<Aggregate>> FindByUids(Kind kind, const std::vector<std::string>& uids) = 0;
  // Bindings of these principals ("apiKeys/ak-…").
  virtual absl::StatusOr<std::vector<RoleBinding>> BindingsOf(const std::vector<std::string>& principals) = 0;
  // By the clusters' uids; those that exist. `lock`: held until the end of the transaction, for a handler that must not
  // lose against a caller; what a caller whose end it waited for has added is there.
  virtual absl::StatusOr<std::map<std::string, ClusterFamily>> Families(const std::vector<std::string>& cluster_uids,
                                                                        bool lock) = 0;
  virtual absl::StatusOr<std::vector<Aggregate>> List(const ListQuery& query) = 0;
  // The answer given to this request before, or nothing. REQUEST_ID_REUSED when its payload was another.
  virtual absl::StatusOr<std::optional<std::string>> RememberedAnswer(const RememberedRequest& request) = 0;

  virtual absl::StatusOr<Committed> Commit(const Mutation& mutation) = 0;
};

// A desired document that no status shows as taken.
struct UntakenDocument {
  DesiredDocument document;
  int64_t observed_generation = 0;
};

// The provisioner's memory. Each call of StoreSession made on it directly is a transaction of its own. Thread-safe.
class Store : public StoreSession {
 public:
  // Rows whose time has come (clusters: purge_time; operations: end + 30 days; data planes: none), earliest first.
  virtual absl::StatusOr<std::vector<Aggregate>> Due(Kind kind, absl::Time now, int limit) = 0;
  // Logical clusters per physical cluster.
  virtual absl::StatusOr<std::map<std::string, int32_t>> LogicalClustersPerCell() = 0;
  // Documents written before `before` whose generation no status has reached, of one data plane, oldest first.
  virtual absl::StatusOr<std::vector<UntakenDocument>> Untaken(const std::string& data_plane, absl::Time before,
                                                               int limit) = 0;
  // Says a document again as it is stored, without a new version.
  virtual absl::Status Republish(const std::vector<DesiredDocument>& documents) = 0;
  // Appends audit entries of refusals.
  virtual absl::Status Audit(const std::vector<AuditEntry>& entries) = 0;
  // Forgets requests remembered before `before`, at most `limit`; how many went.
  virtual absl::StatusOr<int> PruneRequests(absl::Time before, int limit) = 0;
};

}  // namespace sluice::provisioner
