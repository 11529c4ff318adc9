#pragma once

#include "absl/status/status.h"
#include "libs/kafka_client/connection.h"
#include "services/provisioner/adapters/postgres/pg_rebuild.h"

namespace sluice::provisioner {

// Fills an empty database from the topics: events of all aggregates, then each data plane's desired documents and
// statuses. Only reads, so it can run beside a live provisioner; what was remembered of request_ids is not in the
// topics and is lost. The rows' checksums are those of the database that said the events, once its outbox is empty.
absl::Status RebuildFromTopics(const kafka_client::ConnectionOptions& kafka, PgRebuild& rebuild);

}  // namespace sluice::provisioner
