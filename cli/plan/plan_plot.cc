#include "cli/plan/plan_plot.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::cli {
namespace {

constexpr int kPlotted[] = {planner::kDiskUse, planner::kIn, planner::kOut};
constexpr int kBarCells = 16;
constexpr size_t kMostInTerminal = 40;

double OfLimit(const planner::Snapshot& snapshot, size_t broker, int dimension, const planner::LoadVector& load) {
  return load[dimension] / snapshot.LimitOf(broker, dimension - planner::kDiskUse);
}

std::string Bar(double part) {
  const int full = std::clamp(static_cast<int>(std::lround(part * kBarCells)), 0, kBarCells);
  std::string bar;
  for (int i = 0; i < kBarCells; ++i) bar += i < full ? "█" : "·";
  return bar;
}

void AppendSvgPanel(const planner::Snapshot& snapshot, const std::vector<planner::LoadVector>& loads, int dimension,
                    double left, double top, const char* title, std::string& svg) {
  constexpr double kWidth = 420, kHeight = 120;
  absl::StrAppendFormat(&svg, "<text x=\"%.0f\" y=\"%.0f\" font-size=\"12\">%s</text>\n", left, top - 6, title);
  absl::StrAppendFormat(
      &svg, "<line x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\" stroke=\"#c33\" stroke-dasharray=\"4\"/>\n", left,
      top, left + kWidth, top);
  const double width = kWidth / loads.size();
  for (size_t b = 0; b < loads.size(); ++b) {
    const double part = OfLimit(snapshot, b, dimension, loads[b]);
    const double height = std::min(part, 1.2) * kHeight;
    absl::StrAppendFormat(&svg,
                          "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"><title>broker %d: "
                          "%.0f %% of the limit</title></rect>\n",
                          left + b * width, top + kHeight - height, std::max(0.5, width * 0.85), height,
                          part > 1 ? "#c33" : "#37a", snapshot.brokers[b].id, part * 100);
  }
}

}  // namespace

std::string PlotForTerminal(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  std::vector<size_t> shown(snapshot.brokers.size());
  std::iota(shown.begin(), shown.end(), 0);
  if (shown.size() > kMostInTerminal) {
    std::stable_sort(shown.begin(), shown.end(), [&](size_t a, size_t b) {
      return OfLimit(snapshot, a, planner::kDiskUse, plan.loads_before[a]) >
             OfLimit(snapshot, b, planner::kDiskUse, plan.loads_before[b]);
    });
    shown.erase(shown.begin() + kMostInTerminal / 2, shown.end() - kMostInTerminal / 2);
  }
  std::string text = absl::StrFormat("%-8s", "broker");
  for (int k : kPlotted)
    absl::StrAppendFormat(&text, "  %-*s", 2 * kBarCells + 13,
                          absl::StrCat(planner::kDimensionNames[k], " of its limit, before → after"));
  text += "\n";
  for (size_t b : shown) {
    absl::StrAppendFormat(&text, "%-8d", snapshot.brokers[b].id);
    for (int k : kPlotted) {
      const double before = OfLimit(snapshot, b, k, plan.loads_before[b]);
      const double after = OfLimit(snapshot, b, k, plan.loads_after[b]);
      absl::StrAppendFormat(&text, "  %s %3.0f%% %s %3.0f%%", Bar(before), before * 100, Bar(after), after * 100);
    }
    text += "\n";
  }
  if (shown.size() < snapshot.brokers.size()) {
    absl::StrAppend(&text, "(", snapshot.brokers.size() - shown.size(), " brokers between them are left out)\n");
  }
  return text;
}

std::string PlotAsSvg(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"920\" height=\"560\" font-family=\"sans-serif\">\n"
      "<rect width=\"920\" height=\"560\" fill=\"white\"/>\n";
  int row = 0;
  for (int k : kPlotted) {
    const double top = 50 + 175 * row++;
    AppendSvgPanel(snapshot, plan.loads_before, k, 20, top,
                   absl::StrCat(planner::kDimensionNames[k], " before, of its limit").c_str(), svg);
    AppendSvgPanel(snapshot, plan.loads_after, k, 480, top, absl::StrCat(planner::kDimensionNames[k], " after").c_str(),
                   svg);
  }
  svg += "</svg>\n";
  return svg;
}

}  // namespace sluice::cli
