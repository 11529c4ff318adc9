#include "libs/bus/reader/latest_of_keys.h"

#include <utility>

namespace sluice::bus {

void LatestOfKeys::Put(ReceivedEvent event) {
  const auto [place, is_new] = place_of_key_.try_emplace(event.key, next_);
  if (!is_new) {
    events_.erase(place->second);
    place->second = next_;
  }
  events_.emplace(next_++, std::move(event));
}

std::vector<ReceivedEvent> LatestOfKeys::TakeFirst(std::size_t count) {
  std::vector<ReceivedEvent> taken;
  while (!events_.empty() && taken.size() < count) {
    place_of_key_.erase(events_.begin()->second.key);
    taken.push_back(std::move(events_.begin()->second));
    events_.erase(events_.begin());
  }
  return taken;
}

}  // namespace sluice::bus
