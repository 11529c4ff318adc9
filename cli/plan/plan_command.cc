#include "cli/plan/plan_command.h"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/plan/model_document.h"
#include "cli/plan/model_file.h"
#include "cli/plan/plan_document.h"
#include "cli/plan/plan_explanation.h"
#include "cli/plan/plan_plot.h"
#include "cli/plan/text_file.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/kafka_admin/kafka_admin_client.h"
#include "libs/planner/planner.h"

namespace sluice::cli {
namespace {

// For brokers whose links nobody knows: slow enough for the smallest of them.
constexpr double kThrottleOfUnknownLinksKbps = 10'000;

struct PlanFlags {
  std::string model, out, stats, svg, batches, save_model;
  std::string explain;
  bool plot = false;
  planner::PlanOptions options;
  LiveClusterFlags live;
};

// What is planned for, wherever it comes from.
struct Source {
  std::string name;
  planner::Snapshot snapshot;
  std::vector<std::string> notes;
};

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

class Stopwatch final : public planner::StageObserver {
 public:
  struct Times {
    double wall = 0, cpu = 0;
  };
  void Reached(const char* stage) override { stages_[stage] = Passed(); }
  void Restart() {
    start_ = std::chrono::steady_clock::now();
    cpu_start_ = CpuSeconds();
  }
  Times Passed() const {
    return {.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(),
            .cpu = CpuSeconds() - cpu_start_};
  }
  Times At(const char* stage) const {
    const auto found = stages_.find(stage);
    return found == stages_.end() ? Times() : found->second;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double cpu_start_ = CpuSeconds();
  std::map<std::string, Times> stages_;
};

// Of this program alone: getrusage's figure begins with what the process had before it became this program.
double PeakRssMb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (double kib; word == "VmHWM:" && status >> kib) return kib / 1024;
  }
  return 0;
}

absl::StatusOr<Source> ReadSource(Session& session, PlanFlags& flags, const KafkaConnector& connect) {
  if (flags.model.empty() != flags.live.wanted()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "a plan is either for a MODEL file or for a running cluster",
                     {.reason = "INVALID_OPTION", .field = "model", .remedy = "Give a file or --bootstrap HOST:PORT."});
  }
  if (!flags.live.wanted()) {
    ASSIGN_OR_RETURN(Model model, ReadModelFile(flags.model));
    return Source{.name = std::move(model.name), .snapshot = std::move(model.snapshot)};
  }
  ASSIGN_OR_RETURN(LiveCluster cluster, ReadLiveCluster(session, flags.live, connect));
  if (!cluster.network_known && flags.options.throttle_kbps == 0) {
    flags.options.throttle_kbps = kThrottleOfUnknownLinksKbps;
    cluster.notes.push_back("The throttle is 10 MB/s for want of a link's size: --network-mb or --throttle-kbps.");
  }
  return Source{
      .name = std::move(cluster.name), .snapshot = std::move(cluster.snapshot), .notes = std::move(cluster.notes)};
}

absl::Status Write(World& world, const std::string& path, const std::string& text) {
  if (path != "-") return WriteTextFile(path, text);
  world.out << text;
  return absl::OkStatus();
}

// 001.json, 002.json, … in a folder, and how to carry them out.
absl::Status WriteBatches(const PlanFlags& flags, const planner::Snapshot& snapshot, const planner::Plan& plan,
                          std::string& text) {
  if (flags.batches.empty() || plan.batches.empty()) return absl::OkStatus();
  std::error_code failed;
  std::filesystem::create_directories(flags.batches, failed);
  for (size_t i = 0; i < plan.batches.size(); ++i) {
    const std::string path = absl::StrFormat("%s/%03d.json", flags.batches, static_cast<int>(i) + 1);
    RETURN_IF_ERROR(WriteTextFile(path, BatchJson(snapshot, plan.batches[i])));
  }
  const std::string servers = flags.live.login.bootstrap.empty() ? "HOST:PORT" : flags.live.login.bootstrap;
  const std::string config = flags.live.login.command_config.empty()
                                 ? ""
                                 : absl::StrCat(" --command-config ", flags.live.login.command_config);
  const std::string admin_config =
      flags.live.login.command_config.empty() ? "" : absl::StrCat(" --admin.config ", flags.live.login.command_config);
  absl::StrAppendFormat(
      &text,
      "\nCarry out %s/001.json to %03d.json one after the other, each when the one before has ended:\n"
      "  kafka-reassign-partitions.sh --bootstrap-server %s%s --reassignment-json-file 001.json --throttle %.0f "
      "--execute\n"
      "  kafka-reassign-partitions.sh --bootstrap-server %s%s --reassignment-json-file 001.json --verify   (until all "
      "are complete: this also takes the throttle away)\n"
      "  kafka-leader-election.sh --bootstrap-server %s%s --election-type preferred --path-to-json-file 001.json\n",
      flags.batches, static_cast<int>(plan.batches.size()), servers, config, plan.throttle_kbps * 1000, servers, config,
      servers, admin_config);
  return absl::OkStatus();
}

