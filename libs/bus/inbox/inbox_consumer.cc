#include "libs/bus/inbox/inbox_consumer.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/cloud_events.h"
#include "libs/bus/inbox/inbox_metrics.h"
#include "libs/bus/inbox/inbox_store.h"
#include "libs/bus/inbox/retry_schedule.h"
#include "libs/bus/topics.h"
#include "libs/clock/backoff.h"
#include "libs/failpoint/failpoint.h"
#include "libs/kafka_client/consumer.h"
#include "libs/kafka_client/identity_watch.h"
#include "libs/log/log.h"

namespace sluice::bus {
namespace {

failpoint::FailPoint after_poll("bus.inbox.after_poll");
failpoint::FailPoint before_commit("bus.inbox.before_commit");
failpoint::FailPoint after_commit("bus.inbox.after_commit");
failpoint::FailPoint after_offset_commit("bus.inbox.after_offset_commit");
failpoint::FailPoint after_set_aside("bus.inbox.after_set_aside");

constexpr absl::Duration kPollWait = absl::Milliseconds(250);
constexpr absl::Duration kCommitEach = absl::Milliseconds(100);
constexpr absl::Duration kLookEach = absl::Seconds(1);
constexpr absl::Duration kPruneEach = absl::Seconds(10);
// Records of one failing key that are handled before others have their turn again.
constexpr int kRetriesInARow = 200;

// What was polled and is not done yet.
struct Batch {
  std::vector<ReceivedEvent> events;
  std::vector<Rejection> rejections;
  // The next offset of each partition once all of it is done.
  std::map<kafka_client::TopicPartition, std::int64_t> next;

  bool empty() const { return next.empty(); }
};

}  // namespace

class InboxConsumer::Impl {
 public:
  Impl(InboxOptions options, InboxPorts ports, EventHandler& handler)
      : options_(std::move(options)),
        ports_(ports),
        handler_(handler),
        store_(options_.consumer),
        retries_(options_.retry_waits),
        trouble_(ports.random, absl::Milliseconds(100), absl::Seconds(2)),
        metrics_(ports.metrics, options_.consumer),
        identity_(options_.kafka, ports.clock) {
    if (!options_.check_source) {
      options_.check_source = [](std::string_view topic, std::string_view source) {
        return CheckSource(topic, source);
      };
    }
  }

  absl::Status Run(clock::StopSignal& stop) {
    stop_ = &stop;
    absl::Status fatal = Open();
    while (!stop.stopped() && fatal.ok()) {
      fatal = Step();
      if (!fatal.ok() || !identity_.Renewed()) continue;
      Close();
      fatal = Open();
      log::Info("the inbox has taken up its new certificate", {{"consumer", options_.consumer}});
    }
    Close();
    return fatal;
  }

 private:
  absl::Duration Now() const { return ports_.clock.MonotonicNow(); }

  absl::Status Open() {
    ASSIGN_OR_RETURN(consumer_,
                     kafka_client::Consumer::Create(
                         {.connection = options_.kafka,
                          .group_id = options_.consumer,
                          .group_instance_id = options_.instance,
                          .session_timeout = options_.session_timeout},
                         {.on_assigned = [this](const auto& partitions) { OnAssigned(partitions); },
                          .on_revoked = [this](const auto& partitions, bool lost) { OnRevoked(partitions, lost); }}));
    return consumer_->Subscribe(options_.topics);
  }

  void Close() {
    if (consumer_ == nullptr) return;
    CommitOffsets(/*sync=*/true);
    consumer_->Close();
    consumer_.reset();
  }

  // Only Kafka's fatal errors come back.
  absl::Status Step() {
    if (Now() >= next_look_) Look();
    TryDueKeys();
    const absl::Duration due = std::min(next_look_, retries_.NextDue()) - Now();
    RETURN_IF_ERROR(Gather(full_ ? 0 : options_.batch_records, std::clamp(due, absl::ZeroDuration(), kPollWait)));
    if (!batch_.empty()) Process();
    if (Now() - committed_at_ >= kCommitEach) CommitOffsets(/*sync=*/false);
    return absl::OkStatus();
  }

  // --- Kafka -------------------------------------------------------------------------------------------------------

  void OnAssigned(const std::vector<kafka_client::TopicPartition>& partitions) {
    assigned_.insert(partitions.begin(), partitions.end());
    if (paused_) (void)consumer_->Pause(partitions);
  }

  void OnRevoked(const std::vector<kafka_client::TopicPartition>& partitions, bool lost) {
    if (!lost) CommitOffsets(/*sync=*/true);
    for (const kafka_client::TopicPartition& partition : partitions) {
      assigned_.erase(partition);
      read_up_to_.erase(partition);
      to_commit_.erase(partition);
      batch_.next.erase(partition);
      const auto theirs = [&](const auto& record) {
        return record.topic == partition.topic && record.partition == partition.partition;
      };
      std::erase_if(batch_.events, theirs);
      std::erase_if(batch_.rejections, theirs);
    }
  }

