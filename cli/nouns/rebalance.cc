#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/documents/rebalance_document.h"
#include "cli/nouns/nouns.h"
#include "cli/nouns/rebalance_target.h"
#include "cli/nouns/rebalance_watch.h"
#include "cli/output/figures.h"
#include "cli/run/load_wait.h"
#include "cli/run/mutation.h"
#include "libs/base/status.h"

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

bp::Mode ModeOf(const std::string& flag) {
  bp::Mode mode = bp::EVEN_OUT;
  std::string name = absl::StrReplaceAll(flag, {{"-", "_"}});
  std::transform(name.begin(), name.end(), name.begin(), ::toupper);
  bp::Mode_Parse(name, &mode);
  return mode;
}

template <typename Request>
absl::Status FillPlan(Session& session, const PlanFlags& flags, Request& request) {
  ASSIGN_OR_RETURN(*request.mutable_cluster(), RebalancedClusterName(session, flags.cluster));
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

absl::Status Start(Session& session, const StartFlags& flags) {
  bp::StartRebalanceRequest request;
  RETURN_IF_ERROR(FillPlan(session, flags.plan, request));
  request.set_require_approval(flags.require_approval);
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  SetMutation(session, *api, flags.mutation, request);
  ASSIGN_OR_RETURN(const Rebalance rebalance, CallForPlan(session, flags.plan, &Stub::StartRebalance, request));
  if (flags.watch && !flags.mutation.validate_only) return WatchRebalanceByName(session, rebalance.name());
  Show(session, rebalance);
  return absl::OkStatus();
}

absl::Status List(Session& session, const std::string& text) {
  ASSIGN_OR_RETURN(const std::string cluster, RebalancedClusterName(session, text));
  std::string verdict;
  const auto fetch = [&](std::string& token, std::vector<Rebalance>& all) -> absl::Status {
    ASSIGN_OR_RETURN(const bp::ListRebalancesResponse page, RebalancePage(session, cluster, 1000, token));
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

absl::Status Describe(Session& session, const RebalanceTarget& target) {
  bp::GetRebalanceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), RebalanceName(session, target, /*open=*/false));
  ASSIGN_OR_RETURN(ApiClient * api, session.Balancer());
  ASSIGN_OR_RETURN(const Rebalance rebalance, api->Call(&Stub::GetRebalance, request));
  Show(session, rebalance);
  return absl::OkStatus();
}

using ChangeMethod = grpc::Status (Stub::*)(grpc::ClientContext*, const bp::ChangeRebalanceRequest&, Rebalance*);

absl::Status Change(Session& session, const RebalanceTarget& target, const MutationFlags& mutation,
                    ChangeMethod method) {
  bp::ChangeRebalanceRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), RebalanceName(session, target, /*open=*/true));
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

void AddTarget(CLI::App& verb, RebalanceTarget& target) {
  verb.add_option("CLUSTER", target.cluster, "A dedicated cluster; for platform admins also pkc-…")->required();
  verb.add_option("REBALANCE", target.rebalance, "reb-… (default: the newest)");
}

void AddChange(CommandTree& tree, CLI::App& noun, const std::string& name, const std::string& about,
               ChangeMethod method) {
  CLI::App& verb = tree.AddVerb(noun, name, about, absl::StrCat("  sluice rebalance ", name, " big\n"));
  auto target = std::make_shared<RebalanceTarget>();
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
                       absl::Status (*run)(Session&, const RebalanceTarget&)) {
    CLI::App& verb = tree.AddVerb(noun, name, about, examples);
    auto target = std::make_shared<RebalanceTarget>();
    AddTarget(verb, *target);
    tree.SetRun(verb, [target, run](Session& session) { return run(session, *target); });
  };
  add("describe", "One rebalance: why, how far, each broker before and after",
      "  sluice rebalance describe big\n  sluice rebalance describe big reb-7f3k2p9qd4xa\n", Describe);
  add("watch", "Follow the open one, or the next that begins, until it ends; exit code 7 unless it is DONE",
      "  sluice rebalance watch big\n  sluice rebalance watch big -o json | jq -c '.progress'\n", WatchRebalance);
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
