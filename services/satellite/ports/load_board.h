#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "sluice/satellite/v1/load.pb.h"

namespace sluice::satellite {

struct LoadReading {
  satellite::v1::LoadSample sample;
  // On clock::Clock::MonotonicNow: a reader judges the age itself, missing or old is not good news.
  absl::Duration taken_at;
};

// The newest load of each physical cluster, for the safety gate. Thread-safe.
class LoadBoard {
 public:
  void Put(LoadReading reading);
  void Remove(const std::string& physical_cluster);
  std::optional<LoadReading> Latest(const std::string& physical_cluster) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, LoadReading> readings_;
};

}  // namespace sluice::satellite
