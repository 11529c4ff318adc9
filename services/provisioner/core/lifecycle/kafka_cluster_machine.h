#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/provisioner/core/lifecycle/operation_machine.h"
#include "services/provisioner/core/model/cluster_family.h"

// A logical cluster's life. All functions change the family in place and nothing else; what they leave as it was is not
// written, so any of them may run again, late or twice.
//
// A change of a DEDICATED cluster's brokers that its data plane refuses, or that is cancelled, fails, and the wish
// before it is said again.
//
//   create ─► PROVISIONING ─► READY ◄─► UPDATING
//                │  │ ▲          │ ▲
//       refused by │ └ placed    ▼ │ heals
//        its cell  ▼            FAILED
//              PLACING ─► FAILED (nobody has room)
//   delete ─► DELETING (suspended until purge_time) ─ purge ─► documents deleted ─ GONE ─► erased
//                 └ undelete ─► UPDATING ─► READY
namespace sluice::provisioner {

// A deleted cluster can be undeleted for so long.
inline constexpr absl::Duration kUndeleteWindow = absl::Hours(24 * 7);

// A cluster as it is asked for, checked and with its defaults (core/validation), without a placement.
struct NewCluster {
  KafkaCluster cluster;
  OperationStart operation;
};
ClusterFamily StartCluster(NewCluster request);

// Puts an unplaced cluster on a cell.
void PlaceOnCell(ClusterFamily& family, const Placement& placement, int32_t replication_factor,
                 int32_t min_insync_replicas, absl::Time now);
// Puts an unplaced DEDICATED cluster on a physical cluster of its own: `physical` is new.
void PlaceOnOwn(ClusterFamily& family, PhysicalCluster physical, absl::Time now);
// Nobody has room: the create fails, the cluster stays for its owner to delete.
void FailPlacement(ClusterFamily& family, const std::string& message, absl::Time now);

// `wished` has the changed fields (checked). FAILED_PRECONDITION CLUSTER_DELETED, ABORTED OPERATION_IN_PROGRESS. With
// nothing to be done by a data plane (labels, protection) the operation is done at once.
absl::Status UpdateCluster(ClusterFamily& family, const KafkaCluster& wished, const OperationStart& start);

struct ClusterDeletion {
  bool force = false;
  bool purge_now = false;
  absl::Duration undelete_window = kUndeleteWindow;
};
// FAILED_PRECONDITION DELETION_PROTECTED, HAS_CHILDREN (topics, without force); ABORTED OPERATION_IN_PROGRESS. A delete
// of a deleted cluster with purge_now purges it.
absl::Status DeleteCluster(ClusterFamily& family, const ClusterDeletion& deletion, const OperationStart& start);
// FAILED_PRECONDITION CLUSTER_NOT_DELETED, PURGE_STARTED.
absl::Status UndeleteCluster(ClusterFamily& family, const OperationStart& start);
// Begins, or goes on with, the removal of a cluster whose purge_time is over.
void PurgeCluster(ClusterFamily& family, absl::Time now);

// Cancels a running operation of the family as far as that can be: a create is undone, and so is a change of a
// DEDICATED cluster's brokers; anything else goes on to its end.
void CancelOperation(ClusterFamily& family, const std::string& operation_uid, absl::Time now);

// What a status document said of this cluster: its own (key pkc/lkc) or, of a DEDICATED one, its physical cluster's. An
// old one, or one from a data plane that does not own that placement, changes nothing. After it the cluster may be
// PLACING: the caller asks the planner for another place and calls PlaceOn… or FailPlacement.
void ApplyStatus(ClusterFamily& family, const SeenStatus& status, absl::Time now);

// Whether it waits for a place.
bool WantsPlace(const ClusterFamily& family);

}  // namespace sluice::provisioner
