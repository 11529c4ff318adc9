#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/nouns/rebalance_target.h"
#include "cli/run/session.h"

namespace sluice::cli {

// Shows a rebalance until it has ended, or ^C; a balancer that is away meanwhile is asked again. Not OK
// (REBALANCE_NOT_DONE) unless it ended as DONE.
absl::Status WatchRebalanceByName(Session& session, const std::string& name);

// Of `target`: the one that was named, else the open one, one that ended half a minute ago or less if the cluster is
// not being changed again since, or the next that begins within --timeout or two minutes. NOT_FOUND (NO_REBALANCE),
// with what the balancer waits for, when none did.
absl::Status WatchRebalance(Session& session, const RebalanceTarget& target);

}  // namespace sluice::cli
