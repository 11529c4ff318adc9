#pragma once

#include <algorithm>
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
  int64_t used() const { return given_ - left_ - kept_back_; }
  // For a part of the work that may take no more than `looks`: the rest is kept back until GiveBack().
  void KeepBackAllBut(int64_t looks) {
    kept_back_ = std::max<int64_t>(0, left_ - looks);
    left_ -= kept_back_;
  }
  void GiveBack() {
    left_ += kept_back_;
    kept_back_ = 0;
  }

 private:
  int64_t given_;
  int64_t kept_back_ = 0;
  int64_t left_;
};

}  // namespace sluice::planner
