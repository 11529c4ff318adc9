#pragma once

#include <vector>

#include "libs/postgres/migrations.h"

namespace sluice::bus {

// The tables of outbox, relay lease, inbox and parked records. Run before the service's own:
//   RETURN_IF_ERROR(postgres::Migrate(options, "bus", bus::BusMigrations()));
//   RETURN_IF_ERROR(postgres::Migrate(options, "provisioner", ProvisionerMigrations()));
std::vector<postgres::Migration> BusMigrations();

}  // namespace sluice::bus
