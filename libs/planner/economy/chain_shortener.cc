#include "libs/planner/economy/chain_shortener.h"

#include <algorithm>
#include <utility>

namespace sluice::planner {
namespace {

// Of those that arrived, as many of the next smaller and of the next larger are looked at.
constexpr size_t kNeighbours = 6;

}  // namespace

ChainShortener::ChainShortener(ClusterState& state, const BalanceGoal& goal, WorkBudget& budget,
                               const ReasonLog& reasons)
    : state_(state), goal_(goal), budget_(budget), reasons_(reasons) {}

void ChainShortener::Run() {
  arrived_ = Arrivals(state_, reasons_);
  departed_ = Departures(state_, reasons_);
  for (int broker : state_.staying()) ShortenThrough(broker);
}

void ChainShortener::ShortenThrough(int broker) {
  std::vector<Moved>& arrived = arrived_[broker];
  std::vector<Moved>& departed = departed_[broker];
  std::sort(arrived.begin(), arrived.end());
  std::sort(departed.begin(), departed.end());
  // The largest first: it saves the most bytes.
  for (auto gone = departed.rbegin(); gone != departed.rend() && !arrived.empty() && !budget_.spent(); ++gone) {
    const std::span<const Moved> alike = Neighbours(arrived, *gone, kNeighbours);
    const Exchange exchange(state_, goal_, gone->slot, broker);
    const std::optional<Moved> goes_on = BestToGoOn(exchange, alike);
    budget_.Spend(2 * alike.size());
    if (!goes_on) continue;
    exchange.Apply(state_, goes_on->slot);
    arrived_[exchange.here()].push_back(*goes_on);
    arrived.erase(std::lower_bound(arrived.begin(), arrived.end(), *goes_on));
  }
}

std::optional<Moved> ChainShortener::BestToGoOn(const Exchange& exchange, std::span<const Moved> arrived) const {
  std::optional<Moved> best;
  std::pair<int, double> least;  // topics' excess first: of what the window lets pass, one is as good as another
  for (const Moved& moved : arrived) {
    const std::optional<double> cost = exchange.CostWith(moved.slot);
    if (!cost) continue;
    const std::pair<int, double> rank = {state_.SpreadChangeOfExchange(exchange.slot(), moved.slot), *cost};
    if ((best && rank >= least) || !exchange.IsAllowed(moved.slot)) continue;
    best = moved;
    least = rank;
  }
  return best;
}

}  // namespace sluice::planner
