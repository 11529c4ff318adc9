#include "cli/run/mutation.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/client/operation_waiter.h"
#include "cli/config/resource_names.h"
#include "cli/documents/operation_document.h"
#include "cli/output/error_report.h"
#include "cli/output/progress.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/grpc/error_status.h"

namespace sluice::cli {
namespace {

using google::longrunning::Operation;

// A DEDICATED cluster of 30 brokers on one machine takes minutes.
constexpr absl::Duration kPatience = absl::Minutes(10);
// On a terminal the line of progress is as fresh as this; elsewhere news is rare and calls are saved.
constexpr absl::Duration kTerminalSlice = absl::Seconds(1);
constexpr absl::Duration kSlice = absl::Seconds(10);

}  // namespace

void AddMutationFlags(CLI::App& verb, MutationFlags& flags) {
  verb.add_flag("--validate-only", flags.validate_only, "Check it and show what would be done; change nothing");
  verb.add_option("--request-id", flags.request_id,
                  "UUID that makes a repeat of this command harmless (default: a new one)");
}

void AddLongMutationFlags(CLI::App& verb, MutationFlags& flags) {
  AddMutationFlags(verb, flags);
  CLI::Option* wait = verb.add_flag("--wait", flags.wait, "Wait until it is done (the default)");
  verb.add_flag("--no-wait", flags.no_wait, "Print the operation and return at once")->excludes(wait);
}

absl::StatusOr<Operation> Follow(Session& session, Operation operation, std::string_view what) {
  ASSIGN_OR_RETURN(ApiClient * api, session.Api());
  World& world = session.world();
  Progress progress(world.err, world.err_is_terminal, world.clock);
  OperationWaiter waiter(
      *api, world.err_is_terminal ? kTerminalSlice : kSlice, [&](const provisioner::v1::OperationMetadata& metadata) {
        const std::string says = metadata.status_message().empty() ? metadata.verb() : metadata.status_message();
        progress.Update(absl::StrCat(Absl(what), ": ", says), metadata.progress_percent());
      });
  const std::string name = operation.name();
  absl::StatusOr<Operation> done = waiter.Wait(std::move(operation), session.TimeoutOr(kPatience));
  progress.End();
  if (done.status().code() == absl::StatusCode::kCancelled && world.stop.stopped()) {
    return MakeError(absl::StatusCode::kCancelled, "interrupted; the operation goes on",
                     {.reason = "INTERRUPTED",
                      .remedy = absl::StrCat("Follow it by 'sluice operation wait ", LastSegment(name),
                                             "', end it by 'sluice operation cancel ", LastSegment(name), "'.")});
  }
  if (!done.ok()) return done.status();
  if (done->has_error()) return AsOperationFailure(rpc::FromRpcStatus(done->error()));
  return done;
}

absl::Status Finish(Session& session, const MutationFlags& flags, Operation operation, std::string_view what,
                    const std::function<absl::Status(const Operation&)>& show_done) {
  if (flags.validate_only) {
    provisioner::v1::Plan plan;
    if (operation.has_error()) return rpc::FromRpcStatus(operation.error());
    if (!operation.response().UnpackTo(&plan)) plan.Clear();
    session.output().Show(PlanDocument(plan), [&](std::ostream& out, bool colour) { PrintPlan(out, colour, plan); });
    return absl::OkStatus();
  }
  if (flags.no_wait) {
    session.output().Show(OperationDocument(operation), [&](std::ostream& out, bool colour) {
      PrintOperation(out, colour, operation, session.now());
    });
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Operation done, Follow(session, std::move(operation), what));
  return show_done(done);
}

absl::StatusOr<std::map<std::string, std::string>> ParsePairs(const std::vector<std::string>& pairs,
                                                              std::string_view field) {
  std::map<std::string, std::string> parsed;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat("'", pair, "' is no KEY=VALUE"),
                       {.reason = "PAIR_INVALID", .field = std::string(field), .remedy = "Write it like team=blue."});
    }
    parsed[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return parsed;
}

}  // namespace sluice::cli
