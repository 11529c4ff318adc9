#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/documents/rebalance_document.h"
#include "cli/nouns/nouns.h"
#include "cli/output/error_report.h"
#include "cli/output/figures.h"
#include "cli/run/load_wait.h"
#include "cli/run/mutation.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/clock/backoff.h"

namespace sluice::cli {
namespace {

namespace bp = balancer_planner::v1;
using Stub = ApiClient::Rebalances::StubInterface;
using bp::Rebalance;

struct PlanFlags {
  std::string cluster;
  std::string mode = "even-out";
  double window = 0;
  std::string throttle;
};

struct StartFlags {
  PlanFlags plan;
  bool require_approval = false;
  bool watch = false;
  MutationFlags mutation;
};

// Which rebalance of which cluster.
struct Target {
  std::string cluster;
  std::string rebalance;
};

// A DEDICATED cluster's name, or physicalClusters/pkc-… from pkc-….
absl::StatusOr<std::string> ClusterName(Session& session, const std::string& text) {
  if (absl::StartsWith(text, "pkc-")) return absl::StrCat("physicalClusters/", text);
  if (absl::StartsWith(text, "physicalClusters/")) return text;
  ASSIGN_OR_RETURN(const Scope scope, session.scope());
  return KafkaClusterName(scope, text);
}

bp::Mode ModeOf(const std::string& flag) {
  bp::Mode mode = bp::EVEN_OUT;
  std::string name = absl::StrReplaceAll(flag, {{"-", "_"}});
  std::transform(name.begin(), name.end(), name.begin(), ::toupper);
  bp::Mode_Parse(name, &mode);
  return mode;
}

template <typename Request>
absl::Status FillPlan(Session& session, const PlanFlags& flags, Request& request) {
  ASSIGN_OR_RETURN(*request.mutable_cluster(), ClusterName(session, flags.cluster));
  request.set_mode(ModeOf(flags.mode));
  request.set_window(flags.window);
  if (flags.throttle.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::int64_t throttle, ParseBytes(flags.throttle, "throttle"));
  request.set_throttle_bytes_per_second(throttle);
  return absl::OkStatus();
}

void Show(Session& session, const Rebalance& rebalance) {
  session.output().Show(RebalanceDocument(rebalance),
                        [&](std::ostream& out, bool colour) { PrintRebalance(out, colour, rebalance, session.now()); });
}

absl::Status NoRebalance(const std::string& cluster, bool open) {
  return MakeError(absl::StatusCode::kNotFound, absl::StrCat(cluster, " has no ", open ? "open " : "", "rebalance"),
                   {.reason = "NO_REBALANCE", .remedy = absl::StrCat("See 'sluice rebalance list ", cluster, "'.")});
}

absl::StatusOr<bp::ListRebalancesResponse> Page(Session& session, const std::string& cluster, int size,
                                                const std::string& token) {
  bp::ListRebalancesRequest request;
  request.set_cluster(cluster);
  request.set_page_size(size);
  request.set_page_token(token);
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  return api->Call(&Stub::ListRebalances, request);
}

// The one that was named, else the cluster's newest.
absl::StatusOr<std::string> NameOf(Session& session, const Target& target, bool open) {
  ASSIGN_OR_RETURN(const std::string cluster, ClusterName(session, target.cluster));
  if (!target.rebalance.empty()) return absl::StrCat(cluster, "/rebalances/", target.rebalance);
  ASSIGN_OR_RETURN(const bp::ListRebalancesResponse newest, Page(session, cluster, 1, ""));
  if (newest.rebalances().empty() || (open && HasEnded(newest.rebalances(0)))) {
    return NoRebalance(target.cluster, open);
  }
  return newest.rebalances(0).name();
}

// A call that plans, once the load of what it plans for is known.
template <typename Request, typename Response>
absl::StatusOr<Response> CallForPlan(Session& session, const PlanFlags& flags,
                                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                     const Request& request) {
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  Response response;
  RETURN_IF_ERROR(AskUntilLoadIsKnown(session, flags.cluster, [&]() -> absl::Status {
    ASSIGN_OR_RETURN(response, api->Call(method, request));
    return absl::OkStatus();
  }));
  return response;
}

absl::Status Preview(Session& session, const PlanFlags& flags) {
  bp::PreviewRebalanceRequest request;
  RETURN_IF_ERROR(FillPlan(session, flags, request));
  ASSIGN_OR_RETURN(const bp::PreviewRebalanceResponse preview,
                   CallForPlan(session, flags, &Stub::PreviewRebalance, request));
  session.output().Show(PreviewDocument(preview),
                        [&](std::ostream& out, bool colour) { PrintPreview(out, colour, preview); });
  return absl::OkStatus();
}

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

// Until it has ended or ^C; a balancer that is away meanwhile is asked again. Not OK unless it ended as DONE.
absl::Status WatchByName(Session& session, const std::string& name) {
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

absl::Status Start(Session& session, const StartFlags& flags) {
  bp::StartRebalanceRequest request;
  RETURN_IF_ERROR(FillPlan(session, flags.plan, request));
  request.set_require_approval(flags.require_approval);
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  SetMutation(session, *api, flags.mutation, request);
  ASSIGN_OR_RETURN(const Rebalance rebalance, CallForPlan(session, flags.plan, &Stub::StartRebalance, request));
  if (flags.watch && !flags.mutation.validate_only) return WatchByName(session, rebalance.name());
  Show(session, rebalance);
  return absl::OkStatus();
}

absl::Status List(Session& session, const std::string& text) {
  ASSIGN_OR_RETURN(const std::string cluster, ClusterName(session, text));
  std::string verdict;
  const auto fetch = [&](std::string& token, std::vector<Rebalance>& all) -> absl::Status {
    ASSIGN_OR_RETURN(const bp::ListRebalancesResponse page, Page(session, cluster, 1000, token));
    all.insert(all.end(), page.rebalances().begin(), page.rebalances().end());
    token = page.next_page_token();
    verdict = page.verdict();
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::vector<Rebalance> rebalances, AllPages<Rebalance>(fetch));
  Document document = {{"verdict", verdict}, {"rebalances", Document::array()}};
  for (const Rebalance& rebalance : rebalances) document["rebalances"].push_back(RebalanceDocument(rebalance));
  session.output().Show(document, [&](std::ostream& out, bool colour) {
    PrintRebalances(out, colour, rebalances, verdict, session.now());
  });
  return absl::OkStatus();
}

absl::Status Describe(Session& session, const Target& target) {
  bp::GetRebalanceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), NameOf(session, target, /*open=*/false));
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  ASSIGN_OR_RETURN(const Rebalance rebalance, api->Call(&Stub::GetRebalance, request));
  Show(session, rebalance);
  return absl::OkStatus();
}

absl::Status Watch(Session& session, const Target& target) {
  ASSIGN_OR_RETURN(const std::string name, NameOf(session, target, /*open=*/false));
  return WatchByName(session, name);
}

using ChangeMethod = grpc::Status (Stub::*)(grpc::ClientContext*, const bp::ChangeRebalanceRequest&, Rebalance*);

absl::Status Change(Session& session, const Target& target, const MutationFlags& mutation, ChangeMethod method) {
  bp::ChangeRebalanceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), NameOf(session, target, /*open=*/true));
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  SetMutation(session, *api, mutation, request);
  ASSIGN_OR_RETURN(const Rebalance rebalance, api->Call(method, request));
  Show(session, rebalance);
  return absl::OkStatus();
}

