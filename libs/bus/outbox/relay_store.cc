#include "libs/bus/outbox/relay_store.h"

#include <algorithm>

#include "libs/base/status.h"

namespace sluice::bus {
namespace {

constexpr char kColumns[] =
    "topic, key, ce_id, type, source, traceparent, generation, payload, "
    "(extract(epoch FROM created_at) * 1000000)::bigint";

const postgres::TransactionOptions kReadOnly = {
    .timeout = absl::Seconds(5), .read_only = true, .single_statement = true};
// Each of our writes may be done twice: it deletes or marks what is named.
const postgres::TransactionOptions kWrite = {.timeout = absl::Seconds(5), .idempotent = true, .single_statement = true};

void AppendText(std::string& array, std::string_view text) {
  array += array.empty() ? '{' : ',';
  array += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') array += '\\';
    array += c;
  }
  array += '"';
}

std::string Closed(std::string array) { return array.empty() ? "{}" : array + "}"; }

std::string ArrayOf(const std::vector<std::string>& texts) {
  std::string array;
  for (const std::string& text : texts) AppendText(array, text);
  return Closed(std::move(array));
}

std::string ArrayOf(const std::vector<std::int64_t>& numbers) {
  std::string array;
  for (const std::int64_t number : numbers) {
    array += array.empty() ? '{' : ',';
    array += std::to_string(number);
  }
  return Closed(std::move(array));
}

// bytea in its hex form, "\x6162".
std::string BytesOf(const pqxx::field& field) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  const char* text = field.c_str() + 2;
  std::string bytes(field.size() / 2 - 1, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(digit(text[0]) << 4 | digit(text[1]));
    text += 2;
  }
  return bytes;
}

std::string TextOf(const pqxx::field& field) { return std::string(field.c_str(), field.size()); }

