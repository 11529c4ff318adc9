#include "libs/bus/schema/bus_migrations.h"

#include "libs/bus/schema/bus_migration_files.h"

namespace sluice::bus {

std::vector<postgres::Migration> BusMigrations() { return BusMigrationFiles(); }

}  // namespace sluice::bus