void AddPlanFlags(CLI::App& verb, PlanFlags& flags) {
  verb.add_option("CLUSTER", flags.cluster, "A dedicated cluster; for platform admins also pkc-…")->required();
  verb.add_option("--mode", flags.mode, "even-out (default), fill new brokers, empty leaving ones, repair, relieve")
      ->check(CLI::IsMember({"even-out", "fill", "empty", "repair", "relieve"}, CLI::ignore_case));
  verb.add_option("--window", flags.window, "How even is even enough: 0.03 (default) is ±3 %")
      ->check(CLI::Range(0.001, 1.0));
  verb.add_option("--throttle", flags.throttle, "What one broker sends and receives for moves: 8MB, 20MiB");
}

void AddTarget(CLI::App& verb, Target& target) {
  verb.add_option("CLUSTER", target.cluster, "A dedicated cluster; for platform admins also pkc-…")->required();
  verb.add_option("REBALANCE", target.rebalance, "reb-… (default: the newest)");
}

void AddChange(CommandTree& tree, CLI::App& noun, const std::string& name, const std::string& about,
               ChangeMethod method) {
  CLI::App& verb = tree.AddVerb(noun, name, about, absl::StrCat("  sluice rebalance ", name, " big\n"));
  auto target = std::make_shared<Target>();
  auto mutation = std::make_shared<MutationFlags>();
  AddTarget(verb, *target);
  verb.add_option("--request-id", mutation->request_id,
                  "UUID that makes a repeat of this command harmless (default: a new one)");
  tree.SetRun(verb,
              [target, mutation, method](Session& session) { return Change(session, *target, *mutation, method); });
}

