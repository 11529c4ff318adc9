#include "libs/bus/outbox/relay.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/outbox/relay_lease.h"
#include "libs/bus/outbox/relay_metrics.h"
#include "libs/bus/outbox/relay_store.h"
#include "libs/bus/outbox/topic_lanes.h"
#include "libs/clock/backoff.h"
#include "libs/failpoint/failpoint.h"
#include "libs/kafka_client/identity_watch.h"
#include "libs/kafka_client/producer.h"
#include "libs/log/log.h"
#include "libs/postgres/listener.h"
#include "libs/postgres/pool.h"

namespace sluice::bus {
namespace {

failpoint::FailPoint after_lease("bus.relay.after_lease");
failpoint::FailPoint after_read("bus.relay.after_read");
failpoint::FailPoint after_send("bus.relay.after_send");
failpoint::FailPoint after_delivery("bus.relay.after_delivery");
failpoint::FailPoint after_delete("bus.relay.after_delete");

// While a batch is younger than this its topics are waited for; older, the other topics go on without them.
constexpr absl::Duration kPatience = absl::Milliseconds(20);
constexpr absl::Duration kCountEach = absl::Seconds(1);
// While PostgreSQL is away each step fails.
constexpr absl::Duration kComplainEach = absl::Seconds(10);
// Looks through all of bus_latest.
constexpr absl::Duration kPruneEach = absl::Minutes(1);
constexpr absl::Duration kErrorWait = absl::Milliseconds(200);
// In renewals of the lease: what is said again after a change of holder, and how long tombstones are kept for that.
constexpr std::int64_t kRepublishBeats = 20;
constexpr std::int64_t kTombstoneBeats = 3600;
// Dead producers in a row, none of which delivered anything: about five minutes of them.
constexpr int kProducerTries = 40;
constexpr absl::Duration kFirstReplacement = absl::Milliseconds(500);
constexpr absl::Duration kLongestReplacement = absl::Seconds(10);

postgres::PoolOptions LeasePool(const RelayOptions& options) {
  postgres::PoolOptions pool{.connect = options.database, .size = 1};
  pool.connect.application_name += "-lease";
  return pool;
}

postgres::PoolOptions StorePool(const RelayOptions& options) {
  postgres::PoolOptions pool{.connect = options.database, .size = 1, .prepared = RelayStore::Prepared()};
  pool.connect.application_name += "-relay";
  // A deletion that a crash undoes is a record sent twice, which readers expect anyway.
  pool.connect.synchronous_commit = false;
  return pool;
}

}  // namespace

class Relay::Impl {
 public:
  Impl(RelayOptions options, RelayPorts ports)
      : options_(std::move(options)),
        ports_(ports),
        lease_pool_(LeasePool(options_), ports.clock, ports.random, nullptr),
        store_pool_(StorePool(options_), ports.clock, ports.random, nullptr),
        lease_(lease_pool_, ports.clock, options_.lease, options_.holder),
        store_(store_pool_),
        lanes_(ports.random),
        listener_(std::make_shared<postgres::Listener>(options_.database, RelayWakeup::kChannel, ports.random)),
        metrics_(ports.metrics),
        identity_(options_.kafka, ports.clock),
        replacement_(ports.random, kFirstReplacement, kLongestReplacement) {}

  ~Impl() { ports_.wakeup.SetLocal(nullptr, nullptr); }

  absl::Status Run(clock::StopSignal& stop) {
    if (options_.message_timeout * 2 >= options_.lease) {
      return MakeError(absl::StatusCode::kInvalidArgument, "a record must die before half of the lease has passed",
                       {.reason = "RELAY_OPTIONS", .field = "message_timeout"});
    }
    RETURN_IF_ERROR(OpenProducer());
    // The relay may be gone when stop is set.
    stop.OnStop([weak = std::weak_ptr(listener_)] {
      if (auto listener = weak.lock()) listener->Wake();
    });
    while (!stop.stopped()) {
      if (absl::Status fatal = producer_->fatal_error(); !fatal.ok()) RETURN_IF_ERROR(GiveUp(fatal));
      const absl::Status status = Step();
      if (status.ok()) continue;
      if (Now() >= next_complaint_) {
        next_complaint_ = Now() + kComplainEach;
        log::Warn("relay step failed", {{"reason", ErrorReason(status)}, {"error", std::string(status.message())}});
      }
      stop.WaitFor(clock::Jittered(ports_.random, kErrorWait));
    }
    Finish();
    return absl::OkStatus();
  }

