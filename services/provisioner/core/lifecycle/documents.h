#pragma once

#include <string>

#include "absl/time/time.h"
#include "services/provisioner/core/model/cluster_family.h"

// The desired documents of a cluster: always derived whole from what is wished, with a generation that grows when, and
// only when, something in them changes.
namespace sluice::provisioner {

DesiredDocument* FindDocument(ClusterFamily& family, const std::string& key);
// The logical document at its present placement; null while it is not placed.
DesiredDocument* PlacedDocument(ClusterFamily& family);
PhysicalCluster* FindPhysical(ClusterFamily& family, const std::string& uid);

// The wish for the cluster as its cluster row and keys say, with the topic wishes that are under way now.
LogicalSpec SpecOf(ClusterFamily& family);

// Says `spec` at the present placement. Gives the document's generation then; 0 when the cluster is not placed.
int64_t Say(ClusterFamily& family, const LogicalSpec& spec, absl::Time now);
int64_t Say(DesiredDocument& document, const std::variant<PhysicalSpec, LogicalSpec>& wish, bool deleted,
            absl::Time now);

// A new document, generation 1.
DesiredDocument NewDocument(const std::string& key, const Placement& placement, const std::string& cluster_uid,
                            std::variant<PhysicalSpec, LogicalSpec> wish, absl::Time now);

// Marks deleted what may go now: logical documents first, a physical cluster's own only when no logical one is left on
// it. `keep_placed`: all but the present placement's.
void DeleteDocuments(ClusterFamily& family, bool keep_placed, absl::Time now);
// Takes a document that is gone out of the family, with its status and, of a DEDICATED one, its physical cluster.
void DropDocument(ClusterFamily& family, const std::string& key);

}  // namespace sluice::provisioner
