#include "services/satellite/app/tenancy/tenant_drain.h"

#include <algorithm>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/failpoint/failpoint.h"
#include "libs/log/log.h"
#include "libs/sealed/sealed_scram_credential.h"
#include "services/satellite/app/tenancy/tenant_status.h"
#include "services/satellite/app/tenancy/topic_batch.h"

namespace sluice::satellite {
namespace {

failpoint::FailPoint before_record("satellite.tenancy.1_before_record");
failpoint::FailPoint before_status("satellite.tenancy.9_before_status");

// Kafka takes at most 10,000 metadata records from one request.
constexpr size_t kMostChanges = 2000;
constexpr absl::Duration kFirstRetry = absl::Milliseconds(100);
constexpr absl::Duration kLongestRetry = absl::Seconds(30);
// A key that was refused is written again so many times; then only the resync tries.
constexpr int kKeyRewrites = 3;

std::string Text(const absl::Status& status) { return std::string(Std(status.message())); }

const TenantKey* FindKey(const TenantDocument& document, const std::string& username) {
  for (const TenantKey& key : document.wish.keys) {
    if (key.username == username) return &key;
  }
  return nullptr;
}

}  // namespace

TenantDrain::TenantDrain(TenancyOptions options, TenancyPorts ports, Parts parts)
    : options_(std::move(options)),
      ports_(ports),
      parts_(parts),
      drain_seconds_(ports.metrics.HistogramOf("sluice_satellite_tenancy_drain_seconds",
                                               "One pass over the tenants of a cell that were marked.")),
      faults_(ports.metrics.CounterOf("sluice_satellite_tenancy_faults_total",
                                      "Passes of a tenant that ended with an error and are tried again.")),
      leftovers_(ports.metrics.CounterOf("sluice_satellite_tenancy_leftovers_total",
                                         "Tenants without a document whose access was removed.")) {}

void TenantDrain::Run(const DrainTarget& target, std::vector<TenantDocument> documents) {
  const absl::Duration begin = ports_.clock.MonotonicNow();
  TakeProbes();
  if (documents.empty()) return;
  TenantFaults faults;
  const absl::Status looked = Look(target, documents);
  std::vector<Work> works;
  for (TenantDocument& document : documents) {
    const std::string id = document.wish.logical_cluster;
    Tenant& tenant = tenants_[id];
    absl::Status ready = looked;
    ready.Update(Remember(document, tenant));
    works.push_back({std::move(document), tenant, {}, {}});
    if (ready.ok()) {
      Plan(target, works.back());
      ready = WriteIntent(works.back());
    }
    if (!ready.ok()) faults[id] = ready;
  }
  Act(target, works, faults);
  for (Work& work : works) {
    const auto fault = faults.find(work.document.wish.logical_cluster);
    Conclude(target, work, fault == faults.end() ? absl::OkStatus() : fault->second);
  }
  drain_seconds_.Observe(absl::ToDoubleSeconds(ports_.clock.MonotonicNow() - begin));
}

absl::Status TenantDrain::Look(const DrainTarget& target, const std::vector<TenantDocument>& documents) {
  bool all = false;
  bool groups = false;
  std::vector<std::string> names;
  for (const TenantDocument& document : documents) {
    const TenantWish& wish = document.wish;
    if (wish.prefix.empty() && !target.cell.shared) all |= parts_.view.SetSoleTenant(wish.logical_cluster);
    if (wish.deleted) {
      const TenantSeen& seen = parts_.view.Of(wish.logical_cluster);
      groups |= seen.grants.empty() && seen.users.empty();
      continue;
    }
    RETURN_IF_ERROR(Remember(document, tenants_[wish.logical_cluster]));
    for (const TenantTopicWish& topic : wish.topic_wishes) {
      const WishJournal& journal = tenants_[wish.logical_cluster].record.wishes;
      const auto record = journal.find(topic.id);
      const bool open = record == journal.end() || record->second.open();
      if (open && !topic.topic.empty()) names.push_back(wish.prefix + topic.topic);
    }
  }
  if (all || groups) RETURN_IF_ERROR(parts_.view.LoadTopics(*target.admin, options_.call_timeout).status());
  if (groups) RETURN_IF_ERROR(parts_.view.LoadGroups(*target.admin, options_.call_timeout));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return parts_.view.RefreshTopics(*target.admin, names, options_.call_timeout);
}

absl::Status TenantDrain::Remember(const TenantDocument& document, Tenant& tenant) {
  if (!tenant.loaded) {
    ASSIGN_OR_RETURN(tenant.saved, ports_.records.Load(document.key));
    tenant.record = tenant.saved;
    tenant.loaded = true;
  }
  if (tenant.generation == document.generation) return absl::OkStatus();
  tenant.generation = document.generation;
  tenant.tries.clear();
  // What the document no longer says needs no answer.
  std::erase_if(tenant.record.wishes, [&](const auto& entry) {
    return std::none_of(document.wish.topic_wishes.begin(), document.wish.topic_wishes.end(),
                        [&](const auto& wish) { return wish.id == entry.first; });
  });
  const bool open = !document.wish.deleted && !document.wish.suspended;
  std::set<std::string> live;
  for (const TenantKey& key : document.wish.keys) {
    if (open && !key.deleted) live.insert(key.uid);
  }
  std::erase_if(tenant.record.verified_keys, [&](const std::string& uid) { return !live.contains(uid); });
  std::erase_if(tenant.keys, [&](const auto& entry) { return !live.contains(entry.first); });
  return absl::OkStatus();
}

void TenantDrain::Plan(const DrainTarget& target, Work& work) {
  const TenantWish& wish = work.document.wish;
  const TenantSeen& seen = parts_.view.Of(wish.logical_cluster);
  if (!wish.deleted) {
    work.hindrance.refusal = RefusalOf(wish, target.cell.shared);
    if (!work.hindrance.refusal.empty()) return;
    work.hindrance.no_capacity = Admit(target, work);
    if (!work.hindrance.no_capacity.empty()) return;
  }
  work.plan = PlanTenant(wish, seen, work.tenant.record.wishes, static_cast<int>(target.cell.brokers.size()));
}

std::string TenantDrain::Admit(const DrainTarget& target, Work& work) {
  TenantRecord& record = work.tenant.record;
  if (record.admitted) return "";
  if (record.rejected_generation == work.document.generation) return record.rejected_why;
  CellFill fill{.replicas = parts_.view.replicas(), .brokers = static_cast<int>(target.cell.brokers.size())};
  if (const auto reading = ports_.loads.Latest(target.cell.physical_cluster)) {
    for (const auto& broker : reading->sample.brokers()) {
      for (const auto& dir : broker.log_dirs()) {
        // The fullest disk decides.
        if (dir.total_bytes() <= 0 ||
            dir.used_bytes() * std::max<int64_t>(1, fill.total_bytes) <= fill.used_bytes * dir.total_bytes()) {
          continue;
        }
        fill.used_bytes = dir.used_bytes();
        fill.total_bytes = dir.total_bytes();
      }
    }
  }
  // Whoever has rights here was taken in before the record was lost.
  const std::string why = parts_.view.Of(work.document.wish.logical_cluster).grants.empty()
                              ? NoRoomOn(fill, options_.max_replicas_per_broker)
                              : "";
  if (why.empty()) {
    record.admitted = true;
  } else {
    record.rejected_generation = work.document.generation;
    record.rejected_why = why;
  }
  return why;
}

absl::Status TenantDrain::WriteIntent(Work& work) {
  TenantRecord record = work.tenant.record;
  for (const auto& [id, decided] : work.plan.decided) record.wishes[id] = decided;
  for (const TopicStep& step : work.plan.topic_steps) {
    if (step.kind == TopicStep::Kind::kCreate) record.wishes[step.wish_id].attempted = true;
  }
  if (record == work.tenant.saved) return absl::OkStatus();
  RETURN_IF_ERROR(before_record.Hit());
  RETURN_IF_ERROR(ports_.records.Save(work.document.key, record));
  work.tenant.saved = record;
  work.tenant.record = std::move(record);
  return absl::OkStatus();
}

void TenantDrain::Act(const DrainTarget& target, std::vector<Work>& works, TenantFaults& faults) {
  AccessBatch access;
  TopicBatch topics;
  for (Work& work : works) {
    const std::string& id = work.document.wish.logical_cluster;
    if (faults.contains(id)) continue;
    work.deferred = access.size() + topics.size() >= kMostChanges;
    if (work.deferred) continue;
    access.Add(id, work.plan, OpenCredentials(work));
    topics.Add(id, work.plan);
    for (const std::string& reason : work.plan.reasons) {
      const log::TraceScope trace(work.document.traceparent);
      log::Info("tenant changes", {{"cluster", work.document.key}, {"reason", reason}});
    }
  }
  if (access.size() + topics.size() == 0) return;
  kafka_admin::AdminClient& admin = *target.admin;
  parts_.calls.RunAll({
      [&] { access.RunGrants(admin, options_.call_timeout); },
      [&] { access.RunQuotas(admin, options_.call_timeout); },
      [&] { topics.Run(admin, target.cell.replication_factor, options_.call_timeout); },
      [&] { access.RunUsers(admin, options_.call_timeout); },
  });
  access.Apply(parts_.view, faults);
  std::map<std::string, WishJournal> journals;
  for (const Work& work : works) journals[work.document.wish.logical_cluster] = work.tenant.record.wishes;
  topics.Apply(parts_.view, journals, faults);
  for (Work& work : works) {
    WishJournal& journal = journals[work.document.wish.logical_cluster];
    if (journal == work.tenant.record.wishes) continue;
    work.tenant.record.wishes = std::move(journal);
    SaveOutcome(work);
  }
}

std::vector<kafka_admin::ScramUpsert> TenantDrain::OpenCredentials(Work& work) {
  std::vector<kafka_admin::ScramUpsert> upserts;
  for (const std::string& user : work.plan.users_to_make) {
    const TenantKey* key = FindKey(work.document, user);
    KeyTry& tries = work.tenant.tries[key->uid];
    if (tries.hopeless || tries.not_before > ports_.clock.MonotonicNow()) continue;
    const auto credential =
        sealed::OpenScramCredential(options_.sealing_keys, work.document.sealed_credentials.at(user), user);
    if (!credential.ok()) {
      tries.hopeless = true;
      work.tenant.keys[key->uid] = {false, ErrorReason(credential.status()), Text(credential.status())};
      continue;
    }
    upserts.push_back({.user = user,
                       .iterations = credential->iterations(),
                       .salt = credential->salt(),
                       .salted_password = credential->salted_password()});
  }
  return upserts;
}

void TenantDrain::Conclude(const DrainTarget& target, Work& work, const absl::Status& fault) {
  const std::string& id = work.document.wish.logical_cluster;
  const bool acts = work.hindrance.refusal.empty() && work.hindrance.no_capacity.empty();
  TenantPlan remaining;
  if (acts) {
    remaining = PlanTenant(work.document.wish, parts_.view.Of(id), work.tenant.record.wishes,
                           static_cast<int>(target.cell.brokers.size()));
    std::erase_if(remaining.users_to_make, [&](const std::string& user) {
      const auto tries = work.tenant.tries.find(FindKey(work.document, user)->uid);
      return tries != work.tenant.tries.end() &&
             (tries->second.hopeless || tries->second.not_before > ports_.clock.MonotonicNow());
    });
    if (fault.ok()) StartProbes(target, work);
  }
  // A topic or a key that waits does not take a cluster back that is ready: its own result tells of it.
  const bool provisioned = remaining.grants_to_add.empty() && remaining.quotas.empty();
  if (!fault.ok() && (!provisioned || work.document.wish.deleted || work.document.wish.suspended)) {
    work.hindrance.waits_for = Text(fault);
  }
  // Empty is only what is seen empty after the last act.
  const bool look_again = work.document.wish.deleted && !work.plan.empty();
  if (look_again && fault.ok()) work.hindrance.waits_for = "its access is removed first, its data follows";
  Report(work, remaining);
  if (!fault.ok()) {
    faults_.Increment();
    log::Warn("tenant waits", {{"cluster", work.document.key}, {"error", Text(fault)}});
    Retry(id, work.tenant.failures++);
    return;
  }
  const bool more = work.deferred || look_again || !remaining.empty() || !remaining.decided.empty();
  if (!more) {
    work.tenant.failures = 0;
  } else if (work.tenant.failures++ < 8) {
    parts_.table.Mark(id);
  } else {
    Retry(id, work.tenant.failures);
  }
}

void TenantDrain::StartProbes(const DrainTarget& target, Work& work) {
  if (work.document.wish.deleted || work.document.wish.suspended) return;
  const TenantSeen& seen = parts_.view.Of(work.document.wish.logical_cluster);
  for (const TenantKey& key : work.document.wish.keys) {
    if (key.deleted || !seen.users.contains(key.username)) continue;
    if (work.tenant.record.verified_keys.contains(key.uid)) {
      work.tenant.keys[key.uid] = {.ready = true};
    } else if (!work.tenant.probing.contains(key.uid)) {
      StartProbe(target, work, key);
    }
  }
}

void TenantDrain::StartProbe(const DrainTarget& target, Work& work, const TenantKey& key) {
  const KeyTry& tries = work.tenant.tries[key.uid];
  if (tries.hopeless || tries.not_before > ports_.clock.MonotonicNow()) return;
  const auto credential = sealed::OpenScramCredential(options_.sealing_keys,
                                                      work.document.sealed_credentials.at(key.username), key.username);
  if (!credential.ok()) {
    // It is on the cell and may well work: it stays, but nobody can say that it does.
    work.tenant.tries[key.uid].hopeless = true;
    work.tenant.keys[key.uid] = {false, ErrorReason(credential.status()), Text(credential.status())};
    return;
  }
  std::vector<kafka_admin::ScramLogin> logins;
  for (const CellBroker& broker : target.cell.brokers) {
    if (!broker.live) continue;
    kafka_admin::ScramLogin login{.broker = broker.client};
    if (!target.cell.client_ca_file.empty()) login.tls = kafka_admin::TlsOptions{.ca_file = target.cell.client_ca_file};
    login.credentials = {.user = key.username, .secret = kafka_admin::SaltedPassword{credential->salted_password()}};
    logins.push_back(std::move(login));
  }
  work.tenant.probing.insert(key.uid);
  parts_.prober.Probe(
      target.admin, std::move(logins),
      [&table = parts_.table, id = work.document.wish.logical_cluster, uid = key.uid](const absl::Status& status) {
        table.AddProbe({id, uid, status});
      });
}

void TenantDrain::TakeProbes() {
  for (const ProbeOutcome& outcome : parts_.table.TakeProbes()) {
    const auto found = tenants_.find(outcome.logical_cluster);
    if (found == tenants_.end()) continue;
    Tenant& tenant = found->second;
    tenant.probing.erase(outcome.key_uid);
    if (!outcome.status.ok()) {
      FailKey(outcome.logical_cluster, tenant, outcome.key_uid, outcome.status);
      continue;
    }
    tenant.keys[outcome.key_uid] = {.ready = true};
    tenant.tries.erase(outcome.key_uid);
    tenant.record.verified_keys.insert(outcome.key_uid);
  }
}

void TenantDrain::FailKey(const std::string& logical_cluster, Tenant& tenant, const std::string& uid,
                          const absl::Status& status) {
  KeyTry& tries = tenant.tries[uid];
  const absl::Duration wait = std::min(kLongestRetry, kFirstRetry * (1 << std::min(tries.failures, 10)));
  tries.not_before = ports_.clock.MonotonicNow() + clock::Jittered(ports_.random, wait);
  // A broker that does not answer comes back, or is found dead and does not count: no fault of the key.
  bool passes = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsCancelled(status);
  // Refused although it is there: written again, it may have been changed by another hand.
  if (absl::IsUnauthenticated(status) && tries.failures < kKeyRewrites) {
    parts_.view.Change(logical_cluster).users.erase(logical_cluster + "." + uid);
    passes = true;
  }
  ++tries.failures;
  const std::string reason = absl::IsUnauthenticated(status) ? "KEY_LOGIN_REFUSED" : ErrorReason(status);
  tenant.keys[uid] = {false, passes ? "" : reason, Text(status)};
  parts_.table.MarkAt(logical_cluster, tries.not_before);
}

void TenantDrain::Report(const Work& work, const TenantPlan& remaining) {
  const TenantSeen& seen = parts_.view.Of(work.document.wish.logical_cluster);
  const TenantVerdict verdict = JudgeTenant(work.document.wish, seen, remaining, work.hindrance);
  if (!before_status.Hit().ok()) return;
  ports_.statuses.Publish(ToStatusDocument({work.document, seen, work.tenant.record.wishes, verdict, work.tenant.keys,
                                            remaining.creation_withdrawn}),
                          work.document.traceparent);
}

void TenantDrain::Postpone(const std::vector<TenantDocument>& documents, const std::string& why) {
  for (const TenantDocument& document : documents) {
    Tenant& tenant = tenants_[document.wish.logical_cluster];
    const absl::Status remembered = Remember(document, tenant);
    Work work{document, tenant, {.waits_for = why}, {}};
    if (!remembered.ok()) work.hindrance.waits_for = Text(remembered);
    Report(work, {});
  }
}

void TenantDrain::ReportGone(const std::vector<TenantDocument>& documents) {
  for (const TenantDocument& document : documents) {
    parts_.view.Forget(document.wish.logical_cluster);
    Report({document, tenants_[document.wish.logical_cluster], {}, {}}, {});
  }
}

void TenantDrain::RemoveLeftovers(const DrainTarget& target, const std::set<std::string>& documented) {
  AccessBatch access;
  access.RemoveStrays(parts_.view.strays());
  std::vector<std::string> leftovers;
  for (const std::string& id : parts_.view.Tenants()) {
    if (documented.contains(id)) continue;
    const TenantSeen& seen = parts_.view.Of(id);
    if (!seen.topics.empty()) {
      log::Warn("topics of a cluster that no document speaks of are kept",
                {{"cluster", id}, {"topics", seen.topics.size()}});
    }
    const TenantWish nothing{.logical_cluster = id, .prefix = id + ".", .deleted = true};
    TenantSeen access_only = seen;
    access_only.topics.clear();
    access_only.groups.clear();
    const TenantPlan plan = PlanTenant(nothing, access_only, {}, 1);
    if (plan.empty()) continue;
    access.Add(id, plan, {});
    leftovers.push_back(id);
    if (access.size() >= kMostChanges) break;
  }
  if (access.size() == 0) return;
  parts_.calls.RunAll({
      [&] { access.RunGrants(*target.admin, options_.call_timeout); },
      [&] { access.RunUsers(*target.admin, options_.call_timeout); },
      [&] { access.RunQuotas(*target.admin, options_.call_timeout); },
  });
  TenantFaults faults;
  access.Apply(parts_.view, faults);
  for (const std::string& id : leftovers) {
    leftovers_.Increment();
    const auto fault = faults.find(id);
    log::Warn("access that no document speaks of is removed",
              {{"cluster", id}, {"error", fault == faults.end() ? std::string() : Text(fault->second)}});
  }
}

void TenantDrain::Forget(const std::string& physical_cluster, const std::string& logical_cluster) {
  const std::string key = physical_cluster + "/" + logical_cluster;
  tenants_.erase(logical_cluster);
  parts_.view.Forget(logical_cluster);
  if (const absl::Status removed = ports_.records.Remove(key); !removed.ok()) {
    log::Warn("a record of a cluster that is gone stays on disk", {{"cluster", key}, {"error", Text(removed)}});
  }
  ports_.statuses.Forget(key);
}

void TenantDrain::Retry(const std::string& logical_cluster, int failures) {
  const absl::Duration wait = std::min(kLongestRetry, kFirstRetry * (1 << std::min(failures, 10)));
  parts_.table.MarkAt(logical_cluster, ports_.clock.MonotonicNow() + clock::Jittered(ports_.random, wait));
}

void TenantDrain::SaveOutcome(Work& work) {
  const absl::Status saved = ports_.records.Save(work.document.key, work.tenant.record);
  if (saved.ok()) {
    work.tenant.saved = work.tenant.record;
    return;
  }
  // The act is done. Without the record it is found done, or tried, after a restart: correct, only slower.
  log::Warn("a tenant's record could not be written", {{"cluster", work.document.key}, {"error", Text(saved)}});
}

}  // namespace sluice::satellite
