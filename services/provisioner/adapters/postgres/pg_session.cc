#include "services/provisioner/adapters/postgres/pg_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/outbox/outbox_sql.h"
#include "services/provisioner/adapters/postgres/row.h"
#include "services/provisioner/adapters/records/state_records.h"

namespace sluice::provisioner {
namespace {

constexpr char kColumns[] = "SELECT kind, version, state FROM aggregate ";
// Parameters of commit_mutation; the outbox's follow.
constexpr int kCommitParameters = 21;

// Prepared once a connection; to prepare the same again costs a look-up.
pqxx::result Exec(pqxx::transaction_base& transaction, const std::string& name, const std::string& sql,
                  const std::vector<std::string>& parameters) {
  transaction.conn().prepare(name, sql);
  return transaction.exec_prepared(name, pqxx::prepare::make_dynamic_params(parameters));
}

absl::StatusOr<Aggregate> AggregateIn(const pqxx::row& row) {
  const pqxx::binarystring state(row[2]);
  return records::DecodeState(static_cast<Kind>(row[0].as<int>()),
                              {reinterpret_cast<const char*>(state.data()), state.size()}, row[1].as<int64_t>());
}

const std::string& CommitSql() {
  static const std::string sql = [] {
    std::string arguments;
    static constexpr const char* kTypes[kCommitParameters] = {
        "bigint",   "text[]",   "smallint[]", "text[]",   "text",     "smallint[]", "text[]",
        "text[]",   "text[]",   "text[]",     "text[]",   "text[]",   "bigint[]",   "boolean[]",
        "bigint[]", "bigint[]", "bigint[]",   "bigint[]", "bigint[]", "boolean[]",  "bytea[]"};
    for (int i = 0; i < kCommitParameters; ++i) {
      absl::StrAppend(&arguments, i > 0 ? ", " : "", "$", i + 1, "::", kTypes[i]);
    }
    return absl::StrCat("WITH saved AS MATERIALIZED (SELECT commit_mutation(", arguments, ") AS outcome), said AS (",
                        bus::OutboxInsertSql(kCommitParameters + 1, "(SELECT outcome FROM saved) = 'OK'"),
                        ") SELECT outcome FROM saved");
  }();
  return sql;
}

// What a writes' row columns are as array parameters.
struct WriteArrays {
  std::vector<std::optional<int64_t>> kinds, due, expected, versions, generations, created, updated;
  std::vector<std::string> uids, states;
  std::vector<std::optional<std::string>> names, roots, parents, placed_on, organizations;
  std::vector<bool> deleted, erase;

