#include "bench/report/report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

namespace sluice::bench {
namespace {

double LoadAverage() {
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return load;
}

}  // namespace

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

void Print(nlohmann::json figure) {
  utsname name{};
  uname(&name);
  figure["machine"] = {
      {"cores", sysconf(_SC_NPROCESSORS_ONLN)}, {"kernel", name.release}, {"load_average_1m", LoadAverage()}};
  std::printf("%s\n", figure.dump().c_str());
  std::fflush(stdout);
}

}  // namespace sluice::bench
