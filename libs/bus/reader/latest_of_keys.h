#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/bus/event.h"

namespace sluice::bus {

// The last event of each key, in the order in which those came. Bounded by the number of keys. Pure.
class LatestOfKeys {
 public:
  // Takes the place of what its key had.
  void Put(ReceivedEvent event);
  // The first `count` at most; they are no longer here.
  std::vector<ReceivedEvent> TakeFirst(std::size_t count);
  bool empty() const { return events_.empty(); }

 private:
  std::int64_t next_ = 0;
  std::map<std::int64_t, ReceivedEvent> events_;
  std::map<std::string, std::int64_t> place_of_key_;
};

}  // namespace sluice::bus
