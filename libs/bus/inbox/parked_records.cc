#include "libs/bus/inbox/parked_records.h"

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/log/log.h"

namespace sluice::bus {
namespace {

constexpr char kRelease[] =
    "UPDATE bus_parked_key SET state = 'RETRYING', attempts = 0, releases = releases + 1 WHERE consumer = $1 AND topic "
    "= "
    "$2 AND key = $3";

absl::Status NotFound(const std::string& consumer, const std::string& topic, const std::string& key) {
  return MakeError(absl::StatusCode::kNotFound, consumer + " has not parked " + key + " of " + topic,
                   {.reason = "PARKED_KEY_NOT_FOUND"});
}

absl::Time TimeOf(const pqxx::field& micros) { return absl::FromUnixMicros(micros.as<std::int64_t>()); }

}  // namespace

absl::StatusOr<std::vector<ParkedKey>> ParkedRecords::List(const std::string& consumer, int limit) {
  return pool_.Query<std::vector<ParkedKey>>(
      {.read_only = true, .single_statement = true},
      [&](pqxx::transaction_base& transaction) -> absl::StatusOr<std::vector<ParkedKey>> {
        std::vector<ParkedKey> keys;
        for (const auto& row : transaction.exec_params(
                 "SELECT consumer, topic, key, state, attempts, (SELECT count(*) FROM bus_parked_record AS r WHERE "
                 "r.consumer = k.consumer AND r.topic = k.topic AND r.key = k.key), last_error, (extract(epoch FROM "
                 "since) "
                 "* 1000000)::bigint FROM bus_parked_key AS k WHERE $1 = '' OR consumer = $1 ORDER BY since LIMIT $2",
                 consumer, limit)) {
          keys.push_back({row[0].c_str(), row[1].c_str(), row[2].c_str(), row[3].c_str(), row[4].as<int>(),
                          row[5].as<std::int64_t>(), row[6].c_str(), TimeOf(row[7])});
        }
        return keys;
      });
}

absl::StatusOr<std::vector<RejectedRecord>> ParkedRecords::ListRejected(const std::string& consumer, int limit) {
  return pool_.Query<std::vector<RejectedRecord>>(
      {.read_only = true, .single_statement = true},
      [&](pqxx::transaction_base& transaction) -> absl::StatusOr<std::vector<RejectedRecord>> {
        std::vector<RejectedRecord> records;
        for (const auto& row : transaction.exec_params(
                 "SELECT consumer, topic, partition, record_offset, reason, error, (extract(epoch FROM time) * "
                 "1000000)::bigint FROM bus_rejected_record WHERE $1 = '' OR consumer = $1 ORDER BY id LIMIT $2",
                 consumer, limit)) {
          records.push_back({row[0].c_str(), row[1].c_str(), row[2].as<std::int32_t>(), row[3].as<std::int64_t>(),
                             row[4].c_str(), row[5].c_str(), TimeOf(row[6])});
        }
        return records;
      });
}

absl::Status ParkedRecords::Release(const std::string& consumer, const std::string& topic, const std::string& key) {
  return pool_.InTransaction([&](pqxx::transaction_base& transaction) {
    if (transaction.exec_params(kRelease, consumer, topic, key).affected_rows() == 0) {
      return NotFound(consumer, topic, key);
    }
    log::Info("parked key released", {{"consumer", consumer}, {"topic", topic}, {"key", key}});
    return absl::OkStatus();
  });
}

absl::Status ParkedRecords::DiscardFirst(const std::string& consumer, const std::string& topic,
                                         const std::string& key) {
  return pool_.InTransaction([&](pqxx::transaction_base& transaction) {
    // The key's row first: whoever handles its records holds it.
    if (transaction.exec_params(kRelease, consumer, topic, key).affected_rows() == 0) {
      return NotFound(consumer, topic, key);
    }
    const pqxx::result gone = transaction.exec_params(
        "DELETE FROM bus_parked_record WHERE (consumer, topic, key, position) IN (SELECT consumer, topic, key, "
        "position "
        "FROM bus_parked_record WHERE consumer = $1 AND topic = $2 AND key = $3 ORDER BY position LIMIT 1) RETURNING "
        "ce_source, ce_id",
        consumer, topic, key);
    if (!gone.empty()) {
      log::Warn("parked record discarded", {{"consumer", consumer},
                                            {"topic", topic},
                                            {"key", key},
                                            {"ce_source", gone[0][0].c_str()},
                                            {"ce_id", gone[0][1].c_str()}});
    }
    return absl::OkStatus();
  });
}

}  // namespace sluice::bus
