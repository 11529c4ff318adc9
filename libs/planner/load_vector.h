#pragma once

#include <array>

namespace sluice::planner {

// What is kept even over the brokers. kPotentialOut is the network out that a broker would have were it to lead every
// partition that it holds: what a failure of others can put on it.
enum Dimension {
  kReplicas = 0,
  kLeaders = 1,
  kDiskUse = 2,
  kIn = 3,
  kOut = 4,
  kCpuUse = 5,
  kPotentialOut = 6,
};
inline constexpr int kDimensions = 7;
inline constexpr std::array<const char*, kDimensions> kDimensionNames = {
    "replicas", "leaders", "disk", "nwIn", "nwOut", "cpu", "potential nwOut"};

// Padded to a power of two, so that one broker is one cache line of doubles.
using LoadVector = std::array<double, 8>;

}  // namespace sluice::planner
