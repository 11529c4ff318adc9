#pragma once

#include "absl/time/time.h"
#include "services/provisioner/core/model/cluster_family.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// Adds to `mutation` what makes `after` of `before`: each row that differs, appeared or went, and what became of
// topics. Puts `now` in as the update_time of rows that differ.
void AddChanges(const ClusterFamily& before, ClusterFamily after, absl::Time now, Mutation& mutation);

// A new row, a changed one, one that goes.
Write NewRow(Aggregate aggregate);
Write UpdatedRow(Aggregate after, absl::Time now);
Write ErasedRow(Aggregate aggregate);

}  // namespace sluice::provisioner