  // Waits for a first record, then takes what is there.
  absl::Status Gather(int records, absl::Duration wait) {
    SetPaused(records == 0);
    int taken = 0;
    do {
      auto record = consumer_->Poll(taken == 0 ? wait : absl::ZeroDuration());
      if (!record.ok()) {
        if (ErrorReason(record.status()) == "KAFKA_FATAL") return record.status();
        Complain("inbox cannot poll", record.status());
        break;
      }
      if (!record->has_value()) break;
      Take(**std::move(record));
    } while (++taken < records);
    // A failure here is a test's: the records stay in the batch and are processed all the same.
    if (taken > 0) (void)after_poll.Hit();
    return absl::OkStatus();
  }

  void Take(kafka_client::ConsumerRecord record) {
    std::int64_t& next = batch_.next[{record.topic, record.partition}];
    next = std::max(next, record.offset + 1);
    read_up_to_[{record.topic, record.partition}] = next;
    Rejection rejection{.topic = record.topic,
                        .partition = record.partition,
                        .offset = record.offset,
                        .raw_key = record.key.value_or("")};
    // Decoding consumes the record, and only a rejection needs its bytes again.
    kafka_client::ConsumerRecord copy = record;
    absl::StatusOr<ReceivedEvent> event = DecodeCloudEvent(std::move(record));
    absl::Status status = event.status();
    if (status.ok()) status = options_.check_source(event->topic, event->source);
    if (status.ok()) {
      batch_.events.push_back(*std::move(event));
      return;
    }
    rejection.reason = ErrorReason(status);
    rejection.error = std::string(status.message());
    rejection.raw_value = copy.value.value_or("");
    const bool forged = rejection.reason == "FORGED_SOURCE";
    (forged ? metrics_.forged : metrics_.undecodable).Increment();
    log::Warn("record rejected", {{"consumer", options_.consumer},
                                  {"topic", rejection.topic},
                                  {"partition", rejection.partition},
                                  {"offset", rejection.offset},
                                  {"reason", rejection.reason},
                                  {"error", rejection.error}});
    batch_.rejections.push_back(std::move(rejection));
  }

  void SetPaused(bool paused) {
    if (paused == paused_) return;
    paused_ = paused;
    const std::vector<kafka_client::TopicPartition> all(assigned_.begin(), assigned_.end());
    if (!all.empty()) (void)(paused ? consumer_->Pause(all) : consumer_->Resume(all));
  }

  void CommitOffsets(bool sync) {
    if (to_commit_.empty()) return;
    committed_at_ = Now();
    std::vector<kafka_client::Position> positions;
    for (const auto& [partition, offset] : to_commit_) positions.push_back({partition, offset});
    const absl::Status status = sync ? consumer_->CommitSync(positions) : consumer_->CommitAsync(positions);
    if (status.ok()) {
      to_commit_.clear();
      (void)after_offset_commit.Hit();
    } else {
      // They come again, and the inbox knows them.
      log::Warn("offset commit", {{"consumer", options_.consumer}, {"error", std::string(status.message())}});
    }
  }

  // At most once in ten seconds: while a server is away every step fails.
  void Complain(std::string_view what, const absl::Status& status) {
    if (Now() < next_complaint_) return;
    next_complaint_ = Now() + absl::Seconds(10);
    log::Warn(
        what,
        {{"consumer", options_.consumer}, {"reason", ErrorReason(status)}, {"error", std::string(status.message())}});
  }

  // --- PostgreSQL --------------------------------------------------------------------------------------------------

  // Until it is done, stop is set, or the partitions are gone.
  void Process() {
    bool one_by_one = false;
    while (!batch_.empty() && !stop_->stopped()) {
      const absl::Status status = one_by_one ? HandleEach() : HandleTogether();
      if (status.ok()) break;
      if (postgres::IsDatabaseTrouble(status)) {
        WaitOut(status);
      } else if (one_by_one) {
        log::Error("inbox cannot set a record aside",
                   {{"consumer", options_.consumer}, {"error", std::string(status.message())}});
        WaitOut(status);
      } else {
        one_by_one = true;
      }
    }
    if (stop_->stopped() && !done_) return;
    done_ = false;
    trouble_.Reset();
    for (const auto& [partition, next] : batch_.next) to_commit_[partition] = next;
    batch_ = {};
    (void)after_commit.Hit();
    handler_.Committed();
  }

