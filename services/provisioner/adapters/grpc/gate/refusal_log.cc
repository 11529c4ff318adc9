#include "services/provisioner/adapters/grpc/gate/refusal_log.h"

#include <utility>

namespace sluice::provisioner {
namespace {

// Room for entries by method and reason beyond kEntriesPerFlush: as many as there are of both.
constexpr std::size_t kMaxWaiting = RefusalLog::kEntriesPerFlush + 400;

}  // namespace

RefusalLog::RefusalLog(std::function<void(AuditEntry)> write, const clock::Clock& clock, metrics::Registry& metrics)
    : write_(std::move(write)),
      clock_(clock),
      refusals_(metrics.CounterOf("sluice_api_refusals_total", "Calls refused for who made them or how often")) {}

void RefusalLog::Note(AuditEntry entry) {
  refusals_.Increment();
  entry.allowed = false;
  entry.time = clock_.Now();
  entry.first_time = entry.time;
  entry.count = 1;
  std::lock_guard lock(mutex_);
  Likeness like(entry.principal, entry.organization, entry.method, entry.target, entry.reason, entry.peer);
  if (waiting_.size() >= kEntriesPerFlush && !waiting_.contains(like)) {
    entry.principal.clear();
    entry.organization.clear();
    entry.target.clear();
    entry.request_id.clear();
    entry.traceparent.clear();
    entry.peer = kManyPeers;
    like = Likeness("", "", entry.method, "", entry.reason, entry.peer);
    if (waiting_.size() >= kMaxWaiting && !waiting_.contains(like)) return;
  }
  auto [it, added] = waiting_.try_emplace(std::move(like), entry);
  if (added) return;
  it->second.count += 1;
  it->second.time = entry.time;
}

void RefusalLog::Run(clock::StopSignal& stop) {
  while (!stop.WaitFor(kFlush)) Flush();
  Flush();
}

void RefusalLog::Flush() {
  std::map<Likeness, AuditEntry> taken;
  {
    std::lock_guard lock(mutex_);
    taken.swap(waiting_);
  }
  for (auto& [like, entry] : taken) write_(std::move(entry));
}

}  // namespace sluice::provisioner