void AddReads(CommandTree& tree, CLI::App& noun) {
  CLI::App& list = tree.AddVerb(noun, "list", "Rebalances of a cluster, and what the balancer thinks of it now",
                                "  sluice rebalance list big\n  sluice rebalance list big -o json | jq -r .verdict\n");
  auto cluster = std::make_shared<std::string>();
  list.add_option("CLUSTER", *cluster, "A dedicated cluster; for platform admins also pkc-…")->required();
  tree.SetRun(list, [cluster](Session& session) { return List(session, *cluster); });
  const auto add = [&](const char* name, const char* about, const char* examples,
                       absl::Status (*run)(Session&, const Target&)) {
    CLI::App& verb = tree.AddVerb(noun, name, about, examples);
    auto target = std::make_shared<Target>();
    AddTarget(verb, *target);
    tree.SetRun(verb, [target, run](Session& session) { return run(session, *target); });
  };
  add("describe", "One rebalance: why, how far, each broker before and after",
      "  sluice rebalance describe big\n  sluice rebalance describe big reb-7f3k2p9qd4xa\n", Describe);
  add("watch", "Follow it until it ends; exit code 7 unless it is DONE",
      "  sluice rebalance watch big\n  sluice rebalance watch big -o json | jq -c '.progress'\n", Watch);
}

}  // namespace

void AddRebalanceCommands(CommandTree& tree) {
  CLI::App& noun = tree.AddNoun("rebalance", "Even brokers out: look at it, take a hand in it");
  CLI::App& preview = tree.AddVerb(noun, "preview", "What would move, and what it would cost; changes nothing",
                                   "  sluice rebalance preview big\n"
                                   "  sluice rebalance preview big --mode relieve --throttle 20MB\n");
  auto plan = std::make_shared<PlanFlags>();
  AddPlanFlags(preview, *plan);
  tree.SetRun(preview, [plan](Session& session) { return Preview(session, *plan); });

  CLI::App& start = tree.AddVerb(noun, "start", "Plan and carry out; the balancer also does so by itself",
                                 "  sluice rebalance start big --watch\n"
                                 "  sluice rebalance start big --require-approval\n"
                                 "  sluice rebalance start big --validate-only\n");
  auto flags = std::make_shared<StartFlags>();
  AddPlanFlags(start, flags->plan);
  start.add_flag("--require-approval", flags->require_approval, "Leave it PROPOSED until it is approved");
  start.add_flag("--watch", flags->watch, "Follow it until it ends");
  AddMutationFlags(start, flags->mutation);
  tree.SetRun(start, [flags](Session& session) { return Start(session, *flags); });

  AddReads(tree, noun);
  AddChange(tree, noun, "approve", "Let a proposed rebalance begin", &Stub::ApproveRebalance);
  AddChange(tree, noun, "pause", "Begin nothing new; what is in flight ends", &Stub::PauseRebalance);
  AddChange(tree, noun, "resume", "Go on with a paused rebalance", &Stub::ResumeRebalance);
  AddChange(tree, noun, "cancel", "End it: what is in flight goes back, what is done stays", &Stub::CancelRebalance);
}

}  // namespace sluice::cli
