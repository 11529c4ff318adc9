#pragma once

#include "absl/status/status.h"
#include "libs/kafka_client/connection.h"
#include "services/balancer-planner/adapters/postgres/pg_rebuild.h"

namespace sluice::balancer_planner {

// Fills an empty database from the events of rebalances, each as its newest event has it; says nothing. An open one has
// no moves then: it goes on as its data plane was told, and ends as FAILED (PLAN_LOST) where more would have to be
// said.
//
// FAILED_PRECONDITION DATABASE_NOT_EMPTY; DEADLINE_EXCEEDED when the topic gives nothing for 30 s.
absl::Status RebuildFromEvents(const kafka_client::ConnectionOptions& kafka, PgRebuild& rebuild);

}  // namespace sluice::balancer_planner
