#include "services/balancer-planner/adapters/postgres/testing/store_world.h"

#include <gtest/gtest.h>

#include "libs/bus/schema/bus_migrations.h"
#include "libs/clock/clock.h"
#include "libs/postgres/migrations.h"
#include "services/balancer-planner/migrations/balancer_planner_migrations.h"

namespace sluice::balancer_planner {

StoreWorld::StoreWorld(const postgres::ConnectOptions& options)
    : database(options),
      pool({.connect = options, .size = 8}, clock::RealClock(), clock::CryptoRandom(), nullptr),
      ids(clock::RealClock(), clock::CryptoRandom()),
      backlog({}),
      wakeup(options, clock::CryptoRandom()),
      outbox(backlog, wakeup, ids),
      store({pool, outbox, clock::RealClock(), metrics}) {}

std::unique_ptr<StoreWorld> NewStoreWorld(sluice::testing::PostgresFixture& server, const std::string& name) {
  const postgres::ConnectOptions options = *server.CreateDatabase(name);
  EXPECT_TRUE(postgres::Migrate(options, "bus", bus::BusMigrations()).ok());
  EXPECT_TRUE(postgres::Migrate(options, "balancer-planner", BalancerPlannerMigrations()).ok());
  return std::make_unique<StoreWorld>(options);
}

}  // namespace sluice::balancer_planner