  void Add(const Write& write) {
    Row row = RowOf(write.after);
    kinds.push_back(static_cast<int>(row.kind));
    uids.push_back(std::move(row.uid));
    names.push_back(std::move(row.name));
    roots.push_back(std::move(row.root));
    parents.push_back(std::move(row.parent));
    placed_on.push_back(std::move(row.placed_on));
    organizations.push_back(std::move(row.organization));
    due.push_back(row.due_us);
    deleted.push_back(row.deleted);
    expected.push_back(write.expected_version);
    versions.push_back(row.version);
    generations.push_back(row.generation);
    created.push_back(row.create_us);
    updated.push_back(row.update_us);
    erase.push_back(write.erase);
    states.push_back(std::move(row.state));
  }
};

std::vector<std::string> RequestParameters(const Mutation& mutation) {
  if (!mutation.request) return {};
  const RememberedRequest& request = *mutation.request;
  return {request.organization, request.principal, request.request_id, absl::BytesToHexString(request.payload_hash),
          request.answer};
}

std::optional<int64_t> ParentKind(const std::string& name) {
  if (absl::StartsWith(name, "dataPlanes/")) return static_cast<int>(Kind::kDataPlane);
  return static_cast<int>(absl::StrContains(name, "/environments/") ? Kind::kEnvironment : Kind::kOrganization);
}

absl::Status RequestIdReused() {
  return MakeError(
      absl::StatusCode::kInvalidArgument, "this request_id was used with another request",
      {.reason = "REQUEST_ID_REUSED", .field = "request_id", .remedy = "take a new UUID for each request"});
}

// What commit_mutation raised (migrations/0002_commit_mutation.sql).
constexpr char kRefused[] = "SL001";

absl::Status StatusOfRefusal(const std::string& message, const Mutation& mutation) {
  // libpq puts "ERROR:  " before the message and a line break and the context after it.
  absl::string_view outcome = absl::StripPrefix(message, "ERROR:");
  outcome = absl::StripAsciiWhitespace(outcome.substr(0, outcome.find('\n')));
  if (outcome == "REQUEST_ID_REUSED") return RequestIdReused();
  if (outcome == "HAS_CHILDREN") {
    return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat(mutation.requires_childless, " is not empty"),
                     {.reason = "HAS_CHILDREN", .remedy = "delete what lies below it first"});
  }
  absl::string_view rest = outcome;
  if (absl::ConsumePrefix(&rest, "PARENT_GONE:")) {
    return MakeError(absl::StatusCode::kNotFound, absl::StrCat(rest, " does not exist"),
                     {.reason = "RESOURCE_NOT_FOUND", .metadata = {{"resource", std::string(rest)}}});
  }
  if (absl::ConsumePrefix(&rest, "NAME_TAKEN:")) {
    return MakeError(absl::StatusCode::kAlreadyExists, absl::StrCat(rest, " exists already"),
                     {.reason = "NAME_TAKEN",
                      .remedy = "choose another id; a deleted resource keeps its name until its purge_time",
                      .metadata = {{"resource", std::string(rest)}}});
  }
  return MakeError(absl::StatusCode::kAborted, absl::StrCat("changed meanwhile: ", outcome),
                   {.reason = "VERSION_CONFLICT", .retry_after = absl::Milliseconds(10)});
}

std::vector<const Write*> InLockOrder(const Mutation& mutation) {
  std::vector<const Write*> writes;
  for (const Write& write : mutation.writes) writes.push_back(&write);
  std::sort(writes.begin(), writes.end(), [](const Write* a, const Write* b) {
    return std::pair(a->after.index(), MetaOf(a->after).uid) < std::pair(b->after.index(), MetaOf(b->after).uid);
  });
  return writes;
}

void AddTo(std::map<std::string, ClusterFamily>* families, Aggregate aggregate) {
  std::visit(
      [&](auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, KafkaCluster>) {
          (*families)[value.meta.uid].cluster = std::move(value);
        } else if constexpr (std::is_same_v<T, KafkaKey>) {
          (*families)[value.cluster_uid].keys.push_back(std::move(value));
        } else if constexpr (std::is_same_v<T, Operation>) {
          (*families)[value.cluster_uid].operations.push_back(std::move(value));
        } else if constexpr (std::is_same_v<T, DesiredDocument>) {
          (*families)[value.cluster_uid].documents.push_back(std::move(value));
        } else if constexpr (std::is_same_v<T, PhysicalCluster>) {
          (*families)[value.owner_cluster_uid].physical_clusters.push_back(std::move(value));
        } else if constexpr (std::is_same_v<T, SeenStatus>) {
          (*families)[value.cluster_uid].statuses.push_back(std::move(value));
        }
      },
      aggregate);
}

}  // namespace

absl::StatusOr<std::vector<Aggregate>> AggregatesIn(const pqxx::result& result) {
  std::vector<Aggregate> aggregates;
  aggregates.reserve(result.size());
  for (const pqxx::row& row : result) {
    ASSIGN_OR_RETURN(Aggregate aggregate, AggregateIn(row));
    aggregates.push_back(std::move(aggregate));
  }
  return aggregates;
}

