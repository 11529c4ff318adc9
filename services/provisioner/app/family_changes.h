#pragma once

#include <vector>

#include "absl/time/time.h"
#include "services/provisioner/core/model/cluster_family.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// What must be written for `before` to become `after`: each row that differs, appeared or went. Puts `now` in as the
// update_time of those that differ.
std::vector<Write> ChangesOf(const ClusterFamily& before, ClusterFamily after, absl::Time now);

// A new row, a changed one, one that goes.
Write NewRow(Aggregate aggregate);
Write UpdatedRow(Aggregate after, absl::Time now);
Write ErasedRow(Aggregate aggregate);

}  // namespace sluice::provisioner
