#pragma once

#include <cstdint>
#include <string>

#include "libs/planner/testing/numbers.h"
#include "libs/planner/testing/snapshot_facts.h"

namespace sluice::planner::testing {

// Breaks facts as bad callers do: unknown and repeated brokers, loads that are negative, missing, endless or huge, no
// capacity, log dirs that are not there, partitions twice, all brokers dead.
void Mutate(SnapshotFacts& facts, Numbers& numbers);

// What a plan for `facts` does wrong; empty when the facts are refused with a field named, or planned for without a
// step that breaks anything.
std::string WrongWith(const SnapshotFacts& facts);

}  // namespace sluice::planner::testing
