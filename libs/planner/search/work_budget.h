#pragma once

#include <cstdint>

namespace sluice::planner {

// Work in looks at one candidate (about 10 ns each), not in seconds: the same snapshot and budget give the same plan on
// any machine. The shell turns seconds into looks.
class WorkBudget {
 public:
  explicit WorkBudget(int64_t looks) : given_(looks), left_(looks) {}
  void Spend(int64_t looks) { left_ -= looks; }
  bool spent() const { return left_ <= 0; }
  int64_t left() const { return left_; }
  int64_t used() const { return given_ - left_; }

 private:
  int64_t given_;
  int64_t left_;
};

}  // namespace sluice::planner