  // Keeps the membership alive meanwhile: a consumer that does not poll is put out of its group.
  void WaitOut(const absl::Status& status) {
    Complain("inbox waits", status);
    const absl::Duration until = Now() + trouble_.Next();
    while (Now() < until && !stop_->stopped() && !batch_.empty()) {
      // Paused, so that nothing is added to the batch beyond one record that was on its way.
      if (!Gather(0, std::clamp(until - Now(), absl::ZeroDuration(), kPollWait)).ok()) break;
    }
  }

  absl::Status HandleTogether() {
    RETURN_IF_ERROR(HandleSpan(batch_.events, batch_.rejections));
    done_ = true;
    return absl::OkStatus();
  }

  absl::Status HandleEach() {
    if (!batch_.rejections.empty()) {
      RETURN_IF_ERROR(HandleSpan({}, batch_.rejections));
      batch_.rejections.clear();
    }
    while (!batch_.events.empty()) {
      const std::span<const ReceivedEvent> first(batch_.events.data(), 1);
      const absl::Status status = HandleSpan(first, {});
      if (postgres::IsDatabaseTrouble(status)) return status;
      if (!status.ok()) RETURN_IF_ERROR(SetKeyAside(first.front(), status));
      batch_.events.erase(batch_.events.begin());
    }
    done_ = true;
    return absl::OkStatus();
  }

  absl::Status HandleSpan(std::span<const ReceivedEvent> events, std::span<const Rejection> rejections) {
    struct Outcome {
      int handled = 0, set_aside = 0;
    } outcome;
    RETURN_IF_ERROR(ports_.pool.InTransaction(
        {.timeout = absl::Seconds(30)}, [&](pqxx::transaction_base& transaction) -> absl::Status {
          outcome = {};
          for (const Rejection& rejection : rejections) store_.Reject(transaction, rejection);
          if (events.empty()) return absl::OkStatus();
          std::vector<ReceivedEvent> flowing_copy;
          std::span<const ReceivedEvent> flowing = events;
          if (const auto aside = store_.SetAside(transaction, events); !aside.empty()) {
            for (const ReceivedEvent& event : events) {
              if (aside.contains({event.topic, event.key})) {
                store_.Append(transaction, event);
                ++outcome.set_aside;
              } else {
                flowing_copy.push_back(event);
              }
            }
            flowing = flowing_copy;
          }
          RETURN_IF_ERROR(HandleNew(transaction, flowing, outcome.handled));
          return before_commit.Hit();
        }));
    metrics_.handled.Increment(outcome.handled);
    metrics_.set_aside.Increment(outcome.set_aside);
    metrics_.duplicates.Increment(static_cast<double>(events.size()) - outcome.handled - outcome.set_aside);
    const absl::Time now = ports_.clock.Now();
    for (const ReceivedEvent& event : events) metrics_.delay.Observe(absl::ToDoubleSeconds(now - event.time));
    return absl::OkStatus();
  }

  absl::Status HandleNew(pqxx::transaction_base& transaction, std::span<const ReceivedEvent> events, int& handled) {
    if (events.empty()) return absl::OkStatus();
    const std::vector<bool> news = store_.Insert(transaction, events);
    handled = static_cast<int>(std::count(news.begin(), news.end(), true));
    if (handled == 0) return absl::OkStatus();
    if (handled == static_cast<int>(events.size())) return handler_.HandleBatch(transaction, events);
    std::vector<ReceivedEvent> fresh;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (news[i]) fresh.push_back(events[i]);
    }
    return handler_.HandleBatch(transaction, fresh);
  }

  absl::Status SetKeyAside(const ReceivedEvent& event, const absl::Status& cause) {
    metrics_.failures.Increment();
    log::Warn("handler failed; its key waits", {{"consumer", options_.consumer},
                                                {"topic", event.topic},
                                                {"key", event.key},
                                                {"ce_id", event.id},
                                                {"error", std::string(cause.message())}});
    RETURN_IF_ERROR(ports_.pool.InTransaction({.idempotent = true}, [&](pqxx::transaction_base& transaction) {
      store_.SetKeyAside(transaction, event, std::string(cause.message()));
      return absl::OkStatus();
    }));
    metrics_.set_aside.Increment();
    next_look_ = Now();
    return after_set_aside.Hit();
  }

  // --- Keys that are set aside --------------------------------------------------------------------------------------