absl::StatusOr<std::optional<Aggregate>> PgSession::FindByUid(Kind kind, const std::string& uid) {
  const pqxx::result result = Exec(transaction_, "find_by_uid", absl::StrCat(kColumns, "WHERE kind = $1 AND uid = $2"),
                                   {std::to_string(static_cast<int>(kind)), uid});
  if (result.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(Aggregate aggregate, AggregateIn(result[0]));
  return std::optional<Aggregate>(std::move(aggregate));
}

absl::StatusOr<std::optional<Aggregate>> PgSession::FindByName(Kind kind, const std::string& name) {
  const pqxx::result result =
      Exec(transaction_, "find_by_name", absl::StrCat(kColumns, "WHERE kind = $1 AND name = $2"),
           {std::to_string(static_cast<int>(kind)), name});
  if (result.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(Aggregate aggregate, AggregateIn(result[0]));
  return std::optional<Aggregate>(std::move(aggregate));
}

absl::StatusOr<std::vector<Aggregate>> PgSession::FindByUids(Kind kind, const std::vector<std::string>& uids) {
  return AggregatesIn(Exec(transaction_, "find_by_uids",
                           absl::StrCat(kColumns, "WHERE kind = $1 AND uid = ANY($2::text[])"),
                           {std::to_string(static_cast<int>(kind)), TextArray(uids)}));
}

absl::StatusOr<std::vector<RoleBinding>> PgSession::BindingsOf(const std::vector<std::string>& principals) {
  ASSIGN_OR_RETURN(
      std::vector<Aggregate> aggregates,
      AggregatesIn(Exec(transaction_, "bindings_of",
                        absl::StrCat(kColumns, "WHERE root = ANY($1::text[]) AND kind = 3"), {TextArray(principals)})));
  std::vector<RoleBinding> bindings;
  for (Aggregate& aggregate : aggregates) bindings.push_back(std::get<RoleBinding>(std::move(aggregate)));
  return bindings;
}

absl::StatusOr<std::map<std::string, ClusterFamily>> PgSession::Families(const std::vector<std::string>& cluster_uids,
                                                                         bool lock) {
  if (lock) {
    // By itself: a SELECT … FOR UPDATE that waits gives the newest version of the rows that it waited for, and yet none
    // that was inserted meanwhile. The read after it sees both.
    Exec(transaction_, "lock_families",
         "SELECT FROM aggregate WHERE root = ANY($1::text[]) ORDER BY kind, uid FOR UPDATE", {TextArray(cluster_uids)});
  }
  ASSIGN_OR_RETURN(std::vector<Aggregate> rows,
                   AggregatesIn(Exec(transaction_, "families", absl::StrCat(kColumns, "WHERE root = ANY($1::text[])"),
                                     {TextArray(cluster_uids)})));
  std::map<std::string, ClusterFamily> families;
  std::map<std::string, std::string> owner_of;  // a DEDICATED cluster's pkc-… to its lkc-…
  for (Aggregate& row : rows) {
    if (const auto* physical = std::get_if<PhysicalCluster>(&row)) {
      owner_of[physical->meta.uid] = physical->owner_cluster_uid;
    }
    AddTo(&families, std::move(row));
  }
  std::erase_if(families, [](const auto& entry) { return entry.second.cluster.meta.uid.empty(); });
  if (owner_of.empty()) return families;

  std::vector<std::string> physical_uids;
  for (const auto& [uid, owner] : owner_of) physical_uids.push_back(uid);
  ASSIGN_OR_RETURN(std::vector<Aggregate> documents,
                   AggregatesIn(Exec(transaction_, lock ? "physical_documents_locked" : "physical_documents",
                                     absl::StrCat(kColumns, "WHERE kind = 9 AND uid = ANY($1::text[])",
                                                  lock ? " ORDER BY uid FOR UPDATE" : ""),
                                     {TextArray(physical_uids)})));
  for (Aggregate& document : documents) {
    const std::string& owner = owner_of[MetaOf(document).uid];
    if (auto family = families.find(owner); family != families.end()) {
      family->second.documents.push_back(std::get<DesiredDocument>(std::move(document)));
    }
  }
  return families;
}

absl::StatusOr<std::vector<Aggregate>> PgSession::List(const ListQuery& query) {
  const bool by_name = query.order == ListQuery::Order::kName;
  const char* direction = query.descending ? "DESC" : "ASC";
  const char* compare = query.descending ? "<" : ">";
  const char* key = by_name ? "coalesce(name, uid)" : "create_us";
  std::string sql = absl::StrCat(kColumns, "WHERE kind = ", static_cast<int>(query.kind));
  std::vector<std::string> parameters;
  const auto parameter = [&](std::string value) {
    parameters.push_back(std::move(value));
    return absl::StrCat("$", parameters.size());
  };
  if (!query.name_prefix.empty()) {
    // Names that begin with the prefix are the range from it to its successor.
    std::string end = query.name_prefix;
    ++end.back();
    absl::StrAppend(&sql, " AND name >= ", parameter(query.name_prefix), " AND name < ", parameter(end));
  }
  if (!by_name) absl::StrAppend(&sql, " AND organization = ", parameter(query.organization));
  if (by_name && query.kind != Kind::kDataPlane && query.kind != Kind::kPhysicalCluster) key = "name";
  if (query.after) {
    if (by_name) {
      absl::StrAppend(&sql, " AND ", key, " ", compare, " ", parameter(query.after->first));
    } else {
      absl::StrAppend(&sql, " AND (create_us, uid) ", compare, " (", parameter(query.after->first), "::bigint, ",
                      parameter(query.after->second), ")");
    }
  }
  absl::StrAppend(&sql, " ORDER BY ", key, " ", direction, by_name ? "" : absl::StrCat(", uid ", direction), " LIMIT ",
                  query.limit);
  return AggregatesIn(transaction_.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters)));
}

