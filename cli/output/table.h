#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cli/output/style.h"

namespace sluice::cli {

// Aligned columns under titles. Nothing is printed for a table without rows but `nothing`.
class Table {
 public:
  explicit Table(std::vector<std::string> titles, std::string nothing = "")
      : titles_(std::move(titles)), nothing_(std::move(nothing)) {}

  // As many cells as there are titles.
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  void Print(std::ostream& out, bool colour, int indent = 0) const;

 private:
  const std::vector<std::string> titles_;
  const std::string nothing_;
  std::vector<std::vector<Cell>> rows_;
};

// One thing told line by line: labels on the left, what they say on the right.
class Sheet {
 public:
  // Left out when the value is empty.
  void Add(std::string label, Cell value);
  void Print(std::ostream& out, bool colour, int indent = 0) const;

 private:
  std::vector<std::pair<std::string, Cell>> lines_;
};

}  // namespace sluice::cli
