#include "cli/output/table.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace sluice::cli {
namespace {

std::string Spaces(std::size_t count) { return std::string(count, ' '); }

}  // namespace

void Table::Print(std::ostream& out, bool colour, int indent) const {
  if (rows_.empty()) {
    if (!nothing_.empty()) out << Spaces(indent) << Paint({nothing_, Tone::kFaint}, colour) << "\n";
    return;
  }
  std::vector<std::size_t> widths;
  for (const std::string& title : titles_) widths.push_back(Width(title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i].text));
  }
  const auto print_row = [&](const std::vector<Cell>& row) {
    out << Spaces(indent);
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << Paint(row[i], colour);
      // The last column is not padded: no spaces at a line's end.
      if (i + 1 < row.size()) out << Spaces(widths[i] - Width(row[i].text) + 2);
    }
    out << "\n";
  };
  std::vector<Cell> header;
  for (const std::string& title : titles_) header.emplace_back(title, Tone::kStrong);
  print_row(header);
  for (const auto& row : rows_) print_row(row);
}

void Sheet::Add(std::string label, Cell value) {
  if (!value.text.empty()) lines_.emplace_back(std::move(label), std::move(value));
}

void Sheet::Print(std::ostream& out, bool colour, int indent) const {
  std::size_t width = 0;
  for (const auto& [label, value] : lines_) width = std::max(width, Width(label));
  for (const auto& [label, value] : lines_) {
    out << Spaces(indent) << Paint({label, Tone::kFaint}, colour) << Spaces(width - Width(label) + 2)
        << Paint(value, colour) << "\n";
  }
}

}  // namespace sluice::cli
