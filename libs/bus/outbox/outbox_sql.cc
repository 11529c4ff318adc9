#include "libs/bus/outbox/outbox_sql.h"

#include <algorithm>
#include <array>

#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

constexpr std::size_t kMaxText = 512;
constexpr std::size_t kMaxTopic = 249;

absl::Status Invalid(std::string_view field, std::string_view what) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   "outbox message: " + std::string(field) + " " + std::string(what),
                   {.reason = "BUS_MESSAGE_INVALID", .field = std::string(field)});
}

bool Printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

absl::Status CheckText(std::string_view field, std::string_view text, std::size_t longest) {
  if (text.empty()) return Invalid(field, "is empty");
  if (text.size() > longest) return Invalid(field, "is too long");
  if (!Printable(text)) return Invalid(field, "has characters beyond printable ASCII");
  return absl::OkStatus();
}

// Whatever is refused here would be undecodable for each reader.
absl::Status Check(const OutboxMessage& message) {
  RETURN_IF_ERROR(CheckText("topic", message.topic, kMaxTopic));
  RETURN_IF_ERROR(CheckText("key", message.key, kMaxText));
  RETURN_IF_ERROR(CheckText("type", message.type, kMaxText));
  RETURN_IF_ERROR(CheckText("source", message.source, kMaxText));
  if (message.payload && message.payload->size() > static_cast<std::size_t>(kMaxPayloadBytes)) {
    return Invalid("payload", "is larger than 512 KiB");
  }
  if (!message.payload && !message.compacted)
    return Invalid("payload", "is missing: only compacted topics have tombstones");
  if (message.generation < 0) return Invalid("generation", "is negative");
  if (message.compacted && message.generation == 0) return Invalid("generation", "is missing on a compacted topic");
  if (message.traceparent.size() > kMaxText || !Printable(message.traceparent)) {
    return Invalid("traceparent", "is malformed");
  }
  return absl::OkStatus();
}

void Open(std::string& array) { array += array.empty() ? '{' : ','; }

// An element of PostgreSQL's array notation.
void AppendText(std::string& array, std::string_view text) {
  Open(array);
  array += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') array += '\\';
    array += c;
  }
  array += '"';
}

void AppendBytes(std::string& array, const std::optional<std::string>& bytes) {
  Open(array);
  if (!bytes) {
    array += "NULL";
    return;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  array += "\"\\\\x";
  const std::size_t begin = array.size();
  array.resize(begin + bytes->size() * 2);
  char* out = array.data() + begin;
  for (const char c : *bytes) {
    *out++ = kHex[static_cast<unsigned char>(c) >> 4];
    *out++ = kHex[static_cast<unsigned char>(c) & 15];
  }
  array += '"';
}

}  // namespace

std::string OutboxInsertSql(int first_parameter, std::string_view condition) {
  static constexpr std::array<std::string_view, kOutboxParameters> kTypes = {
      "text", "text", "text", "text", "text", "text", "bigint", "boolean", "bytea"};
  std::string sql =
      "INSERT INTO bus_outbox (ce_id, topic, key, type, source, traceparent, generation, compacted, payload) "
      "SELECT * FROM unnest(";
  for (int i = 0; i < kOutboxParameters; ++i) {
    if (i > 0) sql += ", ";
    sql += "$" + std::to_string(first_parameter + i) + "::" + std::string(kTypes[i]) + "[]";
  }
  return sql + ") AS said WHERE " + std::string(condition);
}

absl::StatusOr<std::vector<std::string>> OutboxParameters(std::span<const OutboxMessage> messages,
                                                          clock::IdSource& ids) {
  std::vector<std::string> arrays(kOutboxParameters);
  for (const OutboxMessage& message : messages) {
    RETURN_IF_ERROR(Check(message));
    AppendText(arrays[0], ids.NewUuid());
    AppendText(arrays[1], message.topic);
    AppendText(arrays[2], message.key);
    AppendText(arrays[3], message.type);
    AppendText(arrays[4], message.source);
    AppendText(arrays[5], message.traceparent);
    Open(arrays[6]);
    arrays[6] += std::to_string(message.generation);
    Open(arrays[7]);
    arrays[7] += message.compacted ? 't' : 'f';
    AppendBytes(arrays[8], message.payload);
  }
  for (std::string& array : arrays) array += array.empty() ? "{}" : "}";
  return arrays;
}

}  // namespace sluice::bus
