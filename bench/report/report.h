#pragma once

#include <nlohmann/json.hpp>
#include <vector>

// What the benchmarks print: one JSON line a figure, with the machine that it was taken on.
namespace sluice::bench {

// The value that `share` (0 to 1) of all are not above, without interpolation; 0 of nothing.
double Quantile(std::vector<double> values, double share);

// Prints `figure`, with cores, kernel and load average under "machine".
void Print(nlohmann::json figure);

}  // namespace sluice::bench