  bool holds_lease() const { return epoch_.load() != 0; }
  std::int64_t epoch() const { return epoch_.load(); }

 private:
  absl::Status OpenProducer() {
    ASSIGN_OR_RETURN(producer_, kafka_client::Producer::Create(
                                    {.connection = options_.kafka, .message_timeout = options_.message_timeout},
                                    [this](const kafka_client::DeliveryReport& report) { OnDelivery(report); }));
    return absl::OkStatus();
  }

  // An idempotent producer that may not write to any topic dies for good, as before the rights were given at the first
  // start of all; another one is opened after a while. `fatal` itself when there were too many.
  absl::Status GiveUp(const absl::Status& fatal) {
    if (outworn_ == Outworn::kDead) return absl::OkStatus();
    if (++deaths_ > kProducerTries) return fatal;
    metrics_.Failure(ErrorReason(fatal));
    log::Warn("the relay's producer has died; another one begins", {{"error", std::string(fatal.message())}});
    outworn_ = Outworn::kDead;
    next_producer_ = Now() + replacement_.Next();
    if (!lanes_.InFlight()) return absl::OkStatus();
    // What it had sent may still reach Kafka, behind what its successor says.
    republish_at_ = Now() + options_.lease;
    republish_since_ = std::min(republish_since_, lease_.beat() - kRepublishBeats);
    producer_->Purge();
    return absl::OkStatus();
  }

  // Once nothing is in flight: until then nothing more is sent, and each record has its end within its timeout.
  absl::Status ReplaceProducer() {
    if (identity_.Renewed() && outworn_ == Outworn::kNot) outworn_ = Outworn::kRenewed;
    if (outworn_ == Outworn::kNot || lanes_.InFlight() || Now() < next_producer_) return absl::OkStatus();
    RETURN_IF_ERROR(OpenProducer());
    if (outworn_ == Outworn::kRenewed) log::Info("the relay has taken up its new certificate");
    outworn_ = Outworn::kNot;
    rung_.store(true);
    return absl::OkStatus();
  }

  absl::Status Step() {
    const absl::Status ticked = lease_.Tick();
    RETURN_IF_ERROR(NoteLease());
    if (Now() >= next_count_) RETURN_IF_ERROR(CountBacklog());
    producer_->Poll(absl::ZeroDuration());
    RETURN_IF_ERROR(Settle());
    RETURN_IF_ERROR(ticked);
    RETURN_IF_ERROR(ReplaceProducer());
    if (MaySend()) {
      RETURN_IF_ERROR(ReadAndSend());
      if (Now() >= next_republish_look_) RETURN_IF_ERROR(Republish());
    }
    Wait();
    return absl::OkStatus();
  }

  absl::Duration Now() const { return ports_.clock.MonotonicNow(); }

  // A record sent now would be dead before the lease is anyone else's.
  bool LeaseCoversRecord() const { return lease_.held() && Now() + options_.message_timeout < lease_.deadline(); }

  // Follows changes of holder.
  absl::Status NoteLease() {
    const std::int64_t epoch = lease_.held() ? lease_.epoch() : 0;
    if (epoch == epoch_.load()) return absl::OkStatus();
    epoch_.store(epoch);
    metrics_.Lease(epoch);
    if (epoch == 0) {
      ports_.wakeup.SetLocal(nullptr, nullptr);
      // What is queued must not reach Kafka under another's lease.
      producer_->Purge();
      return absl::OkStatus();
    }
    ports_.wakeup.SetLocal(&Impl::Ring, this);
    rung_.store(true);
    // Ours all along, only unsure for a while.
    if (epoch == last_epoch_) return absl::OkStatus();
    last_epoch_ = epoch;
    // A predecessor that lives may send until its own lease has passed: after that, what it touched is said again.
    republish_at_ = lease_.taken_over_cleanly() ? absl::InfiniteDuration() : Now() + options_.lease;
    republish_since_ = lease_.beat() - kRepublishBeats;
    next_republish_look_ = absl::ZeroDuration();
    return after_lease.Hit();
  }

  static void Ring(void* self) {
    auto* relay = static_cast<Impl*>(self);
    // One ring is enough until the relay has looked.
    if (!relay->rung_.exchange(true)) relay->listener_->Wake();
  }

  absl::Status CountBacklog() {
    next_count_ = Now() + kCountEach;
    ASSIGN_OR_RETURN(BacklogCount count, store_.Count());
    metrics_.Backlog(count);
    ports_.backlog.Counted(std::move(count.rows_of_topic));
    return absl::OkStatus();
  }

