#include "cli/plan/plan_plot.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/plan/broker_bars.h"

namespace sluice::cli {
namespace {

constexpr int kBarCells = 24;
constexpr size_t kMostInTerminal = 24;

// `part` of kBarCells in eighths of a cell.
std::string Bar(double part) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = std::clamp(static_cast<int>(std::lround(part * kBarCells * 8)), 0, kBarCells * 8);
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kEighths[eighths % 8];
  for (int i = (eighths + 7) / 8; i < kBarCells; ++i) bar += "·";
  return bar;
}

std::string TerminalLine(const BarPanel& panel, const BrokerBar& bar) {
  auto over = [&](double value) { return panel.has_limit && value > 1 ? "!" : " "; };
  return absl::StrFormat("  %-16s %3.0f%%%s %s  %3.0f%%%s %s\n",
                         absl::StrCat(bar.id, bar.state.empty() ? "" : " ", bar.state), bar.before * 100,
                         over(bar.before), Bar(bar.before / panel.full), bar.after * 100, over(bar.after),
                         Bar(bar.after / panel.full));
}

std::string Range(const BarPanel& panel, double BrokerBar::*when) {
  double most = 0, least = 1e300;
  for (const BrokerBar& bar : panel.bars) {
    if (bar.state == "dead" || bar.state == "leaves") continue;
    most = std::max(most, bar.*when);
    least = std::min(least, bar.*when);
  }
  return absl::StrFormat("%.0f–%.0f%%", std::min(least, most) * 100, most * 100);
}

// --- SVG ---

constexpr double kLeft = 64, kWidth = 880, kHeight = 150, kPanelPitch = 215, kTop = 76;
constexpr const char* kBefore = "#b9c6d6";
constexpr const char* kAfter = "#1f5fa8";
constexpr const char* kOver = "#c62828";

void AppendText(double x, double y, const char* style, const std::string& text, std::string& svg) {
  absl::StrAppendFormat(&svg, "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, style, text);
}

void AppendBar(double x, double bottom, double width, double height, const char* colour, const std::string& tip,
               std::string& svg) {
  absl::StrAppendFormat(
      &svg, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"><title>%s</title></rect>\n", x,
      bottom - height, width, height, colour, tip);
}

void AppendGrid(const BarPanel& panel, double top, double scale, std::string& svg) {
  for (int quarter = 0; quarter <= 8; ++quarter) {
    const double value = quarter * 0.25;
    if (value > scale + 1e-9 || (scale > 1.3 && quarter % 2 == 1)) continue;
    const double y = top + kHeight * (1 - value / scale);
    const bool is_whole = quarter == 4;
    absl::StrAppendFormat(&svg, "<line x1=\"%.0f\" y1=\"%.1f\" x2=\"%.0f\" y2=\"%.1f\" stroke=\"%s\"%s/>\n", kLeft, y,
                          kLeft + kWidth, y, is_whole && panel.has_limit ? kOver : "#dddddd",
                          is_whole && panel.has_limit ? " stroke-dasharray=\"6 4\"" : "");
    AppendText(kLeft - 8, y + 4, "text-anchor=\"end\" fill=\"#555\"", absl::StrFormat("%d%%", quarter * 25), svg);
  }
}

void AppendPanel(const BarPanel& panel, double top, std::string& svg) {
  double most = 1;
  for (const BrokerBar& bar : panel.bars) most = std::max({most, bar.before, bar.after});
  const double scale = std::min(2.0, most * 1.05);
  AppendText(kLeft, top - 12, "font-size=\"15\" font-weight=\"bold\"",
             absl::StrCat(panel.title, ", ", panel.measure, ": ", Range(panel, &BrokerBar::before), " → ",
                          Range(panel, &BrokerBar::after)),
             svg);
  AppendGrid(panel, top, scale, svg);
  const double slot = kWidth / panel.bars.size();
  const double width = std::max(0.4, slot * 0.4);
  // Labels every so many brokers that they do not run into one another.
  const size_t label_every = std::max<size_t>(1, std::ceil(28 / slot));
  for (size_t b = 0; b < panel.bars.size(); ++b) {
    const BrokerBar& bar = panel.bars[b];
    const double x = kLeft + b * slot + slot * 0.1;
    const std::string tip =
        absl::StrFormat("broker %d%s%s: %.0f %% → %.0f %% %s", bar.id, bar.state.empty() ? "" : ", ", bar.state,
                        bar.before * 100, bar.after * 100, panel.measure);
    auto colour = [&](double value, const char* normal) { return panel.has_limit && value > 1 ? kOver : normal; };
    auto height = [&](double value) { return std::min(value, scale) / scale * kHeight; };
    AppendBar(x, top + kHeight, width, height(bar.before), colour(bar.before, kBefore), tip, svg);
    AppendBar(x + width, top + kHeight, width, height(bar.after), colour(bar.after, kAfter), tip, svg);
    if (b % label_every == 0) {
      const bool marked = !bar.state.empty();
      AppendText(x + width, top + kHeight + 15,
                 marked ? "text-anchor=\"middle\" font-weight=\"bold\"" : "text-anchor=\"middle\"",
                 absl::StrCat(bar.id, slot > 60 && marked ? " " : "", slot > 60 ? bar.state : ""), svg);
    }
  }
}

}  // namespace

std::string PlotForTerminal(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  std::string text;
  for (const BarPanel& panel : BarPanels(snapshot, plan)) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", panel.title, ", ", panel.measure, ": ",
                    Range(panel, &BrokerBar::before), " → ", Range(panel, &BrokerBar::after), "\n");
    absl::StrAppendFormat(&text, "  %-16s %-31s  %s\n", "broker", "before", "after");
    const size_t brokers = panel.bars.size();
    for (size_t i = 0; i < brokers; ++i) {
      const bool all = brokers <= kMostInTerminal;
      if (!all && i == kMostInTerminal / 2) {
        absl::StrAppend(&text, "  … ", brokers - kMostInTerminal, " between them …\n");
        i = brokers - kMostInTerminal / 2;
      }
      text += TerminalLine(panel, panel.bars[all ? i : panel.by_before[i]]);
    }
  }
  return text;
}

std::string PlotAsSvg(const planner::Snapshot& snapshot, const planner::Plan& plan) {
  const std::vector<BarPanel> panels = BarPanels(snapshot, plan);
  const double height = kTop + kPanelPitch * panels.size();
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
      kLeft + kWidth + 16, height, kLeft + kWidth + 16, height);
  const std::pair<const char*, const char*> legend[] = {
      {kBefore, "before"}, {kAfter, "after"}, {kOver, "above the limit"}};
  double x = kLeft;
  for (const auto& [colour, words] : legend) {
    absl::StrAppendFormat(&svg, "<rect x=\"%.0f\" y=\"14\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", x, colour);
    AppendText(x + 18, 24, "", words, svg);
    x += 90;
  }
  for (size_t i = 0; i < panels.size(); ++i) AppendPanel(panels[i], kTop + kPanelPitch * i, svg);
  svg += "</svg>\n";
  return svg;
}

}  // namespace sluice::cli
