#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "cli/run/session.h"

namespace sluice::cli {

// Asks again while the answer is that the load of `cluster` is not known, as it is for some seconds after the cluster
// was made and after a rebalance: up to --timeout or a minute, with progress on stderr. Gives the last answer, whatever
// it is; CANCELLED after ^C.
absl::Status AskUntilLoadIsKnown(Session& session, std::string_view cluster, const std::function<absl::Status()>& ask);

}  // namespace sluice::cli
