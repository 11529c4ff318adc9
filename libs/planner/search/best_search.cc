#include "libs/planner/search/best_search.h"

#include <utility>

#include "libs/planner/search/least_bytes.h"

namespace sluice::planner {
namespace {

// In replicas. With fewer a plan is a matter of a few moves; with more the first is good, and takes long enough.
constexpr size_t kLeastReplicas = 1000, kMostReplicas = 40'000;
// Times what any plan has to copy; closer than this another try finds nothing worth its time.
constexpr double kCloseEnough = 1.005;
// Times the work of the first: what takes longer hunts for what is not there.
constexpr int64_t kMostWork = 3;

// Of hundreds of brokers larger samples find the few moves that do (xl-add: 4 % fewer), and there is time for them.
constexpr size_t kManyReplicas = 200'000;
constexpr ReplicaBalancer::Sampling kSamplingOfMany = {.push = 700, .pull = 256};

constexpr ReplicaBalancer::Sampling kFurtherTries[] = {
    {.push = 700, .pull = 256},
    {.push = 400, .pull = 256, .turn = 5},
    {.push = 500, .pull = 96, .turn = 11},
    {.push = 2000, .pull = 512, .least_moves = 1, .most_moves = 4},
};

}  // namespace

std::unique_ptr<Search> BestSearch(const Snapshot& snapshot, const PlanOptions& options, WorkBudget& budget) {
  const size_t replicas = snapshot.replicas.size();
  auto best = std::make_unique<Search>(snapshot, options, budget,
                                       replicas > kManyReplicas ? kSamplingOfMany : ReplicaBalancer::Sampling{});
  const double least_mb = LeastBytesMb(best->state(), best->goal());
  best->Run();
  if (options.mode != Mode::kEvenOut || options.work > 0 || replicas < kLeastReplicas || replicas > kMostReplicas) {
    return best;
  }
  // All share one budget: where the first took most of it, no other would come to its end.
  const int64_t usual = budget.used();
  for (const ReplicaBalancer::Sampling& sampling : kFurtherTries) {
    const Search::Outcome reached = best->outcome();
    if (budget.left() < usual || (reached.brokers_outside == 0 && reached.bytes_mb <= kCloseEnough * least_mb)) break;
    auto next = std::make_unique<Search>(snapshot, options, budget, sampling);
    budget.KeepBackAllBut(kMostWork * usual);
    next->Run();
    budget.GiveBack();
    if (next->outcome() < reached) best = std::move(next);
  }
  return best;
}

}  // namespace sluice::planner
