#include "libs/operator/safety_gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::op {
namespace {

// Partitions named in a message at most: a message is for people.
constexpr size_t kNamed = 3;

class Findings {
 public:
  void Fail(std::string code, std::string message) { Add(failed_, std::move(code), std::move(message)); }
  void Missing(std::string code, std::string message) { Add(missing_, std::move(code), std::move(message)); }
  void Warn(std::string code, std::string message) { Add(warnings_, std::move(code), std::move(message)); }

  GateAnswer Answer() const {
    GateAnswer answer;
    answer.verdict = !failed_.empty()    ? GateVerdict::kFail
                     : !missing_.empty() ? GateVerdict::kInconclusive
                                         : GateVerdict::kPass;
    for (const auto* list : {&failed_, &missing_, &warnings_}) {
      answer.reasons.insert(answer.reasons.end(), list->begin(), list->end());
    }
    return answer;
  }

 private:
  static void Add(std::vector<GateReason>& list, std::string code, std::string message) {
    list.push_back({std::move(code), std::move(message)});
  }
  std::vector<GateReason> failed_, missing_, warnings_;
};

struct Offenders {
  size_t count = 0;
  std::string names;

  void Add(const std::string& name) {
    if (count++ < kNamed) absl::StrAppend(&names, names.empty() ? "" : ", ", name);
  }
  std::string Text() const { return count > kNamed ? absl::StrCat(names, " and ", count - kNamed, " more") : names; }
};

bool Has(const std::vector<int32_t>& ids, int32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

void CheckPartitions(const GateQuestion& question, const std::vector<PartitionHealth>& partitions, Findings& findings) {
  Offenders offline, under_min, under_replicated, reassigning, at_min, unwaived;
  for (const PartitionHealth& p : partitions) {
    const auto in_sync = static_cast<int32_t>(p.in_sync.size());
    if (p.leader < 0) offline.Add(p.Name());
    if (in_sync < std::min<int32_t>(p.min_in_sync, static_cast<int32_t>(p.replicas.size()))) under_min.Add(p.Name());
    if (p.reassigning) {
      reassigning.Add(p.Name());
    } else if (p.in_sync.size() < p.replicas.size()) {
      under_replicated.Add(p.Name());
    }
    if (question.role != NodeRole::kBroker || !Has(p.replicas, question.target)) continue;
    if (question.waivers.contains(p.Name())) continue;
    const int32_t left = in_sync - (Has(p.in_sync, question.target) ? 1 : 0);
    if (left >= p.min_in_sync) continue;
    (static_cast<int32_t>(p.replicas.size()) <= p.min_in_sync ? unwaived : at_min).Add(p.Name());
  }
  if (offline.count) findings.Fail("OFFLINE_PARTITIONS", absl::StrCat("no leader: ", offline.Text()));
  if (under_min.count) findings.Fail("UNDER_MIN_ISR", absl::StrCat("under min ISR: ", under_min.Text()));
  if (under_replicated.count) {
    findings.Fail("UNDER_REPLICATED", absl::StrCat("replicas not in sync: ", under_replicated.Text()));
  }
  if (reassigning.count) findings.Fail("REASSIGNMENT_RUNNING", absl::StrCat("moving: ", reassigning.Text()));
  if (at_min.count) {
    findings.Fail("ISR_AT_MINIMUM",
                  absl::StrCat("without broker ", question.target, " under min ISR: ", at_min.Text()));
  }
  if (unwaived.count) {
    findings.Fail("WAIVER_NEEDED",
                  absl::StrCat("replication factor does not exceed min ISR, so a person must name it in "
                               "a waiver: ",
                               unwaived.Text()));
  }
}

void CheckController(const GatePolicy& policy, const GateQuestion& question, const KafkaHealth& health,
                     Findings& findings) {
  const size_t voters = health.voters.size();
  const bool known = std::any_of(health.voters.begin(), health.voters.end(),
                                 [&](const VoterHealth& v) { return v.id == question.target; });
  if (!known) {
    findings.Missing("QUORUM_UNKNOWN", absl::StrCat("the quorum does not list controller ", question.target));
    return;
  }
  if (voters == 1) {
    findings.Warn("SINGLE_CONTROLLER", "the only controller: no topic or broker changes while it is down");
    return;
  }
  size_t caught_up = 0;
  for (const VoterHealth& voter : health.voters) {
    if (voter.id == question.target) continue;
    if (voter.id == health.active_controller || (voter.behind && *voter.behind < policy.longest_voter_lag)) ++caught_up;
  }
  // (N+2)/2 of the others: a majority that still holds when one more is lost (N=5) or none (N=3). Of two, the other.
  const size_t needed = voters == 2 ? 1 : (voters + 2) / 2;
  if (caught_up < needed) {
    findings.Fail("QUORUM_NOT_CAUGHT_UP", absl::StrCat(caught_up, " of the other ", voters - 1,
                                                       " controllers have caught up, ", needed, " needed"));
  }
}

void CheckBrokerLoad(const GatePolicy& policy, const GateQuestion& question, const KafkaHealth& health,
                     Findings& findings) {
  if (!health.load_sampled_at || question.now - *health.load_sampled_at > policy.oldest_sample) {
    findings.Missing("LOAD_UNKNOWN", "no load sample of the last 15 s");
    return;
  }
  for (int32_t broker : health.registered_brokers) {
    if (broker == question.target) continue;  // what it carries goes to the others: theirs is the room that counts
    const auto idle = health.request_handler_idle.find(broker);
    const auto disk = health.disk_used_fraction.find(broker);
    if (idle == health.request_handler_idle.end() || disk == health.disk_used_fraction.end()) {
      findings.Missing("LOAD_UNKNOWN", absl::StrCat("no load of broker ", broker));
      continue;
    }
    if (idle->second < policy.least_request_handler_idle) {
      findings.Fail("BROKER_BUSY", absl::StrCat("request handlers of broker ", broker, " are idle for ",
                                                static_cast<int>(idle->second * 100), " % only"));
    }
    if (disk->second >= policy.most_disk_used) {
      findings.Fail("DISK_FULL",
                    absl::StrCat("disk of broker ", broker, " is ", static_cast<int>(disk->second * 100), " % full"));
    }
  }
}

}  // namespace

std::string GateAnswer::Summary() const {
  std::string text;
  for (const GateReason& reason : reasons) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", reason.code, ": ", reason.message);
  }
  return text;
}