// From kColumns.
OutboxRow RowOf(const pqxx::row& row) {
  OutboxRow result;
  result.message.topic = TextOf(row[0]);
  result.message.key = TextOf(row[1]);
  result.ce_id = TextOf(row[2]);
  result.message.type = TextOf(row[3]);
  result.message.source = TextOf(row[4]);
  result.message.traceparent = TextOf(row[5]);
  result.message.generation = row[6].as<std::int64_t>();
  if (!row[7].is_null()) result.message.payload = BytesOf(row[7]);
  result.time = absl::FromUnixMicros(row[8].as<std::int64_t>());
  return result;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> RelayStore::Prepared() {
  const std::string columns = kColumns;
  const std::string row_columns = "topic, key, ce_id, type, source, traceparent, generation, payload, created_at";
  return {
      // The running sum keeps a batch of large documents from filling the memory; the first row always fits.
      {"bus_read",
       "SELECT " + columns +
           ", id, compacted FROM (SELECT *, sum(coalesce(octet_length(payload), 0)) OVER (ORDER BY id) - "
           "coalesce(octet_length(payload), 0) AS bytes_before FROM (SELECT * FROM bus_outbox WHERE topic <> "
           "ALL ($1::text[]) ORDER BY id LIMIT $2) AS oldest) AS counted WHERE bytes_before < 8388608 ORDER "
           "BY id"},
      {"bus_delete",
       "WITH lease AS (SELECT 1 FROM bus_relay_lease WHERE epoch = $2), gone AS (DELETE FROM bus_outbox WHERE id = ANY "
       "($1::bigint[]) AND EXISTS (SELECT 1 FROM lease)) SELECT EXISTS (SELECT 1 FROM lease)"},
      {"bus_delete_compacted",
       "WITH lease AS (SELECT 1 FROM bus_relay_lease WHERE epoch = $2), gone AS (DELETE FROM bus_outbox WHERE id = ANY "
       "($1::bigint[]) AND EXISTS (SELECT 1 FROM lease) RETURNING *), latest AS (INSERT INTO bus_latest AS old (" +
           row_columns + ", beat) SELECT DISTINCT ON (topic, key) " + row_columns +
           ", $3::bigint FROM gone WHERE compacted ORDER BY topic, key, generation DESC, id DESC ON CONFLICT (topic, "
           "key) DO UPDATE SET ce_id = EXCLUDED.ce_id, type = EXCLUDED.type, source = EXCLUDED.source, traceparent = "
           "EXCLUDED.traceparent, generation = EXCLUDED.generation, payload = EXCLUDED.payload, created_at = "
           "EXCLUDED.created_at, beat = EXCLUDED.beat WHERE EXCLUDED.generation >= old.generation) SELECT EXISTS "
           "(SELECT "
           "1 FROM lease)"},
      {"bus_marked", "SELECT " + columns +
                         " FROM bus_latest WHERE republish AND topic <> ALL ($1::text[]) ORDER BY topic, key LIMIT $2"},
      {"bus_count",
       "SELECT topic, count(*), coalesce((extract(epoch FROM clock_timestamp() - min(created_at)) * 1000000)::bigint, "
       "0) "
       "FROM bus_outbox GROUP BY topic"},
  };
}

absl::StatusOr<std::vector<OutboxRow>> RelayStore::Read(int limit, const std::vector<std::string>& without) {
  return pool_.Query<std::vector<OutboxRow>>(
      kReadOnly, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<std::vector<OutboxRow>> {
        std::vector<OutboxRow> rows;
        for (const auto& row : transaction.exec_prepared("bus_read", ArrayOf(without), limit)) {
          rows.push_back(RowOf(row));
          rows.back().id = row[9].as<std::int64_t>();
          rows.back().message.compacted = row[10].as<bool>();
        }
        return rows;
      });
}

absl::StatusOr<bool> RelayStore::Acknowledge(const std::vector<std::int64_t>& ids, bool any_compacted,
                                             std::int64_t epoch, std::int64_t beat) {
  return pool_.Query<bool>(kWrite, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<bool> {
    const std::string array = ArrayOf(ids);
    if (any_compacted) return transaction.exec_prepared1("bus_delete_compacted", array, epoch, beat)[0].as<bool>();
    return transaction.exec_prepared1("bus_delete", array, epoch)[0].as<bool>();
  });
}

absl::Status RelayStore::MarkForRepublish(const std::vector<TopicKey>& keys) {
  std::string topics, names;
  for (const auto& [topic, key] : keys) {
    AppendText(topics, topic);
    AppendText(names, key);
  }
  return pool_.InTransaction(kWrite, [&](pqxx::transaction_base& transaction) {
    transaction.exec_params(
        "UPDATE bus_latest SET republish = true FROM unnest($1::text[], $2::text[]) AS late (topic, key) WHERE "
        "bus_latest.topic = late.topic AND bus_latest.key = late.key",
        Closed(topics), Closed(names));
    return absl::OkStatus();
  });
}

absl::StatusOr<std::int64_t> RelayStore::MarkForRepublishSince(std::int64_t beat) {
  return pool_.Query<std::int64_t>(kWrite, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<std::int64_t> {
    return transaction.exec_params("UPDATE bus_latest SET republish = true WHERE beat >= $1", beat).affected_rows();
  });
}

absl::StatusOr<std::vector<OutboxRow>> RelayStore::ReadMarked(int limit, const std::vector<std::string>& without) {
  return pool_.Query<std::vector<OutboxRow>>(
      kReadOnly, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<std::vector<OutboxRow>> {
        std::vector<OutboxRow> rows;
        for (const auto& row : transaction.exec_prepared("bus_marked", ArrayOf(without), limit)) {
          rows.push_back(RowOf(row));
          rows.back().message.compacted = true;
        }
        return rows;
      });
}

absl::Status RelayStore::Unmark(const std::vector<OutboxRow>& rows) {
  std::string topics, keys;
  std::vector<std::int64_t> generations;
  for (const OutboxRow& row : rows) {
    AppendText(topics, row.message.topic);
    AppendText(keys, row.message.key);
    generations.push_back(row.message.generation);
  }
  return pool_.InTransaction(kWrite, [&](pqxx::transaction_base& transaction) {
    transaction.exec_params(
        "UPDATE bus_latest SET republish = false FROM unnest($1::text[], $2::text[], $3::bigint[]) AS said (topic, "
        "key, "
        "generation) WHERE bus_latest.topic = said.topic AND bus_latest.key = said.key AND bus_latest.generation = "
        "said.generation",
        Closed(topics), Closed(keys), ArrayOf(generations));
    return absl::OkStatus();
  });
}

absl::Status RelayStore::PruneTombstones(std::int64_t beat) {
  return pool_.InTransaction(kWrite, [&](pqxx::transaction_base& transaction) {
    transaction.exec_params(
        "DELETE FROM bus_latest WHERE (topic, key) IN (SELECT topic, key FROM bus_latest WHERE payload IS NULL AND "
        "beat < "
        "$1 AND NOT republish LIMIT 1000)",
        beat);
    return absl::OkStatus();
  });
}

absl::StatusOr<BacklogCount> RelayStore::Count() {
  return pool_.Query<BacklogCount>(kReadOnly, [&](pqxx::transaction_base& transaction) -> absl::StatusOr<BacklogCount> {
    BacklogCount count;
    for (const auto& row : transaction.exec_prepared("bus_count")) {
      count.rows_of_topic[TextOf(row[0])] = row[1].as<std::int64_t>();
      count.age_of_oldest = std::max(count.age_of_oldest, absl::Microseconds(row[2].as<std::int64_t>()));
    }
    return count;
  });
}

}  // namespace sluice::bus
