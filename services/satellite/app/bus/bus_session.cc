#include "services/satellite/app/bus/bus_session.h"

#include <utility>

#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/clock/backoff.h"
#include "libs/log/log.h"

namespace sluice::satellite {
namespace {

constexpr absl::Duration kPoll = absl::Seconds(1);
constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr absl::Duration kHeartbeat = absl::Seconds(5);
constexpr absl::Duration kFlush = absl::Seconds(3);
constexpr char kDataPlaneKey[] = "data-plane";
// A poll ends within a second, a report is due each five: several may fail before anyone is alarmed.
constexpr absl::Duration kLongestSilence = absl::Seconds(30);
constexpr absl::Duration kAcknowledged = absl::Milliseconds(100);

}  // namespace

BusSession::BusSession(BusClients clients, BusSessionParts parts)
    : clients_(std::move(clients)), parts_(std::move(parts)), tell_thread_([this] { Tell(); }) {
  for (const BusIntake& intake : clients_.intakes) {
    intake_threads_.emplace_back([this, &intake] { TakeIn(intake); });
  }
}

BusSession::~BusSession() {
  stop_.Stop();
  for (std::thread& thread : intake_threads_) thread.join();
  tell_thread_.join();
  if (const absl::Status flushed = parts_.publisher.Flush(kFlush); !flushed.ok()) {
    // Every status is said again after the next start.
    log::Warn("not everything was said before the end", {{"error", Std(flushed.message())}});
  }
}

void BusSession::Reconnect() { ++reconnects_; }

void BusSession::TakeIn(const BusIntake& intake) {
  while (!stop_.stopped()) {
    const std::unique_ptr<bus::DocumentSource> source = intake.new_source();
    TakeInFrom(intake, *source);
  }
}

void BusSession::TakeInFrom(const BusIntake& intake, bus::DocumentSource& source) {
  const int session = reconnects_;
  metrics::LoopBoard::Loop* rounds =
      parts_.board == nullptr ? nullptr : &parts_.board->Of(intake.name, kLongestSilence);
  clock::BackOff backoff(parts_.random, absl::Milliseconds(100), absl::Seconds(5));
  while (!stop_.stopped() && reconnects_ == session) {
    absl::StatusOr<std::vector<bus::ReceivedEvent>> events = source.Poll(kPoll);
    if (rounds != nullptr) rounds->Ended(events.status());
    if (!events.ok()) {
      log::Warn("no documents from the bus", {{"intake", intake.name}, {"error", Std(events.status().message())}});
      stop_.WaitFor(backoff.Next());
      // A client that is beyond help is replaced; the documents are read again, and none is acted on twice.
      if (ErrorReason(events.status()) == "KAFKA_FATAL") return;
      continue;
    }
    backoff.Reset();
    for (const bus::ReceivedEvent& event : *events) {
      if (!UntilStored(intake, [&] { return intake.accept(event); })) return;
    }
    if (source.caught_up() && !UntilStored(intake, intake.caught_up)) return;
  }
}

// Only the disk can fail here, and nothing may be skipped.
bool BusSession::UntilStored(const BusIntake& intake, const std::function<absl::Status()>& store) {
  clock::BackOff backoff(parts_.random, absl::Milliseconds(100), absl::Seconds(5));
  for (absl::Status stored = store(); !stored.ok(); stored = store()) {
    log::Error("a document cannot be stored",
               {{"intake", intake.name}, {"error", Std(stored.message())}, {"reason", ErrorReason(stored)}});
    if (stop_.WaitFor(backoff.Next())) return false;
  }
  return true;
}

void BusSession::Tell() {
  int session = -1;
  metrics::LoopBoard::Loop* rounds =
      parts_.board == nullptr ? nullptr : &parts_.board->Of("bus_report", kLongestSilence);
  bool said = false;
  absl::Duration beat;
  absl::Duration open_again;
  // A producer ends for good when it may not write: rights that come later are seen by its successor only.
  clock::BackOff backoff(parts_.random, absl::Milliseconds(500), absl::Seconds(15));
  do {
    const absl::Duration now = parts_.clock.MonotonicNow();
    const absl::Status fatal = parts_.publisher.fatal_error();
    if ((session != reconnects_ || !fatal.ok()) && now >= open_again) {
      if (!fatal.ok()) log::Error("the bus's producer is made anew", {{"error", Std(fatal.message())}});
      const int wanted = reconnects_;
      open_again = now + backoff.Next();
      if (const absl::Status opened = OpenPublisher(); opened.ok()) {
        session = wanted;
        beat = absl::ZeroDuration();
        parts_.statuses.SayAllAgain();
      } else {
        log::Error("the bus's producer cannot be made", {{"error", Std(opened.message())}});
      }
    } else if (fatal.ok() && session == reconnects_ && now >= open_again + absl::Minutes(1)) {
      backoff.Reset();
    }
    parts_.statuses.Repeat();
    if (now < beat) continue;
    beat = now + kHeartbeat;
    if (rounds != nullptr && said) rounds->Ended(Reported());
    Heartbeat();
    said = true;
  } while (!stop_.WaitFor(kTick));
}

absl::Status BusSession::Reported() const {
  if (absl::Status fatal = parts_.publisher.fatal_error(); !fatal.ok()) return fatal;
  if (parts_.publisher.Flush(kAcknowledged).ok()) return absl::OkStatus();
  return absl::UnavailableError("the bus has not taken what was said");
}

void BusSession::Heartbeat() {
  satellite::v1::StatusDocument document;
  document.set_key(kDataPlaneKey);
  *document.mutable_data_plane_status() = parts_.heartbeat();
  parts_.statuses.PublishAlways(std::move(document));
}

absl::Status BusSession::OpenPublisher() {
  absl::StatusOr<std::unique_ptr<bus::Publisher>> next = clients_.new_publisher();
  if (!next.ok()) return next.status();
  const std::shared_ptr<bus::Publisher> before = parts_.publisher.Switch(*std::move(next));
  if (before == nullptr || !before->fatal_error().ok()) return absl::OkStatus();
  // What it had accepted it still delivers; a status that it loses is said again by its successor.
  if (const absl::Status flushed = before->Flush(kFlush); !flushed.ok()) {
    log::Warn("a producer ended with records in its queue", {{"error", Std(flushed.message())}});
  }
  return absl::OkStatus();
}

}  // namespace sluice::satellite
