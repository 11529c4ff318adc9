#pragma once

#include <memory>
#include <string>

#include "libs/bus/outbox/backlog.h"
#include "libs/bus/outbox/pg_outbox.h"
#include "libs/bus/outbox/relay_wakeup.h"
#include "libs/clock/random.h"
#include "libs/metrics/metrics.h"
#include "libs/postgres/pool.h"
#include "libs/testing/postgres_fixture.h"
#include "services/balancer-planner/adapters/postgres/pg_rebalance_store.h"

namespace sluice::balancer_planner {

// PgRebalanceStore with all it needs.
struct StoreWorld {
  explicit StoreWorld(const postgres::ConnectOptions& options);

  const postgres::ConnectOptions database;
  metrics::Registry metrics;
  postgres::Pool pool;
  clock::RandomIdSource ids;
  bus::Backlog backlog;
  bus::RelayWakeup wakeup;
  bus::PgOutbox outbox;
  PgRebalanceStore store;
};

// On a new database of that name, with its tables and the bus's.
std::unique_ptr<StoreWorld> NewStoreWorld(sluice::testing::PostgresFixture& server, const std::string& name);

}  // namespace sluice::balancer_planner
