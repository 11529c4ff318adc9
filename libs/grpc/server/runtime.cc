#include "libs/grpc/server/runtime.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/log/log.h"

namespace sluice::rpc {
namespace {

constexpr auto kTick = std::chrono::milliseconds(500);
// Log lines of refused calls in a second; more are counted and the count is logged.
constexpr int kRefusalsLoggedPerSecond = 20;

bool IsRead(std::string_view method) {
  return absl::StartsWith(Absl(method), "Get") || absl::StartsWith(Absl(method), "List") ||
         absl::StartsWith(Absl(method), "Wait") || method == "WhoAmI";
}

bool IsRefusal(absl::StatusCode code) {
  return code != absl::StatusCode::kOk && code != absl::StatusCode::kInternal && code != absl::StatusCode::kUnknown;
}

}  // namespace

MethodMetrics::MethodMetrics(metrics::Registry& registry, std::string method)
    : registry_(registry),
      method_(std::move(method)),
      seconds_(registry.HistogramOf("sluice_grpc_call_seconds", "From a call's arrival to its answer",
                                    {{"method", method_}})),
      in_flight_(registry.GaugeOf("sluice_grpc_calls_in_flight", "Calls being served", {{"method", method_}})) {}

void MethodMetrics::Ended(absl::StatusCode code, absl::Duration took) {
  const auto index = static_cast<std::size_t>(code) < calls_.size() ? static_cast<std::size_t>(code) : 2;
  metrics::Counter* counter = calls_[index].load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &registry_.CounterOf("sluice_grpc_calls_total", "Calls answered",
                                   {{"method", method_}, {"code", absl::StatusCodeToString(code)}});
    calls_[index].store(counter, std::memory_order_release);
  }
  counter->Increment();
  seconds_.Observe(absl::ToDoubleSeconds(took));
}

Runtime::Runtime(RuntimeOptions options, ServerPorts ports)
    : options_(options),
      ports_(ports),
      work_(options.work),
      waiting_(options.waiting),
      lookups_(options.lookups),
      streams_(options.streams),
      ticker_([this] { Tick(); }) {}

Runtime::~Runtime() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  ticker_.join();
}

void Runtime::Finished(const Call& call, const absl::Status& status, absl::Duration took, MethodMetrics& metrics) {
  metrics.Ended(status.code(), took);
  ports_.gate.Ended(call, status);
  const std::string principal = call.identity ? call.identity->principal : "";
  const std::string reason = status.ok() ? "" : ErrorReason(status);
  const auto microseconds = absl::ToInt64Microseconds(took);
  const log::TraceScope trace(call.traceparent);
  if (status.ok()) {
    log::Write(IsRead(call.method_name()) ? log::Level::kDebug : log::Level::kInfo, "call",
               {{"method", call.method_name()}, {"principal", principal}, {"peer", call.peer}, {"us", microseconds}});
    return;
  }
  int64_t suppressed = 0;
  if (IsRefusal(status.code()) && !MayLogRefusal(suppressed)) return;
  log::Write(IsRefusal(status.code()) ? log::Level::kInfo : log::Level::kError, "call refused",
             {{"method", call.method_name()},
              {"code", absl::StatusCodeToString(status.code())},
              {"reason", reason},
              // For us; the caller sees it only when it was meant for one.
              {"error", Std(status.message())},
              {"principal", principal},
              {"peer", call.peer},
              {"us", microseconds},
              {"others_not_logged", suppressed}});
}

bool Runtime::MayLogRefusal(int64_t& suppressed) {
  const absl::Duration now = ports_.clock.MonotonicNow();
  std::lock_guard lock(mutex_);
  if (now - refusal_window_ >= absl::Seconds(1)) {
    refusal_window_ = now;
    refusals_logged_ = 0;
  }
  if (refusals_logged_ >= kRefusalsLoggedPerSecond) {
    ++refusals_suppressed_;
    return false;
  }
  ++refusals_logged_;
  suppressed = std::exchange(refusals_suppressed_, 0);
  return true;
}

absl::StatusOr<int64_t> Runtime::TakeStreamPlace(const std::string& tenant, StreamWaker tick) {
  std::lock_guard lock(mutex_);
  int& of_tenant = streams_of_tenant_[tenant];
  if (static_cast<int>(open_streams_.size()) >= options_.max_streams || of_tenant >= options_.max_streams_per_tenant) {
    if (of_tenant == 0) streams_of_tenant_.erase(tenant);
    return MakeError(absl::StatusCode::kResourceExhausted, "too many streams are open",
                     {.reason = "TOO_MANY_STREAMS",
                      .remedy = "share one stream, or close those that nobody reads",
                      .retry_after = absl::Seconds(10)});
  }
  ++of_tenant;
  open_streams_.emplace(next_place_, Stream{tenant, std::move(tick)});
  return next_place_++;
}

void Runtime::GiveStreamPlaceBack(int64_t place) {
  std::lock_guard lock(mutex_);
  auto it = open_streams_.find(place);
  if (it == open_streams_.end()) return;
  if (auto of_tenant = streams_of_tenant_.find(it->second.tenant); --of_tenant->second == 0) {
    streams_of_tenant_.erase(of_tenant);
  }
  open_streams_.erase(it);
}

void Runtime::Tick() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kTick, [this] { return ending_; })) {
    if (open_streams_.empty()) continue;
    std::vector<StreamWaker> ticks;
    for (const auto& [place, stream] : open_streams_) ticks.push_back(stream.tick);
    lock.unlock();
    for (const StreamWaker& tick : ticks) tick();
    lock.lock();
  }
}

}  // namespace sluice::rpc
