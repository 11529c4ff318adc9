#include "cli/nouns/rebalance_watch.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/client/operation_waiter.h"
#include "cli/client/operations_under_way.h"
#include "cli/documents/fields.h"
#include "cli/documents/rebalance_document.h"
#include "cli/output/error_report.h"
#include "cli/output/figures.h"
#include "cli/output/progress.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/clock/backoff.h"

namespace sluice::cli {
namespace {

namespace bp = balancer_planner::v1;
using bp::Rebalance;

// From a change of the brokers until the balancer begins: two samples of the load, and a plan.
constexpr absl::Duration kUntilOneBegins = absl::Minutes(2);
// What ended so short a time ago is what its caller means, who began it a moment before, unless the cluster is being
// changed again.
constexpr absl::Duration kJustEnded = absl::Seconds(30);
constexpr absl::Duration kLookForOpen = absl::Milliseconds(500);

// Shows the rebalance as it goes on: on a terminal one picture that changes, elsewhere a line for each change of what
// people care for, for programs a document each.
class Watcher {
 public:
  explicit Watcher(Session& session) : session_(session) {}

  void Take(const Rebalance& rebalance) {
    last_ = rebalance;
    Output& output = session_.output();
    if (!output.for_people()) {
      output.ShowLine(RebalanceDocument(rebalance), {});
    } else if (session_.world().out_is_terminal) {
      Redraw(RebalancePicture(rebalance, output.colour()));
    } else if (const std::vector<std::string> picture = RebalancePicture(rebalance, false); picture != drawn_) {
      for (const std::string& line : picture) output.out() << line << "\n";
      output.out() << std::flush;
      drawn_ = picture;
    }
  }
  const Rebalance& last() const { return last_; }

 private:
  void Redraw(std::vector<std::string> lines) {
    std::ostream& out = session_.output().out();
    if (!drawn_.empty()) out << "\x1b[" << drawn_.size() << "A";
    for (const std::string& line : lines) out << "\x1b[2K" << line << "\n";
    // What the picture before had more of.
    out << "\x1b[0J" << std::flush;
    drawn_ = std::move(lines);
  }

  Session& session_;
  std::vector<std::string> drawn_;
  Rebalance last_;
};

bool MayTryAgain(const absl::Status& status) {
  return status.ok() || status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kResourceExhausted || status.code() == absl::StatusCode::kCancelled;
}

absl::Status NoneBegan(const std::string& cluster, absl::Duration waited, const std::string& verdict) {
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("no rebalance of ", cluster, " has begun within ", DurationForPeople(waited),
                                verdict.empty() ? "" : absl::StrCat("; now: ", verdict)),
                   {.reason = "NO_REBALANCE",
                    .remedy = absl::StrCat("Wait longer with --timeout, begin one by 'sluice rebalance start ", cluster,
                                           "', or name one of 'sluice rebalance list ", cluster, "'.")});
}

bool EndedLately(const Rebalance& rebalance, absl::Time now) {
  return rebalance.has_end_time() && now - ToTime(rebalance.end_time()) < kJustEnded;
}

// Is the cluster being changed since `then`, so that a rebalance for that is still to come? False, too, for a physical
// cluster and where operations cannot be seen.
bool IsChangedSince(Session& session, const std::string& cluster, absl::Time then) {
  if (absl::StartsWith(cluster, "physicalClusters/")) return false;
  const absl::StatusOr<ApiClient*> api = session.Api();
  if (!api.ok()) return false;
  const auto under_way = OperationsUnderWay(**api, cluster);
  return under_way.ok() && std::any_of(under_way->begin(), under_way->end(), [&](const auto& operation) {
           const provisioner::v1::OperationMetadata metadata = MetadataOf(operation);
           return metadata.verb() == "update" && ToTime(metadata.create_time()) > then;
         });
}

// The open one, or the next that begins: after a change of the brokers it takes a sample or two until one does.
absl::StatusOr<std::string> AwaitOpen(Session& session, const RebalanceTarget& target) {
  ASSIGN_OR_RETURN(const std::string cluster, RebalancedClusterName(session, target.cluster));
  World& world = session.world();
  const absl::Duration patience = session.TimeoutOr(kUntilOneBegins);
  const absl::Duration give_up = world.clock.MonotonicNow() + patience;
  Progress progress(world.err, world.err_is_terminal, world.clock);
  std::optional<std::string> before;
  bool ended_one_is_meant = false;
  while (true) {
    ASSIGN_OR_RETURN(const bp::ListRebalancesResponse newest, RebalancePage(session, cluster, 1, ""));
    const Rebalance* last = newest.rebalances().empty() ? nullptr : &newest.rebalances(0);
    const std::string name = last == nullptr ? "" : last->name();
    if (!before) {
      before = name;
      ended_one_is_meant = last != nullptr && EndedLately(*last, session.now()) &&
                           !IsChangedSince(session, cluster, ToTime(last->end_time()));
    }
    // One that has begun and ended since the last look counts, too.
    if (last != nullptr && (!HasEnded(*last) || name != *before || ended_one_is_meant)) return name;
    if (world.clock.MonotonicNow() + kLookForOpen >= give_up) {
      progress.End();
      return NoneBegan(target.cluster, patience, newest.verdict());
    }
    progress.Update(absl::StrCat(target.cluster, " rests: ", newest.verdict()));
    if (world.stop.WaitFor(kLookForOpen)) return absl::CancelledError("interrupted");
  }
}

}  // namespace

absl::Status WatchRebalanceByName(Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  bp::WatchRebalanceRequest request;
  request.set_name(name);
  Watcher watcher(session);
  const World& world = session.world();
  clock::BackOff back_off(session.world().random, absl::Milliseconds(200), absl::Seconds(5));
  while (!HasEnded(watcher.last())) {
    const absl::Status status = api->WatchRebalance(request, [&](const bp::WatchRebalanceResponse& response) {
      back_off.Reset();
      watcher.Take(response.rebalance());
      return !HasEnded(response.rebalance());
    });
    if (world.stop.stopped()) return absl::OkStatus();
    if (HasEnded(watcher.last())) break;
    if (!MayTryAgain(status)) return status;
    if (world.stop.WaitFor(back_off.Next())) return absl::OkStatus();
  }
  const Rebalance& ended = watcher.last();
  if (ended.state() == Rebalance::DONE) return absl::OkStatus();
  return AsOperationFailure(
      MakeError(absl::StatusCode::kFailedPrecondition,
                absl::StrCat(ended.uid(), " is ", Rebalance::State_Name(ended.state()), ": ",
                             ended.message().empty() ? ended.reason() : ended.message()),
                {.reason = "REBALANCE_NOT_DONE",
                 .remedy = absl::StrCat("See 'sluice rebalance describe' with ", ended.uid(), "."),
                 .metadata = {{"state", Rebalance::State_Name(ended.state())}, {"reason", ended.reason()}}}));
}

absl::Status WatchRebalance(Session& session, const RebalanceTarget& target) {
  ASSIGN_OR_RETURN(const std::string name, target.rebalance.empty() ? AwaitOpen(session, target)
                                                                    : RebalanceName(session, target, /*open=*/false));
  return WatchRebalanceByName(session, name);
}

}  // namespace sluice::cli