absl::StatusOr<std::optional<std::string>> PgSession::RememberedAnswer(const RememberedRequest& request) {
  const pqxx::result result =
      Exec(transaction_, "remembered_answer",
           "SELECT encode(payload_hash, 'hex'), answer FROM request WHERE organization = $1 AND "
           "principal = $2 AND request_id = $3",
           {request.organization, request.principal, request.request_id});
  if (result.empty()) return std::nullopt;
  if (result[0][0].as<std::string>() != absl::BytesToHexString(request.payload_hash)) return RequestIdReused();
  return std::optional<std::string>(result[0][1].as<std::string>());
}

std::vector<bus::OutboxMessage> PgSession::MessagesOf(const Mutation& mutation) {
  std::vector<bus::OutboxMessage> messages;
  for (const Write* write : InLockOrder(mutation)) {
    if (std::optional<bus::OutboxMessage> message = MessageOf(*write, mutation))
      messages.push_back(std::move(*message));
  }
  for (const TopicNews& news : mutation.topics) messages.push_back(MessageOf(news, mutation));
  for (const AuditEntry& entry : mutation.audit) messages.push_back(MessageOf(entry));
  return messages;
}

absl::StatusOr<Committed> PgSession::Commit(const Mutation& mutation) {
  WriteArrays arrays;
  for (const Write* write : InLockOrder(mutation)) arrays.Add(*write);
  std::vector<std::optional<int64_t>> live_kinds;
  for (const std::string& name : mutation.requires_live) live_kinds.push_back(ParentKind(name));
  std::vector<std::string> parameters = {std::to_string(absl::ToUnixMicros(clock_.Now())),
                                         TextArray(RequestParameters(mutation)),
                                         NumberArray(live_kinds),
                                         TextArray(mutation.requires_live),
                                         mutation.requires_childless,
                                         NumberArray(arrays.kinds),
                                         TextArray(arrays.uids),
                                         TextArray(arrays.names),
                                         TextArray(arrays.roots),
                                         TextArray(arrays.parents),
                                         TextArray(arrays.placed_on),
                                         TextArray(arrays.organizations),
                                         NumberArray(arrays.due),
                                         BoolArray(arrays.deleted),
                                         NumberArray(arrays.expected),
                                         NumberArray(arrays.versions),
                                         NumberArray(arrays.generations),
                                         NumberArray(arrays.created),
                                         NumberArray(arrays.updated),
                                         BoolArray(arrays.erase),
                                         ByteaArray(arrays.states)};
  ASSIGN_OR_RETURN(std::vector<std::string> outbox, bus::OutboxParameters(MessagesOf(mutation), ids_));
  parameters.insert(parameters.end(), std::make_move_iterator(outbox.begin()), std::make_move_iterator(outbox.end()));

  std::string outcome;
  try {
    outcome = Exec(transaction_, "commit_mutation", CommitSql(), parameters)[0][0].as<std::string>();
  } catch (const pqxx::sql_error& error) {
    if (error.sqlstate() != kRefused) throw;
    return StatusOfRefusal(error.what(), mutation);
  }
  absl::string_view answer = outcome;
  if (absl::ConsumePrefix(&answer, "REPEATED:")) return Committed{.repeated = true, .answer = std::string(answer)};
  return Committed{.answer = mutation.request ? mutation.request->answer : ""};
}

}  // namespace sluice::provisioner
