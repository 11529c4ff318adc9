#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/planner/plan.h"
#include "libs/planner/snapshot.h"

namespace sluice::cli {

// What a person looks at of a plan: the brokers before and after, for one thing that they have.
struct BrokerBar {
  int32_t id = 0;
  std::string state;  // "new", "leaves", "dead", "cordoned", or empty
  // Of what BarPanel::measure says; 1 is all of it.
  double before = 0;
  double after = 0;
};

struct BarPanel {
  std::string title;    // "disk"
  std::string measure;  // "of its limit"
  bool has_limit = true;
  double full = 1;                // the value of a whole bar
  std::vector<BrokerBar> bars;    // in the snapshot's order
  std::vector<size_t> by_before;  // indexes of `bars`, the fullest first
};

// Disk, network in, network out and leaders. Where links have no limit they are shown relative to the busiest broker,
// leaders always relative to the mean of the brokers that stay.
std::vector<BarPanel> BarPanels(const planner::Snapshot& snapshot, const planner::Plan& plan);

}  // namespace sluice::cli
