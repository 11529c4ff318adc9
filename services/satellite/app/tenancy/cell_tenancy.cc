#include "services/satellite/app/tenancy/cell_tenancy.h"

#include <algorithm>
#include <utility>

#include "libs/base/status.h"
#include "libs/base/strings.h"
#include "libs/log/log.h"

namespace sluice::satellite {
namespace {

// Rights, keys, quotas and topics are changed in four calls at once; more threads would find nothing to do.
constexpr int kCallThreads = 3;
// Logins wait mostly for the brokers' TLS handshakes.
constexpr int kProbeThreads = 6;
constexpr int kTenantsPerDrain = 256;
constexpr absl::Duration kCellRetry = absl::Milliseconds(500);

bool SameAddresses(const Cell& a, const Cell& b) {
  return a.admin_tls.ca_file == b.admin_tls.ca_file && a.admin_tls.certificate_file == b.admin_tls.certificate_file &&
         std::equal(a.brokers.begin(), a.brokers.end(), b.brokers.begin(), b.brokers.end(),
                    [](const CellBroker& x, const CellBroker& y) { return x.internal == y.internal; });
}

}  // namespace

CellTenancy::CellTenancy(std::string physical_cluster, TenancyOptions options, TenancyPorts ports, CellAccess access)
    : physical_cluster_(std::move(physical_cluster)),
      options_(std::move(options)),
      ports_(ports),
      access_(std::move(access)),
      view_(ports.clock),
      calls_(kCallThreads),
      probes_(std::make_unique<WorkerPool>(kProbeThreads)),
      prober_(*probes_, options_.probe_patience, {ports.clock, ports.random, stop_}),
      drain_(options_, ports, {table_, view_, calls_, prober_}),
      worker_([this] { Loop(); }) {}

CellTenancy::~CellTenancy() {
  stop_.Stop();
  table_.Stop();
  worker_.join();
  probes_.reset();
}

void CellTenancy::Loop() {
  table_.Wake();
  while (!table_.stopped()) {
    const absl::Duration now = ports_.clock.MonotonicNow();
    const absl::Duration next = target_.admin == nullptr ? now + absl::Minutes(1) : std::min(next_resync_, next_poll_);
    table_.Wait(now, next - now);
    if (!table_.stopped()) Step();
  }
}

void CellTenancy::Step() {
  for (const std::string& id : table_.TakeForgotten()) drain_.Forget(physical_cluster_, id);
  std::string obstacle;
  if (table_.TakeWake() || target_.admin == nullptr) {
    obstacle = Connect();
  }
  if (obstacle.empty()) obstacle = Look();
  std::vector<TenantDocument> documents = table_.Take(ports_.clock.MonotonicNow(), kTenantsPerDrain);
  if (obstacle.empty()) {
    drain_.Run(target_, std::move(documents));
  } else {
    Postpone(documents, obstacle);
  }
}

std::string CellTenancy::Connect() {
  const auto cell = access_.cells.Find(physical_cluster_);
  const bool usable = cell && !cell->deleting &&
                      std::any_of(cell->brokers.begin(), cell->brokers.end(), [](const auto& b) { return b.live; });
  if (!usable) {
    target_.admin = nullptr;
    known_ = false;
    // Whoever waits hears at once when it is back, or gone.
    table_.MarkAll();
    return !cell            ? "physical cluster " + physical_cluster_ + " is not up yet"
           : cell->deleting ? "physical cluster " + physical_cluster_ + " is being deleted"
                            : "no broker of physical cluster " + physical_cluster_ + " is up";
  }
  if (target_.admin == nullptr || !SameAddresses(target_.cell, *cell)) {
    auto admin = access_.connect(*cell);
    if (!admin.ok()) return std::string(Std(admin.status().message()));
    target_.admin = *std::move(admin);
    known_ = false;
  }
  // A quota is a limit's share for one broker.
  if (brokers_ != cell->brokers.size()) table_.MarkAll();
  brokers_ = cell->brokers.size();
  target_.cell = *cell;
  return "";
}

std::string CellTenancy::Look() {
  const absl::Duration now = ports_.clock.MonotonicNow();
  if (!known_ || now >= next_resync_) {
    const absl::Status synced = Resync();
    const absl::Duration took = ports_.clock.MonotonicNow() - now;
    if (!synced.ok()) {
      next_resync_ = now + kCellRetry;
      return known_ ? "" : std::string(Std(synced.message()));
    }
    known_ = true;
    next_resync_ = now + std::max(options_.resync, 100 * took);
    next_poll_ = now + options_.topic_poll;
  } else if (now >= next_poll_) {
    Poll();
    next_poll_ = now + std::max(options_.topic_poll, 100 * (ports_.clock.MonotonicNow() - now));
  }
  return "";
}

absl::Status CellTenancy::Resync() {
  RETURN_IF_ERROR(view_.LoadAccess(*target_.admin, options_.call_timeout));
  RETURN_IF_ERROR(view_.LoadTopics(*target_.admin, options_.call_timeout).status());
  RETURN_IF_ERROR(view_.LoadConfigs(*target_.admin, options_.call_timeout).status());
  if (access_.documents_complete()) drain_.RemoveLeftovers(target_, table_.Ids());
  table_.MarkAll();
  return absl::OkStatus();
}

void CellTenancy::Poll() {
  if (table_.size() == 0) return;
  const auto changed = view_.LoadTopics(*target_.admin, options_.call_timeout);
  if (!changed.ok()) {
    log::Warn("topics could not be listed",
              {{"physical_cluster", physical_cluster_}, {"error", Std(changed.status().message())}});
    return;
  }
  for (const std::string& id : *changed) table_.Mark(id);
}

void CellTenancy::Postpone(const std::vector<TenantDocument>& documents, const std::string& why) {
  std::vector<TenantDocument> waiting;
  std::vector<TenantDocument> gone;
  for (const TenantDocument& document : documents) {
    const bool over = document.wish.deleted && access_.is_gone(physical_cluster_);
    (over ? gone : waiting).push_back(document);
    if (!over) {
      table_.MarkAt(document.wish.logical_cluster,
                    ports_.clock.MonotonicNow() + clock::Jittered(ports_.random, absl::Seconds(5)));
    }
  }
  drain_.Postpone(waiting, why);
  drain_.ReportGone(gone);
}

}  // namespace sluice::satellite
