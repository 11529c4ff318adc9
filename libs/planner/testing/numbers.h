#pragma once

#include <cmath>
#include <cstdint>

namespace sluice::planner::testing {

// SplitMix64 (Steele et al., OOPSLA 2014): the same numbers on every machine, unlike <random>'s distributions.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  int Below(int bound) { return Next() % bound; }
  int Between(int least, int most) { return least + Below(most - least + 1); }
  bool OneIn(int times) { return Below(times) == 0; }
  double Unit() { return (Next() >> 11) * 0x1p-53; }
  double Exponential() { return -std::log(1 - Unit()); }

 private:
  uint64_t state_;
};

}  // namespace sluice::planner::testing
