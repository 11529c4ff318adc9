#include "cli/plan/plan_command.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "cli/plan/model_file.h"
#include "cli/plan/plan_document.h"
#include "cli/plan/plan_explanation.h"
#include "cli/plan/plan_plot.h"
#include "cli/plan/text_file.h"
#include "libs/base/status.h"
#include "libs/planner/planner.h"

namespace sluice::cli {
namespace {

struct PlanFlags {
  std::string model, out, stats, svg;
  std::string explain;
  bool plot = false;
  planner::PlanOptions options;
};

class Stopwatch final : public planner::StageObserver {
 public:
  void Reached(const char* stage) override { seconds_[stage] = Seconds(); }
  void Restart() { start_ = std::chrono::steady_clock::now(); }
  double Seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  double At(const char* stage) const {
    const auto found = seconds_.find(stage);
    return found == seconds_.end() ? 0 : found->second;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::map<std::string, double> seconds_;
};

double PeakRssMb() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024.0;
}

absl::Status RunPlan(const PlanFlags& flags) {
  Stopwatch stopwatch;
  ASSIGN_OR_RETURN(const Model model, ReadModelFile(flags.model));
  PlanTimes times{.read_seconds = stopwatch.Seconds()};
  stopwatch.Restart();
  ASSIGN_OR_RETURN(const planner::Plan plan, planner::MakePlan(model.snapshot, flags.options, stopwatch));
  times.target_seconds = stopwatch.At("target");
  times.plan_seconds = stopwatch.At("plan");
  times.peak_rss_mb = PeakRssMb();
  if (!flags.out.empty()) RETURN_IF_ERROR(WriteTextFile(flags.out, PlanJson(model.snapshot, plan)));
  if (!flags.stats.empty()) RETURN_IF_ERROR(WriteTextFile(flags.stats, StatsJson(plan, times)));
  if (!flags.svg.empty()) RETURN_IF_ERROR(WriteTextFile(flags.svg, PlotAsSvg(model.snapshot, plan)));
  if (flags.out == "-" || flags.stats == "-") return absl::OkStatus();
  std::string text;
  if (!flags.explain.empty()) {
    text += ExplainPlan(model.snapshot, plan, flags.explain == "all");
  } else {
    text += plan.summary + "\n";
  }
  text += "\n" + BalanceTable(plan);
  if (flags.plot) text += "\n" + PlotForTerminal(model.snapshot, plan);
  fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

void AddPlanCommand(CommandTree& tree) {
  auto flags = std::make_shared<PlanFlags>();
  CLI::App& plan = tree.AddAlone("plan", "Plan the moves that even a Kafka cluster out, from a model file",
                                 "sluice plan cluster.json.gz --out plan.json --stats stats.json\n"
                                 "sluice plan cluster.json.gz --explain --plot\n"
                                 "sluice plan cluster.json.gz --mode relieve --explain=all --svg brokers.svg");
  plan.add_option("model", flags->model, "A model file, plain or gzipped")->required();
  plan.add_option("--out", flags->out,
                  "Write the plan here; its partitions are Kafka's own reassignment JSON; - is stdout");
  plan.add_option("--stats", flags->stats, "Write figures about the plan and the planning here; - is stdout");
  plan.add_option("--mode", flags->options.mode, "even-out, fill, empty, repair or relieve")
      ->transform(CLI::CheckedTransformer(std::map<std::string, planner::Mode>{{"even-out", planner::Mode::kEvenOut},
                                                                               {"fill", planner::Mode::kFill},
                                                                               {"empty", planner::Mode::kEmpty},
                                                                               {"repair", planner::Mode::kRepair},
                                                                               {"relieve", planner::Mode::kRelieve}},
                                          CLI::ignore_case))
      ->default_str("even-out");
  plan.add_option("--window", flags->options.window, "How far from even is even enough: 0.03 is 3 % above or below")
      ->capture_default_str();
  plan.add_option("--start-window", flags->options.start_window,
                  "Do nothing for evenness alone while all are within this; at least --window");
  plan.add_option("--throttle-kbps", flags->options.throttle_kbps,
                  "What one broker may send and receive for moves, KB/s; 8 % of the smallest link by default");
  plan.add_option("--work", flags->options.work,
                  "Looks at a candidate that the search may spend; 0: enough for the size");
  plan.add_option("--explain", flags->explain, "Say why each step is there; =all: every step of large batches")
      ->expected(0, 1)
      ->default_str("some")
      ->check(CLI::IsMember({"some", "all"}));
  plan.add_flag("--plot", flags->plot, "Draw the brokers before and after");
  plan.add_option("--svg", flags->svg, "Write that drawing as a picture");
  tree.SetRun(plan, [flags](Session&) { return RunPlan(*flags); });
}

}  // namespace sluice::cli