  // Once a second: what retries, how much is parked, the lag; and old inbox rows go.
  void Look() {
    next_look_ = Now() + kLookEach;
    const absl::Status status =
        ports_.pool.InTransaction({.timeout = absl::Seconds(5)}, [&](pqxx::transaction_base& transaction) {
          const ParkedCounts counts = store_.Count(transaction, options_.max_parked_records);
          metrics_.Parked(counts);
          full_ = counts.records >= options_.max_parked_records;
          retries_.Refresh(store_.Retrying(transaction), Now());
          return absl::OkStatus();
        });
    if (!status.ok()) Complain("inbox cannot look at what is parked", status);
    if (full_) log::Error("too many parked records: nothing more is read", {{"consumer", options_.consumer}});
    std::int64_t lag = 0;
    for (const kafka_client::TopicPartition& partition : assigned_) {
      const auto end = consumer_->KnownEndOf(partition);
      const auto done = read_up_to_.find(partition);
      if (end && done != read_up_to_.end()) lag += std::max<std::int64_t>(0, *end - done->second);
    }
    metrics_.lag.Set(static_cast<double>(lag));
    if (Now() < next_prune_) return;
    next_prune_ = Now() + kPruneEach;
    std::int64_t pruned = 0;
    (void)ports_.pool.InTransaction({.timeout = absl::Seconds(5)}, [&](pqxx::transaction_base& transaction) {
      pruned = store_.Prune(transaction, options_.retention);
      return absl::OkStatus();
    });
    // There is more: a slice at each look, so that the events do not wait for it.
    if (pruned >= InboxStore::kPruneAtMost) next_prune_ = Now();
  }

  void TryDueKeys() {
    for (const KeyOfTopic& key : retries_.TakeDue(Now())) {
      for (int i = 0; i < kRetriesInARow && !stop_->stopped(); ++i) {
        if (!TryFirstOf(key)) break;
      }
    }
  }

  // True when the key's first record is handled and there may be another.
  bool TryFirstOf(const KeyOfTopic& key) {
    bool found = false, last = false, locked = false;
    const absl::Status status = ports_.pool.InTransaction(
        {.timeout = absl::Seconds(30)}, [&](pqxx::transaction_base& transaction) -> absl::Status {
          found = last = false;
          locked = store_.LockKey(transaction, key);
          if (!locked) return absl::OkStatus();
          auto first = store_.First(transaction, key);
          if (!first) {
            last = true;
            store_.RemoveKey(transaction, key);
            return absl::OkStatus();
          }
          found = true;
          int handled = 0;
          RETURN_IF_ERROR(HandleNew(transaction, std::span(&first->second, 1), handled));
          store_.RemoveFirst(transaction, key, first->first);
          return before_commit.Hit();
        });
    if (status.ok()) {
      if (last)
        log::Info("key flows again", {{"consumer", options_.consumer}, {"topic", key.first}, {"key", key.second}});
      if (found) {
        metrics_.handled.Increment();
        handler_.Committed();
      }
      return found;
    }
    if (!postgres::IsDatabaseTrouble(status)) CountFailure(key, status);
    return false;
  }

  void CountFailure(const KeyOfTopic& key, const absl::Status& cause) {
    metrics_.failures.Increment();
    int attempts = 0;
    const absl::Status status = ports_.pool.InTransaction([&](pqxx::transaction_base& transaction) {
      attempts = store_.CountFailure(transaction, key, std::string(cause.message()), retries_.max_attempts());
      return absl::OkStatus();
    });
    if (!status.ok()) return;
    retries_.Failed(key, attempts, Now());
    if (attempts < retries_.max_attempts()) return;
    next_look_ = Now();
    log::Error("key parked until it is released", {{"consumer", options_.consumer},
                                                   {"topic", key.first},
                                                   {"key", key.second},
                                                   {"attempts", attempts},
                                                   {"error", std::string(cause.message())}});
  }

  InboxOptions options_;
  const InboxPorts ports_;
  EventHandler& handler_;
  const InboxStore store_;
  RetrySchedule retries_;
  clock::BackOff trouble_;
  InboxMetrics metrics_;
  kafka_client::IdentityWatch identity_;
  clock::StopSignal* stop_ = nullptr;
  std::unique_ptr<kafka_client::Consumer> consumer_;

  std::set<kafka_client::TopicPartition> assigned_;
  Batch batch_;
  // The batch's effects are committed.
  bool done_ = false;
  bool paused_ = false;
  bool full_ = false;
  std::map<kafka_client::TopicPartition, std::int64_t> to_commit_;
  std::map<kafka_client::TopicPartition, std::int64_t> read_up_to_;
  absl::Duration committed_at_;
  absl::Duration next_complaint_;
  absl::Duration next_look_;
  absl::Duration next_prune_;
};

InboxConsumer::InboxConsumer(InboxOptions options, InboxPorts ports, EventHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), ports, handler)) {}

InboxConsumer::~InboxConsumer() = default;

absl::Status InboxConsumer::Run(clock::StopSignal& stop) { return impl_->Run(stop); }

}  // namespace sluice::bus