  void OnDelivery(const kafka_client::DeliveryReport& report) {
    if (!report.status.ok()) {
      metrics_.Failure(ErrorReason(report.status));
    } else {
      deaths_ = 0;
      replacement_.Reset();
    }
    lanes_.Report(report.tag, report.status.ok());
  }

  // Deletes what the finished lanes delivered. What cannot be deleted now stays in memory, and nothing is read until it
  // is: reading would send it twice.
  absl::Status Settle() {
    TopicLanes::Finished finished = lanes_.TakeFinished(Now());
    if (finished.failed > 0) next_opening_ = lanes_.NextOpening(Now());
    if (skipped_ && !finished.done.empty()) rung_.store(true);
    for (const OutboxRow& row : finished.delivered) late_.insert({row.message.topic, row.message.key});
    std::move(finished.done.begin(), finished.done.end(), std::back_inserter(unsettled_));
    if (unsettled_.empty() && late_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(after_delivery.Hit());
    ASSIGN_OR_RETURN(const bool ours, Acknowledge());
    if (!ours) {
      // Another relay has the lease. What we delivered may lie behind its newer records: it shall say those again.
      RETURN_IF_ERROR(store_.MarkForRepublish({late_.begin(), late_.end()}));
      if (!late_.empty()) log::Warn("records delivered past the lease", {{"keys", late_.size()}});
    }
    for (const OutboxRow& row : unsettled_) metrics_.Published(ports_.clock.Now() - row.time);
    unsettled_.clear();
    late_.clear();
    return after_delete.Hit();
  }

  absl::StatusOr<bool> Acknowledge() {
    std::vector<std::int64_t> ids;
    std::vector<OutboxRow> said_again;
    bool any_compacted = false;
    for (const OutboxRow& row : unsettled_) {
      if (row.id == 0) {
        said_again.push_back(row);
      } else {
        ids.push_back(row.id);
        any_compacted |= row.message.compacted;
      }
    }
    bool ours = true;
    // Also asked with nothing to delete: whether what was delivered was late.
    ASSIGN_OR_RETURN(ours, store_.Acknowledge(ids, any_compacted, lease_.epoch(), lease_.beat()));
    if (ours && !said_again.empty()) RETURN_IF_ERROR(store_.Unmark(said_again));
    return ours;
  }

  bool MaySend() {
    if (outworn_ != Outworn::kNot || !unsettled_.empty() || !LeaseCoversRecord()) return false;
    return !lanes_.InFlight() || Now() - sent_at_ > kPatience;
  }

  absl::Status ReadAndSend() {
    const absl::Duration now = Now();
    if (!rung_.exchange(false) && now < next_sweep_ && now < next_opening_) return absl::OkStatus();
    next_sweep_ = now + options_.sweep;
    const std::vector<std::string> closed = lanes_.Closed(now);
    next_opening_ = lanes_.NextOpening(now);
    skipped_ = !closed.empty();
    ASSIGN_OR_RETURN(std::vector<OutboxRow> rows, store_.Read(options_.batch_rows, closed));
    if (rows.empty()) return absl::OkStatus();
    // A batch that was cut by its bytes may be far from full.
    if (static_cast<int>(rows.size()) >= options_.batch_rows / 8) rung_.store(true);
    RETURN_IF_ERROR(after_read.Hit());
    Send(std::move(rows));
    return after_send.Hit();
  }

  void Send(std::vector<OutboxRow> rows) {
    sent_at_ = Now();
    bool open = true;
    for (OutboxRow& row : rows) {
      // Looked at before each record: the process may have been stopped for minutes since the last.
      open = open && LeaseCoversRecord();
      if (!open) break;
      const std::vector<kafka_client::Header> headers = EncodeHeaders(row.message, row.ce_id, row.time);
      const OutboxMessage& message = row.message;
      const kafka_client::ProducerRecord record{
          .topic = message.topic,
          .key = message.key,
          .value = message.payload ? std::optional<std::string_view>(*message.payload) : std::nullopt,
          .headers = headers};
      // The record is copied; its report comes by Poll, on this thread, so the row may follow into its lane.
      const absl::Status sent = producer_->Send(record, lanes_.NextTag(message.topic));
      if (!sent.ok()) {
        metrics_.Failure(ErrorReason(sent));
        open = false;
        break;
      }
      lanes_.Sending(std::move(row));
    }
    if (!open) rung_.store(true);
  }

  // Says the last of each marked key again, while nothing newer of its topic is in flight.
  absl::Status Republish() {
    const absl::Duration now = Now();
    if (now >= republish_at_) {
      republish_at_ = absl::InfiniteDuration();
      ASSIGN_OR_RETURN(const std::int64_t marked, store_.MarkForRepublishSince(republish_since_));
      log::Info("said again after a change of relay", {{"keys", marked}, {"epoch", lease_.epoch()}});
    }
    next_republish_look_ = now + options_.sweep;
    if (lanes_.InFlight()) return absl::OkStatus();
    if (now >= next_prune_) {
      next_prune_ = now + kPruneEach;
      RETURN_IF_ERROR(store_.PruneTombstones(lease_.beat() - kTombstoneBeats));
    }
    ASSIGN_OR_RETURN(std::vector<OutboxRow> rows, store_.ReadMarked(options_.batch_rows, lanes_.Closed(now)));
    if (rows.empty()) return absl::OkStatus();
    metrics_.Republished(rows.size());
    next_republish_look_ = now;
    Send(std::move(rows));
    return absl::OkStatus();
  }

  void Wait() {
    if (lanes_.InFlight()) {
      if (producer_->Poll(absl::Milliseconds(5)) == 0) Hear(absl::ZeroDuration());
      return;
    }
    if (rung_.load() && MaySend()) return;
    absl::Duration until = std::min(next_count_, lease_.next_tick());
    if (outworn_ != Outworn::kNot) {
      until = std::min(until, next_producer_);
    } else if (lease_.held()) {
      until = std::min({until, next_sweep_, next_opening_, next_republish_look_, republish_at_});
    }
    Hear(std::max(until - Now(), absl::ZeroDuration()));
  }

  void Hear(absl::Duration timeout) {
    using Heard = postgres::Listener::Heard;
    const Heard heard = listener_->WaitFor(timeout);
    if (heard == Heard::kNotification || heard == Heard::kReconnected) rung_.store(true);
  }

  // Lets what is in flight land, then gives the lease back.
  void Finish() {
    ports_.wakeup.SetLocal(nullptr, nullptr);
    const absl::Duration give_up = Now() + options_.message_timeout + absl::Seconds(1);
    while (lanes_.InFlight() && Now() < give_up) producer_->Poll(absl::Milliseconds(20));
    const absl::Status settled = Settle();
    if (!lanes_.InFlight() && settled.ok()) lease_.Release();
    epoch_.store(0);
    metrics_.Lease(0);
  }

  const RelayOptions options_;
  const RelayPorts ports_;
  postgres::Pool lease_pool_;
  postgres::Pool store_pool_;
  RelayLease lease_;
  RelayStore store_;
  TopicLanes lanes_;
  std::shared_ptr<postgres::Listener> listener_;
  RelayMetrics metrics_;
  kafka_client::IdentityWatch identity_;
  // Why the producer is to be replaced.
  enum class Outworn { kNot, kRenewed, kDead };
  Outworn outworn_ = Outworn::kNot;
  // Dead ones since the last delivery.
  int deaths_ = 0;
  clock::BackOff replacement_;
  absl::Duration next_producer_;
  std::unique_ptr<kafka_client::Producer> producer_;

  std::atomic<std::int64_t> epoch_{0};
  std::int64_t last_epoch_ = 0;
  std::atomic<bool> rung_{true};
  // Delivered and not deleted yet.
  std::vector<OutboxRow> unsettled_;
  // Compacted keys of which something was delivered since the last Settle.
  std::set<TopicKey> late_;
  // The last read left topics out.
  bool skipped_ = false;
  absl::Duration sent_at_;
  absl::Duration next_complaint_;
  absl::Duration next_sweep_;
  absl::Duration next_count_;
  absl::Duration next_opening_ = absl::InfiniteDuration();
  absl::Duration next_republish_look_;
  absl::Duration next_prune_;
  absl::Duration republish_at_ = absl::InfiniteDuration();
  std::int64_t republish_since_ = std::numeric_limits<std::int64_t>::max();
};

Relay::Relay(RelayOptions options, RelayPorts ports) : impl_(std::make_unique<Impl>(std::move(options), ports)) {}

Relay::~Relay() = default;

absl::Status Relay::Run(clock::StopSignal& stop) { return impl_->Run(stop); }

bool Relay::holds_lease() const { return impl_->holds_lease(); }

std::int64_t Relay::epoch() const { return impl_->epoch(); }

}  // namespace sluice::bus
