#include "services/provisioner/adapters/postgres/row.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/bus/topics.h"
#include "services/provisioner/adapters/records/state_records.h"
#include "services/provisioner/adapters/records/topic_records.h"

namespace sluice::provisioner {
namespace {

// Look-up columns that only some kinds have.
void PutKeys(const Organization&, Row*) {}
void PutKeys(const Environment& in, Row* row) { row->organization = in.organization; }
void PutKeys(const ApiKey& in, Row* row) { row->organization = in.organization; }

void PutKeys(const RoleBinding& in, Row* row) {
  row->organization = in.organization;
  row->root = in.principal;
}

void PutKeys(const KafkaCluster& in, Row* row) {
  row->organization = in.organization;
  row->root = in.meta.uid;
  if (in.meta.purge_time) row->due_us = absl::ToUnixMicros(*in.meta.purge_time);
}

void PutKeys(const KafkaKey& in, Row* row) {
  row->organization = in.organization;
  row->root = in.cluster_uid;
}

void PutKeys(const DataPlane& in, Row* row) { row->deleted = in.state == DataPlaneState::kDeleting; }

void PutKeys(const PhysicalCluster& in, Row* row) {
  if (!in.owner_cluster_uid.empty()) row->root = in.owner_cluster_uid;
}

void PutKeys(const Operation& in, Row* row) {
  row->organization = in.organization;
  if (!in.done) row->root = in.cluster_uid;
  if (in.end_time) row->due_us = absl::ToUnixMicros(*in.end_time + kOperationRetention);
}

void PutKeys(const DesiredDocument& in, Row* row) {
  row->parent = "dataPlanes/" + in.data_plane;
  if (in.cluster_uid.empty()) return;
  row->root = in.cluster_uid;
  row->placed_on = in.meta.uid.substr(0, in.meta.uid.find('/'));
}

void PutKeys(const SeenStatus& in, Row* row) {
  if (!in.cluster_uid.empty()) row->root = in.cluster_uid;
  row->generation = in.observed_generation;
}

constexpr char kSource[] = "/sluice/provisioner";

template <typename T, typename Append>
std::string ArrayOf(const std::vector<T>& values, Append append) {
  std::string out = "{";
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    append(values[i], &out);
  }
  return out + "}";
}

void AppendQuoted(const std::string& value, std::string* out) {
  *out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') *out += '\\';
    *out += c;
  }
  *out += '"';
}

}  // namespace

Row RowOf(const Aggregate& aggregate) {
  const Meta& meta = MetaOf(aggregate);
  Row row{.kind = KindOf(aggregate),
          .uid = meta.uid,
          .deleted = meta.delete_time.has_value(),
          .version = meta.version,
          .generation = meta.generation,
          .create_us = absl::ToUnixMicros(meta.create_time),
          .update_us = absl::ToUnixMicros(meta.update_time),
          .state = records::EncodeState(aggregate)};
  if (meta.name != meta.uid) row.name = meta.name;
  std::visit([&](const auto& value) { PutKeys(value, &row); }, aggregate);
  return row;
}

bus::OutboxMessage MessageOf(const DesiredDocument& document, const std::string& traceparent) {
  records::EncodedEvent event = records::EncodeEvent(document, "", false);
  return {.topic = bus::DesiredTopic(document.data_plane),
          .key = document.meta.uid,
          .type = std::move(event.type),
          .source = kSource,
          .payload = std::move(event.payload),
          .traceparent = traceparent,
          .generation = document.meta.generation,
          .compacted = true};
}

std::optional<bus::OutboxMessage> MessageOf(const Write& write, const Mutation& mutation) {
  const Kind kind = KindOf(write.after);
  if (kind == Kind::kSeenStatus) return std::nullopt;
  if (kind == Kind::kDesiredDocument) {
    bus::OutboxMessage message = MessageOf(std::get<DesiredDocument>(write.after), mutation.traceparent);
    if (write.erase) message.payload.reset();
    return message;
  }
  records::EncodedEvent event =
      records::EncodeEvent(write.after, write.cause.empty() ? mutation.name : write.cause, write.erase);
  const Meta& meta = MetaOf(write.after);
  return bus::OutboxMessage{.topic = bus::EventsTopic(KindName(kind)),
                            .key = meta.uid,
                            .type = std::move(event.type),
                            .source = kSource,
                            .payload = std::move(event.payload),
                            .traceparent = mutation.traceparent,
                            .generation = meta.version};
}

bus::OutboxMessage MessageOf(const TopicNews& news, const Mutation& mutation) {
  records::EncodedEvent event = records::EncodeTopicNews(news, mutation.name);
  return {.topic = bus::EventsTopic(records::kTopicEvents),
          .key = news.key(),
          .type = std::move(event.type),
          .source = kSource,
          .payload = std::move(event.payload),
          .traceparent = mutation.traceparent,
          .generation = news.version};
}

bus::OutboxMessage MessageOf(const AuditEntry& entry) {
  records::EncodedEvent event = records::EncodeAudit(entry);
  return {.topic = bus::EventsTopic("audit"),
          .key = entry.organization.empty() ? "none" : entry.organization,
          .type = std::move(event.type),
          .source = kSource,
          .payload = std::move(event.payload),
          .traceparent = entry.traceparent};
}

std::string TextArray(const std::vector<std::optional<std::string>>& values) {
  return ArrayOf(values, [](const std::optional<std::string>& value, std::string* out) {
    value ? AppendQuoted(*value, out) : void(out->append("NULL"));
  });
}

std::string TextArray(const std::vector<std::string>& values) { return ArrayOf(values, AppendQuoted); }

std::string ByteaArray(const std::vector<std::string>& values) {
  return ArrayOf(values, [](const std::string& value, std::string* out) {
    absl::StrAppend(out, "\"\\\\x", absl::BytesToHexString(value), "\"");
  });
}

std::string NumberArray(const std::vector<std::optional<int64_t>>& values) {
  return ArrayOf(values, [](std::optional<int64_t> value, std::string* out) {
    value ? absl::StrAppend(out, *value) : absl::StrAppend(out, "NULL");
  });
}

std::string BoolArray(const std::vector<bool>& values) {
  return ArrayOf(values, [](bool value, std::string* out) { *out += value ? 't' : 'f'; });
}

}  // namespace sluice::provisioner
