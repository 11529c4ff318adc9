#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/run/session.h"
#include "google/longrunning/operations_proto.pb.h"

namespace sluice::cli {

// What every command that changes something takes.
struct MutationFlags {
  bool validate_only = false;
  std::string request_id;
  bool wait = false;
  bool no_wait = false;
};

// --validate-only and --request-id
void AddMutationFlags(CLI::App& verb, MutationFlags& flags);
// The same, and --wait (the default) or --no-wait.
void AddLongMutationFlags(CLI::App& verb, MutationFlags& flags);

// Puts request_id (one for the command and all its repeats) and validate_only into any request that has them.
template <typename Request>
void SetMutation(Session&, ApiClient& api, const MutationFlags& flags, Request& request) {
  request.set_request_id(flags.request_id.empty() ? api.NewRequestId() : flags.request_id);
  if constexpr (requires { request.set_validate_only(true); }) request.set_validate_only(flags.validate_only);
}

// Follows an operation to its end with progress on stderr, up to --timeout or ten minutes. Its error comes back as an
// operation failure (exit code 7). `what` names it for people: "orders".
absl::StatusOr<google::longrunning::Operation> Follow(Session& session, google::longrunning::Operation operation,
                                                      std::string_view what);

// Ends a command that began an operation: shows the plan of a --validate-only, the operation itself with --no-wait, or
// follows it and then calls `show_done`.
absl::Status Finish(Session& session, const MutationFlags& flags, google::longrunning::Operation operation,
                    std::string_view what,
                    const std::function<absl::Status(const google::longrunning::Operation&)>& show_done);

// KEY=VALUE pairs as options have them; PAIR_INVALID, naming `field`, for one without '='.
absl::StatusOr<std::map<std::string, std::string>> ParsePairs(const std::vector<std::string>& pairs,
                                                              std::string_view field);

// All pages of a list: `fetch` gives one page for a token and sets the next.
template <typename Item, typename Fetch>
absl::StatusOr<std::vector<Item>> AllPages(Fetch fetch) {
  std::vector<Item> all;
  std::string token;
  do {
    absl::Status status = fetch(token, all);
    if (!status.ok()) return status;
  } while (!token.empty());
  return all;
}

}  // namespace sluice::cli
