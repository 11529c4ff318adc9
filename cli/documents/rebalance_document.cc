#include "cli/documents/rebalance_document.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/config/resource_names.h"
#include "cli/documents/fields.h"
#include "cli/output/figures.h"
#include "cli/output/style.h"
#include "cli/output/table.h"

namespace sluice::cli {
namespace {

using balancer_planner::v1::BrokerBalance;
using balancer_planner::v1::BrokerShare;
using balancer_planner::v1::Rebalance;

constexpr int kDiskBar = 24;
constexpr int kProgressBar = 40;

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

double SecondsOf(const google::protobuf::Duration& duration) { return absl::ToDoubleSeconds(ToDuration(duration)); }

// "under a second" reads better than "0 s".
std::string TimeLeft(const google::protobuf::Duration& duration) {
  const absl::Duration left = ToDuration(duration);
  return left < absl::Seconds(1) ? "less than 1 s" : DurationForPeople(left);
}

Document ShareField(const BrokerShare& share) {
  return {{"replicas", share.replicas()},
          {"leaders", share.leaders()},
          {"disk_bytes", share.disk_bytes()},
          {"in_bytes_per_second", share.in_bytes_per_second()},
          {"out_bytes_per_second", share.out_bytes_per_second()}};
}

Document BrokersField(const Rebalance& rebalance) {
  Document field = Document::array();
  for (const BrokerBalance& broker : rebalance.brokers()) {
    field.push_back({{"broker", broker.broker()},
                     {"rack", broker.rack()},
                     {"state", broker.state()},
                     {"before", ShareField(broker.before())},
                     {"after", ShareField(broker.after())},
                     {"now", broker.has_now() ? ShareField(broker.now()) : Document(nullptr)},
                     {"disk_limit_bytes", broker.disk_limit_bytes()},
                     {"network_limit_bytes_per_second", broker.network_limit_bytes_per_second()}});
  }
  return field;
}

Document PlanField(const balancer_planner::v1::PlanSummary& plan) {
  Document unmet = Document::array();
  for (const std::string& one : plan.unmet()) unmet.push_back(one);
  return {{"summary", plan.summary()},
          {"moves", plan.moves()},
          {"replica_moves", plan.replica_moves()},
          {"leader_changes", plan.leader_changes()},
          {"bytes", plan.bytes()},
          {"batches", plan.batches()},
          {"seconds", SecondsOf(plan.duration())},
          {"unmet", unmet},
          {"unmet_count", plan.unmet_count()}};
}

Document ProgressField(const balancer_planner::v1::Progress& progress) {
  return {{"batches_done", progress.batches_done()},
          {"moves_done", progress.moves_done()},
          {"moves_skipped", progress.moves_skipped()},
          {"moves_in_flight", progress.moves_in_flight()},
          {"moves_left", progress.moves_left()},
          {"bytes_done", progress.bytes_done()},
          {"bytes_left", progress.bytes_left()},
          {"seconds_left", SecondsOf(progress.time_left())},
          {"throttle_bytes_per_second", progress.throttle_bytes_per_second()},
          {"seen_time", TimeField(progress.seen_time())}};
}

std::string Mode(const Rebalance& rebalance) { return balancer_planner::v1::Mode_Name(rebalance.mode()); }

Tone ToneOf(const Rebalance& rebalance) {
  switch (rebalance.state()) {
    case Rebalance::DONE:
      return Tone::kGood;
    case Rebalance::FAILED:
      return Tone::kBad;
    case Rebalance::CANCELLED:
    case Rebalance::EXPIRED:
      return Tone::kFaint;
    default:
      return Tone::kBusy;
  }
}

// 0 to 1: by bytes, or where nothing is copied by moves.
double ShareDone(const Rebalance& rebalance) {
  if (rebalance.state() == Rebalance::DONE) return 1;
  const auto& progress = rebalance.progress();
  const double done = static_cast<double>(progress.bytes_done() > 0 ? progress.bytes_done() : progress.moves_done());
  const double left = static_cast<double>(progress.bytes_done() > 0 ? progress.bytes_left() : progress.moves_left());
  return done + left > 0 ? std::clamp(done / (done + left), 0.0, 1.0) : 0;
}

std::string Bar(double share, int width) {
  const int full = static_cast<int>(std::lround(share * width));
  std::string bar;
  for (int i = 0; i < width; ++i) bar += i < full ? "█" : "░";
  return bar;
}

// By the last sample that shows how far it is; what it was planned to have when it is done and no sample tells yet.
const BrokerShare& NowOf(const BrokerBalance& broker, Rebalance::State state) {
  if (broker.has_now()) return broker.now();
  return state == Rebalance::DONE ? broker.after() : broker.before();
}

// What it has now, with a mark where the plan brings it.
std::string DiskBar(const BrokerBalance& broker, int64_t now_bytes, int64_t most) {
  const auto place = [&](int64_t bytes) {
    return most > 0 ? static_cast<int>(std::lround(static_cast<double>(bytes) / static_cast<double>(most) * kDiskBar))
                    : 0;
  };
  const int now = place(now_bytes);
  const int aim = std::min(place(broker.after().disk_bytes()), kDiskBar - 1);
  std::string bar;
  for (int i = 0; i < kDiskBar; ++i) bar += i == aim ? "│" : i < now ? "█" : "░";
  return bar;
}

std::string Arrow(int64_t now, int64_t after) {
  return now == after ? absl::StrCat(now) : absl::StrCat(now, " → ", after);
}

std::string StateText(const BrokerBalance& broker) { return broker.state() == "ALIVE" ? "" : broker.state(); }

void PrintBrokers(std::ostream& out, bool colour, const Rebalance& rebalance) {
  Table table({"BROKER", "STATE", "REPLICAS", "LEADERS", "DISK", "NETWORK IN", "NETWORK OUT"});
  for (const BrokerBalance& broker : rebalance.brokers()) {
    const auto rate = [](int64_t before, int64_t after) {
      return absl::StrCat(BytesForPeople(before), "/s → ", BytesForPeople(after), "/s");
    };
    const BrokerShare& before = broker.before();
    const BrokerShare& after = broker.after();
    table.Add({{absl::StrCat(broker.broker()), Tone::kStrong},
               {StateText(broker), Tone::kBusy},
               Arrow(before.replicas(), after.replicas()),
               Arrow(before.leaders(), after.leaders()),
               absl::StrCat(BytesForPeople(before.disk_bytes()), " → ", BytesForPeople(after.disk_bytes())),
               rate(before.in_bytes_per_second(), after.in_bytes_per_second()),
               rate(before.out_bytes_per_second(), after.out_bytes_per_second())});
  }
  out << "\n";
  table.Print(out, colour);
}

void AddPlan(const Rebalance& rebalance, Sheet& sheet) {
  const auto& plan = rebalance.plan();
  sheet.Add("mode", Mode(rebalance));
  sheet.Add("why", absl::StrJoin(rebalance.reasons(), "; "));
  sheet.Add("moves", absl::StrCat(plan.moves(), " partitions in ", plan.batches(), " batches: ", plan.replica_moves(),
                                  " copies, ", plan.leader_changes(), " leaders"));
  sheet.Add("bytes", BytesForPeople(plan.bytes()));
  sheet.Add("time", absl::StrCat(TimeLeft(plan.duration()), " at ",
                                 BytesForPeople(rebalance.throttle_bytes_per_second()), "/s a broker"));
}

void PrintUnmet(std::ostream& out, bool colour, const Rebalance& rebalance) {
  const auto& plan = rebalance.plan();
  if (plan.unmet_count() == 0) return;
  out << "\n" << Paint({absl::StrCat(plan.unmet_count(), " things cannot be done:"), Tone::kBusy}, colour) << "\n";
  for (const std::string& unmet : plan.unmet()) out << "  " << Printable(unmet) << "\n";
}

std::string Says(const Rebalance& rebalance) {
  if (rebalance.message().empty()) return rebalance.reason();
  return rebalance.message();
}

std::string ProgressText(const Rebalance& rebalance) {
  const auto& progress = rebalance.progress();
  std::string text =
      absl::StrFormat("%3.0f %%  %s of %s", 100 * ShareDone(rebalance), BytesForPeople(progress.bytes_done()),
                      BytesForPeople(progress.bytes_done() + progress.bytes_left()));
  absl::StrAppend(&text, "  ", progress.moves_done(), " of ", rebalance.plan().moves(), " moves");
  if (progress.moves_in_flight() > 0) absl::StrAppend(&text, ", ", progress.moves_in_flight(), " now");
  if (!HasEnded(rebalance)) absl::StrAppend(&text, "  ", TimeLeft(progress.time_left()), " left");
  return text;
}

}  // namespace

std::string RebalanceState(const Rebalance& rebalance) {
  return absl::StrCat(Rebalance::State_Name(rebalance.state()), rebalance.cancelling() ? ", being cancelled" : "");
}

bool HasEnded(const Rebalance& rebalance) {
  return rebalance.state() == Rebalance::DONE || rebalance.state() == Rebalance::CANCELLED ||
         rebalance.state() == Rebalance::FAILED || rebalance.state() == Rebalance::EXPIRED;
}

Document RebalanceDocument(const Rebalance& rebalance) {
  Document reasons = Document::array();
  for (const std::string& reason : rebalance.reasons()) reasons.push_back(reason);
  return {{"name", LastSegment(rebalance.name())},
          {"resource_name", rebalance.name()},
          {"physical_cluster", rebalance.physical_cluster()},
          {"data_plane", rebalance.data_plane()},
          {"state", Rebalance::State_Name(rebalance.state())},
          {"cancelling", rebalance.cancelling()},
          {"mode", Mode(rebalance)},
          {"cause", Rebalance::Cause_Name(rebalance.cause())},
          {"reasons", reasons},
          {"reason", rebalance.reason()},
          {"message", rebalance.message()},
          {"window", rebalance.window()},
          {"throttle_bytes_per_second", rebalance.throttle_bytes_per_second()},
          {"plan", PlanField(rebalance.plan())},
          {"progress", ProgressField(rebalance.progress())},
          {"brokers", BrokersField(rebalance)},
          {"physical_cluster_generation", rebalance.physical_cluster_generation()},
          {"etag", rebalance.etag()},
          {"proposed_by", rebalance.proposed_by()},
          {"approved_by", rebalance.approved_by()},
          {"create_time", TimeField(rebalance.create_time())},
          {"update_time", TimeField(rebalance.update_time())},
          {"expire_time", TimeField(rebalance.expire_time())},
          {"approve_time", TimeField(rebalance.approve_time())},
          {"start_time", TimeField(rebalance.start_time())},
          {"end_time", TimeField(rebalance.end_time())}};
}

Document PreviewDocument(const balancer_planner::v1::PreviewRebalanceResponse& preview) {
  Document document = RebalanceDocument(preview.rebalance());
  Document moves = Document::array();
  for (const auto& move : preview.moves()) {
    moves.push_back(
        {{"topic", move.topic()},
         {"partition", move.partition()},
         {"replicas_before", std::vector<int>(move.replicas_before().begin(), move.replicas_before().end())},
         {"replicas", std::vector<int>(move.replicas().begin(), move.replicas().end())},
         {"bytes", move.bytes()},
         {"reason", move.reason()},
         {"batch", move.batch()}});
  }
  document["moves"] = moves;
  return document;
}

void PrintRebalances(std::ostream& out, bool colour, const std::vector<Rebalance>& rebalances,
                     const std::string& verdict, absl::Time now) {
  Table table({"NAME", "STATE", "MODE", "DONE", "BYTES", "AGE", "WHY"}, "No rebalance of this cluster is remembered.");
  for (const Rebalance& rebalance : rebalances) {
    table.Add({{rebalance.uid(), Tone::kStrong},
               {RebalanceState(rebalance), ToneOf(rebalance)},
               Mode(rebalance),
               absl::StrFormat("%.0f %%", 100 * ShareDone(rebalance)),
               BytesForPeople(rebalance.plan().bytes()),
               TimeForPeople(ToTime(rebalance.create_time()), now),
               absl::StrJoin(rebalance.reasons(), "; ")});
  }
  table.Print(out, colour);
  if (!verdict.empty())
    out << "\n" << Paint({absl::StrCat("Now: ", Printable(verdict), "."), Tone::kFaint}, colour) << "\n";
}

void PrintRebalance(std::ostream& out, bool colour, const Rebalance& rebalance, absl::Time now) {
  Sheet sheet;
  sheet.Add("name", {rebalance.uid(), Tone::kStrong});
  sheet.Add("state", {RebalanceState(rebalance), ToneOf(rebalance)});
  sheet.Add("says", Says(rebalance));
  AddPlan(rebalance, sheet);
  sheet.Add("progress", ProgressText(rebalance));
  sheet.Add("cluster", absl::StrCat(rebalance.physical_cluster(), " on ", rebalance.data_plane()));
  sheet.Add("proposed",
            absl::StrCat(TimeForPeople(ToTime(rebalance.create_time()), now), " by ", rebalance.proposed_by()));
  if (rebalance.has_approve_time()) {
    sheet.Add("approved",
              absl::StrCat(TimeForPeople(ToTime(rebalance.approve_time()), now), " by ", rebalance.approved_by()));
  } else if (!HasEnded(rebalance)) {
    sheet.Add("expires", TimeForPeople(ToTime(rebalance.expire_time()), now));
  }
  sheet.Add("began", TimeForPeople(ToTime(rebalance.start_time()), now));
  sheet.Add("ended", TimeForPeople(ToTime(rebalance.end_time()), now));
  sheet.Print(out, colour);
  PrintBrokers(out, colour, rebalance);
  PrintUnmet(out, colour, rebalance);
}

void PrintPreview(std::ostream& out, bool colour, const balancer_planner::v1::PreviewRebalanceResponse& preview) {
  const Rebalance& rebalance = preview.rebalance();
  if (rebalance.plan().moves() == 0) {
    out << (rebalance.plan().summary().empty() ? "Nothing to move." : Printable(rebalance.plan().summary())) << "\n";
  } else {
    Sheet sheet;
    AddPlan(rebalance, sheet);
    sheet.Print(out, colour);
  }
  PrintBrokers(out, colour, rebalance);
  if (!preview.moves().empty()) {
    Table moves({"BATCH", "PARTITION", "REPLICAS", "BYTES", "WHY"});
    for (const auto& move : preview.moves()) {
      moves.Add({absl::StrCat(move.batch() + 1), absl::StrCat(move.topic(), "-", move.partition()),
                 absl::StrCat(absl::StrJoin(move.replicas_before(), ","), " → ", absl::StrJoin(move.replicas(), ",")),
                 BytesForPeople(move.bytes()), move.reason()});
    }
    out << "\n";
    moves.Print(out, colour);
    if (preview.moves_size() < rebalance.plan().moves()) {
      out << "… and " << rebalance.plan().moves() - preview.moves_size() << " smaller ones\n";
    }
  }
  PrintUnmet(out, colour, rebalance);
}

std::vector<std::string> RebalancePicture(const Rebalance& rebalance, bool colour) {
  std::vector<std::string> lines;
  lines.push_back(absl::StrCat(Paint({rebalance.uid(), Tone::kStrong}, colour), "  ",
                               Paint({RebalanceState(rebalance), ToneOf(rebalance)}, colour), "  ", Mode(rebalance),
                               ": ", Printable(absl::StrJoin(rebalance.reasons(), "; "))));
  int64_t most = 0;
  for (const BrokerBalance& broker : rebalance.brokers()) {
    most = std::max({most, broker.before().disk_bytes(), broker.after().disk_bytes(), broker.now().disk_bytes()});
  }
  for (const BrokerBalance& broker : rebalance.brokers()) {
    const BrokerShare& now = NowOf(broker, rebalance.state());
    lines.push_back(absl::StrFormat("  broker %-4d %-8s %s  %-10s %5d replicas → %-5d %4d leaders → %-4d",
                                    broker.broker(), StateText(broker), DiskBar(broker, now.disk_bytes(), most),
                                    BytesForPeople(now.disk_bytes()), now.replicas(), broker.after().replicas(),
                                    now.leaders(), broker.after().leaders()));
  }
  lines.push_back(absl::StrCat("  ", Paint({Bar(ShareDone(rebalance), kProgressBar), ToneOf(rebalance)}, colour), " ",
                               ProgressText(rebalance)));
  if (!Says(rebalance).empty())
    lines.push_back(absl::StrCat("  ", Paint({Printable(Says(rebalance)), Tone::kFaint}, colour)));
  return lines;
}

}  // namespace sluice::cli