GateAnswer AskGate(const GatePolicy& policy, const GateQuestion& question, const KafkaHealth* health) {
  Findings findings;
  if (!question.allowed) findings.Fail("NOT_ALLOWED", "frozen, outside the window, or no longer ours to do");
  if (health == nullptr) {
    findings.Missing("NO_SAMPLE", "the cluster's health is not known");
    return findings.Answer();
  }
  const absl::Duration age = question.now - health->sampled_at;
  if (age > policy.oldest_sample || age < absl::ZeroDuration()) {
    findings.Missing("SAMPLE_OLD",
                     absl::StrCat("the last sample is not of the last ", absl::FormatDuration(policy.oldest_sample)));
    return findings.Answer();
  }
  if (question.last_disruption_at && health->sampled_at < *question.last_disruption_at + policy.settle) {
    findings.Missing("SETTLING", "no sample since the last stop has settled");
  }
  if (!health->active_controller || *health->active_controller < 0) {
    findings.Fail("NO_ACTIVE_CONTROLLER", "the quorum has no leader");
  }
  if (!health->fenced_brokers.empty()) {
    findings.Fail("BROKER_FENCED", absl::StrCat("broker ", *health->fenced_brokers.begin(), " is fenced"));
  }
  if (health->partitions) {
    CheckPartitions(question, *health->partitions, findings);
  } else {
    findings.Missing("PARTITIONS_UNKNOWN", "the partitions' health is not known");
  }
  if (question.role == NodeRole::kController) {
    CheckController(policy, question, *health, findings);
  } else {
    if (!health->registered_brokers.contains(question.target)) {
      findings.Missing("BROKER_UNKNOWN", absl::StrCat("broker ", question.target, " is not registered"));
    }
    CheckBrokerLoad(policy, question, *health, findings);
  }
  return findings.Answer();
}

}  // namespace sluice::op
