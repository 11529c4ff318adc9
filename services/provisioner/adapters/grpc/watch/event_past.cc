#include "services/provisioner/adapters/grpc/watch/event_past.h"

#include <atomic>
#include <condition_variable>
#include <deque>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/clock/stop_signal.h"
#include "libs/kafka_client/consumer.h"
#include "services/provisioner/adapters/grpc/watch/event_slots.h"

namespace sluice::provisioner {
namespace {

constexpr absl::Duration kMetadataTimeout = absl::Seconds(10);
constexpr absl::Duration kPoll = absl::Milliseconds(200);
constexpr std::size_t kMostQueued = 256;

absl::Status Expired(const std::string& why) {
  return MakeError(absl::StatusCode::kOutOfRange, absl::StrCat("resume_token is too old: ", why),
                   {.reason = "RESUME_TOKEN_EXPIRED",
                    .field = "resume_token",
                    .remedy = "watch without a token: the present state comes first then"});
}

absl::Status Unreadable(const absl::Status& status) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("the event topics cannot be read now: ", status.message()),
                   {.reason = "WATCH_NOT_READY",
                    .remedy = "watch again with the last resume token",
                    .retry_after = absl::Seconds(1)});
}

}  // namespace

struct PastReader::State {
  // What a record was: an event, or null for one that is none.
  struct Read {
    int slot;
    int64_t offset;
    std::shared_ptr<const RingEvent> event;
  };

  State(const EventPastOptions& options, std::vector<int64_t> offsets, rpc::StreamWaker waker)
      : options(options), offsets(std::move(offsets)), waker(std::move(waker)) {}

  void Run() {
    absl::Status end = ReadOn();
    {
      std::lock_guard lock(mutex);
      result = std::move(end);
    }
    waker();
    done = true;
  }
  void End() {
    {
      std::lock_guard lock(mutex);
      ending = true;
    }
    stop.Stop();
    room.notify_all();
  }

  absl::Status ReadOn();
  absl::Status CheckReach(const std::vector<EventSlot>& slots) const;
  // Waits for room. False when the reader ends.
  bool Put(Read read);

  const EventPastOptions options;
  const std::vector<int64_t> offsets;
  const rpc::StreamWaker waker;
  clock::StopSignal stop;
  std::atomic<bool> done = false;
  std::mutex mutex;
  std::condition_variable room;
  std::deque<Read> queue;
  bool ending = false;
  absl::Status result;
};

absl::Status PastReader::State::CheckReach(const std::vector<EventSlot>& slots) const {
  // More topics or partitions than when the token was given.
  if (slots.size() != offsets.size()) return Expired("there are other event topics now");
  int64_t events = 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (offsets[i] < slots[i].low) return Expired("the event topics do not go back so far");
    if (offsets[i] > slots[i].high) return Expired("the event topics were made anew");
    events += slots[i].high - offsets[i];
  }
  return events <= options.most_events ? absl::OkStatus() : Expired(absl::StrCat(events, " events were missed"));
}

absl::Status PastReader::State::ReadOn() {
  absl::StatusOr<std::unique_ptr<kafka_client::Consumer>> created =
      kafka_client::Consumer::Create({.connection = options.kafka, .group_id = options.group_id});
  if (!created.ok()) return Unreadable(created.status());
  kafka_client::Consumer& consumer = **created;
  const absl::StatusOr<std::vector<EventSlot>> slots = EventSlotsOf(consumer, kMetadataTimeout);
  if (!slots.ok()) return Unreadable(slots.status());
  RETURN_IF_ERROR(CheckReach(*slots));
  if (absl::Status assigned = consumer.Assign(PositionsAt(*slots, offsets)); !assigned.ok())
    return Unreadable(assigned);
  while (!stop.stopped()) {
    absl::StatusOr<std::optional<kafka_client::ConsumerRecord>> record = consumer.Poll(kPoll);
    if (!record.ok()) {
      // What may pass: the consumer goes on by itself.
      if (ErrorReason(record.status()) == "KAFKA_FATAL") return Unreadable(record.status());
      stop.WaitFor(kPoll);
      continue;
    }
    if (!*record) continue;
    const int index = SlotIndexOf(*slots, **record);
    if (index < 0) continue;
    const int64_t offset = (*record)->offset;
    if (!Put({index, offset, EventOf(*slots, index, **std::move(record))})) break;
  }
  consumer.Close();
  return absl::OkStatus();
}

bool PastReader::State::Put(Read read) {
  {
    std::unique_lock lock(mutex);
    room.wait(lock, [this] { return ending || queue.size() < kMostQueued; });
    if (ending) return false;
    queue.push_back(std::move(read));
  }
  waker();
  return true;
}

PastReader::~PastReader() { state_->End(); }

absl::StatusOr<PastReader::Reading> PastReader::Next(EventRing::Place& place, std::shared_ptr<const RingEvent>& event) {
  std::lock_guard lock(state_->mutex);
  while (!state_->queue.empty()) {
    State::Read read = std::move(state_->queue.front());
    state_->queue.pop_front();
    state_->room.notify_all();
    place.offsets[static_cast<std::size_t>(read.slot)] = read.offset + 1;
    if (read.event == nullptr) continue;
    event = std::move(read.event);
    return Reading::kEvent;
  }
  RETURN_IF_ERROR(state_->result);
  return Reading::kNoneYet;
}

EventPast::~EventPast() {
  for (Running& running : running_) {
    running.state->End();
    running.thread.join();
  }
}

absl::StatusOr<std::unique_ptr<PastReader>> EventPast::From(std::vector<int64_t> offsets, rpc::StreamWaker waker) {
  std::lock_guard lock(mutex_);
  std::erase_if(running_, [](Running& running) {
    if (!running.state->done) return false;
    running.thread.join();
    return true;
  });
  if (static_cast<int>(running_.size()) >= options_.readers) {
    return MakeError(
        absl::StatusCode::kUnavailable, "too many streams catch up with the past now",
        {.reason = "WATCH_BUSY", .remedy = "watch again with the same resume token", .retry_after = absl::Seconds(2)});
  }
  auto state = std::make_shared<PastReader::State>(options_, std::move(offsets), std::move(waker));
  running_.push_back({state, std::thread([state] { state->Run(); })});
  return std::make_unique<PastReader>(std::move(state));
}

}  // namespace sluice::provisioner
