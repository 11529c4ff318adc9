#include "libs/cluster_snapshot/append_rate.h"

namespace sluice::cluster_snapshot {

std::optional<double> AppendRateKbps(const LogSample& first, const LogSample& second, double seconds) {
  const int64_t records = second.end_offset - first.end_offset;
  if (records < 0 || seconds <= 0) return std::nullopt;
  if (records == 0) return 0;
  const double grown_mb = second.size_mb - first.size_mb;
  if (second.start_offset == first.start_offset && grown_mb > 0) return grown_mb * 1000 / seconds;
  const int64_t held = second.end_offset - second.start_offset;
  if (held <= 0 || second.size_mb <= 0) return std::nullopt;
  return second.size_mb * 1000 / static_cast<double>(held) * static_cast<double>(records) / seconds;
}

}  // namespace sluice::cluster_snapshot
