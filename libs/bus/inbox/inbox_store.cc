#include "libs/bus/inbox/inbox_store.h"

#include <map>

namespace sluice::bus {
namespace {

constexpr std::size_t kMaxError = 2000;
constexpr std::size_t kMaxRaw = 64 * 1024;
constexpr int kMaxRejected = 10'000;

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

// A message may carry bytes of the record: PostgreSQL takes neither zero bytes nor broken UTF-8 in a text.
std::string CleanError(std::string_view error) {
  std::string clean;
  for (char c : error.substr(0, kMaxError)) clean += c >= 0x20 && c < 0x7f ? c : '?';
  return clean;
}

pqxx::binarystring Bytes(std::string_view bytes) { return pqxx::binarystring(bytes.data(), bytes.size()); }

}  // namespace

std::vector<bool> InboxStore::Insert(pqxx::transaction_base& transaction, std::span<const ReceivedEvent> events) const {
  std::string sources, ids;
  for (const ReceivedEvent& event : events) {
    AppendText(sources, event.source);
    AppendText(ids, event.id);
  }
  // In a fixed order, so that two members with the same records cannot wait for each other.
  const pqxx::result inserted = transaction.exec_params(
      "INSERT INTO bus_inbox (consumer, ce_source, ce_id) SELECT $1, source, id FROM unnest($2::text[], $3::text[]) AS "
      "heard (source, id) ORDER BY source, id ON CONFLICT DO NOTHING RETURNING ce_source, ce_id",
      consumer_, Closed(std::move(sources)), Closed(std::move(ids)));
  std::vector<bool> news(events.size(), true);
  if (inserted.size() == events.size()) return news;
  std::set<std::pair<std::string, std::string>> left;
  for (const auto& row : inserted) left.emplace(row[0].c_str(), row[1].c_str());
  // erase: of two equal events in one batch the first is the news.
  for (std::size_t i = 0; i < events.size(); ++i) news[i] = left.erase({events[i].source, events[i].id}) > 0;
  return news;
}

std::set<KeyOfTopic> InboxStore::SetAside(pqxx::transaction_base& transaction,
                                          std::span<const ReceivedEvent> events) const {
  std::string topics, keys;
  for (const ReceivedEvent& event : events) {
    AppendText(topics, event.topic);
    AppendText(keys, event.key);
  }
  std::set<KeyOfTopic> aside;
  // FOR SHARE: whoever handles the key's last record waits for us, and sees what we append.
  for (const auto& row : transaction.exec_params(
           "SELECT topic, key FROM bus_parked_key WHERE consumer = $1 AND (topic, key) IN (SELECT * FROM "
           "unnest($2::text[], $3::text[])) FOR SHARE",
           consumer_, Closed(std::move(topics)), Closed(std::move(keys)))) {
    aside.emplace(row[0].c_str(), row[1].c_str());
  }
  return aside;
}

void InboxStore::Append(pqxx::transaction_base& transaction, const ReceivedEvent& event) const {
  std::optional<pqxx::binarystring> payload;
  if (event.payload) payload = Bytes(*event.payload);
  const std::string sql =
      "INSERT INTO bus_parked_record (consumer, topic, key, partition, record_offset, ce_id, ce_source, type, "
      "traceparent, generation, ce_time, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
      "to_timestamp($11::float8 "
      "/ 1000000), " +
      std::string(payload ? "$12" : "NULL") + ") ON CONFLICT (consumer, topic, partition, record_offset) DO NOTHING";
  const std::int64_t micros = absl::ToUnixMicros(event.time);
  if (payload) {
    transaction.exec_params(sql, consumer_, event.topic, event.key, event.partition, event.offset, event.id,
                            event.source, event.type, event.traceparent, event.generation, micros, *payload);
  } else {
    transaction.exec_params(sql, consumer_, event.topic, event.key, event.partition, event.offset, event.id,
                            event.source, event.type, event.traceparent, event.generation, micros);
  }
}

void InboxStore::SetKeyAside(pqxx::transaction_base& transaction, const ReceivedEvent& event,
                             std::string_view error) const {
  transaction.exec_params(
      "INSERT INTO bus_parked_key (consumer, topic, key, state, attempts, last_error) VALUES ($1, $2, $3, 'RETRYING', "
      "1, "
      "$4) ON CONFLICT DO NOTHING",
      consumer_, event.topic, event.key, CleanError(error));
  Append(transaction, event);
}

void InboxStore::Reject(pqxx::transaction_base& transaction, const Rejection& rejection) const {
  transaction.exec_params(
      "INSERT INTO bus_rejected_record (consumer, topic, partition, record_offset, reason, error, raw_key, raw_value) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (consumer, topic, partition, record_offset) DO NOTHING",
      consumer_, rejection.topic, rejection.partition, rejection.offset, rejection.reason, CleanError(rejection.error),
      Bytes(std::string_view(rejection.raw_key).substr(0, kMaxRaw)),
      Bytes(std::string_view(rejection.raw_value).substr(0, kMaxRaw)));
  // A flood of bad records must not fill the disk.
  transaction.exec_params(
      "DELETE FROM bus_rejected_record WHERE id < (SELECT max(id) FROM bus_rejected_record) - $1::bigint",
      kMaxRejected);
}

std::vector<RetryingKey> InboxStore::Retrying(pqxx::transaction_base& transaction) const {
  std::vector<RetryingKey> keys;
  for (const auto& row : transaction.exec_params("SELECT topic, key, attempts, releases FROM bus_parked_key WHERE "
                                                 "consumer = $1 AND state = 'RETRYING' ORDER BY since LIMIT 1000",
                                                 consumer_)) {
    keys.push_back({{row[0].c_str(), row[1].c_str()}, row[2].as<int>(), row[3].as<int>()});
  }
  return keys;
}

bool InboxStore::LockKey(pqxx::transaction_base& transaction, const KeyOfTopic& key) const {
  return !transaction
              .exec_params(
                  "SELECT 1 FROM bus_parked_key WHERE consumer = $1 AND topic = $2 AND key = $3 AND state = "
                  "'RETRYING' FOR UPDATE SKIP LOCKED",
                  consumer_, key.first, key.second)
              .empty();
}

std::optional<std::pair<std::int64_t, ReceivedEvent>> InboxStore::First(pqxx::transaction_base& transaction,
                                                                        const KeyOfTopic& key) const {
  const pqxx::result result = transaction.exec_params(
      "SELECT position, partition, record_offset, ce_id, ce_source, type, traceparent, generation, (extract(epoch FROM "
      "ce_time) * 1000000)::bigint, payload FROM bus_parked_record WHERE consumer = $1 AND topic = $2 AND key = $3 "
      "ORDER "
      "BY position LIMIT 1",
      consumer_, key.first, key.second);
  if (result.empty()) return std::nullopt;
  const pqxx::row row = result[0];
  ReceivedEvent event;
  event.topic = key.first;
  event.key = key.second;
  event.partition = row[1].as<std::int32_t>();
  event.offset = row[2].as<std::int64_t>();
  event.id = row[3].c_str();
  event.source = row[4].c_str();
  event.type = row[5].c_str();
  event.traceparent = row[6].c_str();
  event.generation = row[7].as<std::int64_t>();
  event.time = absl::FromUnixMicros(row[8].as<std::int64_t>());
  if (!row[9].is_null()) event.payload = pqxx::binarystring(row[9]).str();
  return std::pair(row[0].as<std::int64_t>(), std::move(event));
}

void InboxStore::RemoveFirst(pqxx::transaction_base& transaction, const KeyOfTopic& key, std::int64_t position) const {
  transaction.exec_params(
      "WITH gone AS (DELETE FROM bus_parked_record WHERE consumer = $1 AND topic = $2 AND key = $3 AND position = $4) "
      "UPDATE bus_parked_key SET attempts = 0 WHERE consumer = $1 AND topic = $2 AND key = $3",
      consumer_, key.first, key.second, position);
}

void InboxStore::RemoveKey(pqxx::transaction_base& transaction, const KeyOfTopic& key) const {
  transaction.exec_params("DELETE FROM bus_parked_key WHERE consumer = $1 AND topic = $2 AND key = $3", consumer_,
                          key.first, key.second);
}

int InboxStore::CountFailure(pqxx::transaction_base& transaction, const KeyOfTopic& key, std::string_view error,
                             int max_attempts) const {
  const pqxx::result result = transaction.exec_params(
      "UPDATE bus_parked_key SET attempts = attempts + 1, last_error = $4, state = CASE WHEN attempts + 1 >= $5 THEN "
      "'PARKED' ELSE state END WHERE consumer = $1 AND topic = $2 AND key = $3 RETURNING attempts",
      consumer_, key.first, key.second, CleanError(error), max_attempts);
  return result.empty() ? 0 : result[0][0].as<int>();
}

ParkedCounts InboxStore::Count(pqxx::transaction_base& transaction, int at_most) const {
  const pqxx::row row = transaction.exec_params1(
      "SELECT count(*) FILTER (WHERE state = 'RETRYING'), count(*) FILTER (WHERE state = 'PARKED'), (SELECT count(*) "
      "FROM "
      "(SELECT 1 FROM bus_parked_record WHERE consumer = $1 LIMIT $2) AS counted) FROM bus_parked_key WHERE consumer = "
      "$1",
      consumer_, at_most);
  return {row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>()};
}

std::int64_t InboxStore::Prune(pqxx::transaction_base& transaction, absl::Duration retention) const {
  return transaction
      .exec_params(
          "DELETE FROM bus_inbox WHERE ctid = ANY (ARRAY (SELECT ctid FROM bus_inbox WHERE received_at < now() - "
          "make_interval(secs => $1::float8) ORDER BY received_at LIMIT $2)) AND consumer = $3",
          absl::ToDoubleSeconds(retention), kPruneAtMost, consumer_)
      .affected_rows();
}

}  // namespace sluice::bus
