// An entry for libFuzzer: eight bytes are the seed of a cluster, each eight more the seed of a change to its facts, so
// that changes can be added, left out and combined one by one.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "libs/planner/testing/facts_mutation.h"

namespace {

constexpr size_t kMostChanges = 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  uint64_t seed = 0;
  if (size < sizeof(seed)) return 0;
  std::memcpy(&seed, data, sizeof(seed));
  sluice::planner::testing::SnapshotFacts facts = sluice::planner::testing::RandomFacts(seed);
  for (size_t change = 1; change <= kMostChanges && (change + 1) * sizeof(seed) <= size; ++change) {
    std::memcpy(&seed, data + change * sizeof(seed), sizeof(seed));
    sluice::planner::testing::Numbers numbers(seed);
    sluice::planner::testing::Mutate(facts, numbers);
  }
  const std::string wrong = sluice::planner::testing::WrongWith(facts);
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}