std::string TextForPeople(const PlanFlags& flags, const Source& source, const planner::Plan& plan) {
  std::string text;
  for (const std::string& note : source.notes) absl::StrAppend(&text, "Note: ", note, "\n");
  if (!text.empty()) text += "\n";
  text += flags.explain.empty() ? plan.summary + "\n" : ExplainPlan(source.snapshot, plan, flags.explain == "all");
  text += "\n" + BalanceTable(plan);
  if (flags.plot) text += "\n" + PlotForTerminal(source.snapshot, plan);
  return text;
}

absl::Status RunPlan(Session& session, PlanFlags flags, const KafkaConnector& connect) {
  World& world = session.world();
  Stopwatch stopwatch;
  ASSIGN_OR_RETURN(const Source source, ReadSource(session, flags, connect));
  PlanTimes times{.read_seconds = stopwatch.Passed().wall};
  if (!flags.save_model.empty())
    RETURN_IF_ERROR(Write(world, flags.save_model, ModelJson(source.name, source.snapshot)));
  stopwatch.Restart();
  ASSIGN_OR_RETURN(const planner::Plan plan, planner::MakePlan(source.snapshot, flags.options, stopwatch));
  times.target_seconds = stopwatch.At("target").wall;
  times.target_cpu_seconds = stopwatch.At("target").cpu;
  times.plan_seconds = stopwatch.At("plan").wall;
  times.plan_cpu_seconds = stopwatch.At("plan").cpu;
  times.peak_rss_mb = PeakRssMb();
  if (!flags.out.empty()) RETURN_IF_ERROR(Write(world, flags.out, PlanJson(source.snapshot, plan)));
  if (!flags.stats.empty()) RETURN_IF_ERROR(Write(world, flags.stats, StatsJson(plan, times)));
  if (!flags.svg.empty()) RETURN_IF_ERROR(Write(world, flags.svg, PlotAsSvg(source.snapshot, plan)));
  std::string text = TextForPeople(flags, source, plan);
  RETURN_IF_ERROR(WriteBatches(flags, source.snapshot, plan, text));
  // Where the plan itself goes to stdout, nothing may stand beside it.
  const bool taken = flags.out == "-" || flags.stats == "-" || flags.save_model == "-" || flags.svg == "-";
  if (!taken) world.out << text;
  return absl::OkStatus();
}

}  // namespace

void AddPlanCommand(CommandTree& tree) { AddPlanCommand(tree, kafka_admin::NewKafkaAdminClient); }

void AddPlanCommand(CommandTree& tree, KafkaConnector connect) {
  auto flags = std::make_shared<PlanFlags>();
  CLI::App& plan =
      tree.AddAlone("plan", "Plan the moves that even a Kafka cluster out; changes nothing",
                    "sluice plan --bootstrap localhost:9092 --explain --plot --batches moves/\n"
                    "sluice plan --bootstrap kafka-1:9093 --command-config admin.properties --network-mb 125\n"
                    "sluice plan --bootstrap kafka-1:9092 --remove 4 --out plan.json --save-model now.json.gz\n"
                    "sluice plan cluster.json.gz --out plan.json --stats stats.json\n"
                    "sluice plan cluster.json.gz --mode relieve --explain=all --svg brokers.svg");
  plan.add_option("model", flags->model, "A model file, plain or gzipped; or --bootstrap");
  plan.add_option("--out", flags->out,
                  "Write the plan here; its partitions are Kafka's own reassignment JSON; - is stdout");
  plan.add_option("--stats", flags->stats, "Write figures about the plan and the planning here; - is stdout");
  plan.add_option("--batches", flags->batches, "Write each batch into this folder, as Kafka's own tools carry it out");
  plan.add_option("--save-model", flags->save_model,
                  "Write what is planned for here, as a model file: the same plan again without the cluster");
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
  AddLiveClusterOptions(plan, flags->live);
  tree.SetRun(plan,
              [flags, connect = std::move(connect)](Session& session) { return RunPlan(session, *flags, connect); });
}

}  // namespace sluice::cli
