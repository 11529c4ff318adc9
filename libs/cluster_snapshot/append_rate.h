#pragma once

#include <cstdint>
#include <optional>

namespace sluice::cluster_snapshot {

// A partition's log on its leader at one moment.
struct LogSample {
  double size_mb = 0;
  int64_t start_offset = 0;
  int64_t end_offset = 0;
};

// What is appended to the log, KB/s, from two looks at it `seconds` apart (> 0).
//
// While nothing was deleted in between (the start stayed, the log did not shrink) it is what the log has grown by.
// Where retention or compaction took something away, it is the new records times the mean size of those that the log
// holds; that is too little for a tiered partition, whose log holds fewer records than its offsets span. Unset when the
// offsets went back, as after an unclean election, or when nothing is known of a record's size.
std::optional<double> AppendRateKbps(const LogSample& first, const LogSample& second, double seconds);

}  // namespace sluice::cluster_snapshot
