#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "cli/output/output.h"

namespace sluice::cli {

// What scripts may rely on; docs/cli.md lists them.
enum ExitCode {
  kOk = 0,
  kError = 1,
  kUsage = 2,
  kNotFound = 3,
  // It exists already, or its state or someone else's change does not allow it.
  kConflict = 4,
  kNotAllowed = 5,
  // Out of reach, too slow, or over a rate limit: the same command may succeed later.
  kUnavailable = 6,
  kOperationFailed = 7,
  // ^C
  kInterrupted = 130,
};

// `status` as the end of an operation: its exit code is kOperationFailed, whatever its own code.
absl::Status AsOperationFailure(absl::Status status);

ExitCode ExitCodeOf(const absl::Status& status);

// NOT_FOUND and so on: the canonical code's name.
std::string_view CodeName(absl::StatusCode code);

// {"code","reason","message","field","remedy","metadata"}
Document ErrorDocument(const absl::Status& status);

// Says on stderr what went wrong, why, in which field, what to do, and the trace to give to the platform's people.
void ReportError(Output& output, const absl::Status& status, std::string_view trace_id);

}  // namespace sluice::cli
