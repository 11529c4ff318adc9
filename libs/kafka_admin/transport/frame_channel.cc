#include "libs/kafka_admin/transport/frame_channel.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/kafka_admin/client_error.h"
#include "libs/kafka_admin/transport/tcp.h"
#include "libs/kafka_admin/wire/reader.h"
#include "libs/kafka_admin/wire/writer.h"

namespace sluice::kafka_admin {
namespace {

constexpr size_t kMaxUnderWay = 1024;
constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kLengthBytes = 4;

}  // namespace

absl::StatusOr<int32_t> FrameChannel::Send(
    const std::function<absl::StatusOr<std::string>(int32_t correlation_id)>& make_frame, Deadline deadline) {
  std::unique_lock write_lock(write_mutex_, std::defer_lock);
  if (!write_lock.try_lock_until(deadline.at())) return TimeoutError("the connection is busy with other requests");
  int32_t id = 0;
  {
    std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(broken_);
    if (slots_.size() >= kMaxUnderWay) return ConnectionError("too many requests are under way on one connection");
    id = next_id_++;
    if (next_id_ < 0) next_id_ = 1;
  }
  ASSIGN_OR_RETURN(std::string content, make_frame(id));
  wire::Writer frame;
  frame.WriteInt32(static_cast<int32_t>(content.size()));
  frame.WriteRaw(content);
  {
    std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(broken_);
    slots_[id] = {.sent_at = Deadline::Clock::now()};
  }
  absl::Status written = WriteAll(frame.buffer(), deadline);
  if (written.ok()) return id;
  // Part of a frame may be out, so nothing can follow it.
  std::lock_guard lock(mutex_);
  slots_.erase(id);
  Break(written);
  return written;
}

absl::Status FrameChannel::WriteAll(const std::string& frame, Deadline deadline) {
  size_t done = 0;
  while (done < frame.size()) {
    absl::StatusOr<Stream::Progress> progress;
    {
      std::lock_guard lock(stream_mutex_);
      progress = stream_->TryWrite(frame.data() + done, frame.size() - done);
    }
    RETURN_IF_ERROR(progress.status());
    done += progress->bytes;
    if (progress->bytes > 0) continue;
    // A broker that is itself stuck sending to us reads nothing: take in what it has to say, unless another does.
    bool read = false;
    {
      std::lock_guard lock(mutex_);
      read = !std::exchange(reading_, true);
    }
    if (!read) {
      RETURN_IF_ERROR(WaitFor(stream_->descriptor(), progress->wait_for, deadline));
      continue;
    }
    absl::Status status = ReadStep(static_cast<short>(POLLIN | progress->wait_for), deadline);
    std::lock_guard lock(mutex_);
    reading_ = false;
    changed_.notify_all();
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> FrameChannel::Await(int32_t correlation_id, Deadline deadline) {
  std::unique_lock lock(mutex_);
  while (true) {
    auto slot = slots_.find(correlation_id);
    if (slot == slots_.end()) return broken_.ok() ? ConnectionError("no such request is under way") : broken_;
    if (slot->second.response.has_value()) {
      std::string response = std::move(*slot->second.response);
      slots_.erase(slot);
      return response;
    }
    if (!broken_.ok()) {
      slots_.erase(slot);
      return broken_;
    }
    if (deadline.Expired()) {
      slot->second.abandoned = true;
      if (Silent()) Break(ConnectionError("the broker has been silent for too long"));
      return TimeoutError("the broker did not answer in time");
    }
    if (reading_) {
      changed_.wait_until(lock, deadline.at());
      continue;
    }
    reading_ = true;
    lock.unlock();
    absl::Status status = ReadStep(POLLIN, deadline);
    lock.lock();
    reading_ = false;
    if (!status.ok() && !absl::IsDeadlineExceeded(status)) Break(status);
    changed_.notify_all();
  }
}

absl::Status FrameChannel::ReadStep(short events, Deadline deadline) {
  bool buffered = false;
  {
    std::lock_guard lock(stream_mutex_);
    buffered = stream_->HasBuffered();
  }
  if (!buffered) RETURN_IF_ERROR(WaitFor(stream_->descriptor(), events, deadline));
  char bytes[kReadBytes];
  absl::StatusOr<Stream::Progress> progress;
  {
    std::lock_guard lock(stream_mutex_);
    progress = stream_->TryRead(bytes, sizeof bytes);
  }
  RETURN_IF_ERROR(progress.status());
  if (progress->bytes == 0) {
    // TLS may want to write before it can read (a key update).
    if (progress->wait_for == POLLOUT) return WaitFor(stream_->descriptor(), POLLOUT, deadline);
    return absl::OkStatus();
  }
  input_.append(bytes, progress->bytes);
  return TakeFrames();
}

absl::Status FrameChannel::TakeFrames() {
  std::lock_guard lock(mutex_);
  last_byte_at_ = Deadline::Clock::now();
  size_t taken = 0;
  while (input_.size() - taken >= kLengthBytes) {
    int32_t length = wire::Reader(std::string_view(input_).substr(taken, kLengthBytes)).ReadInt32();
    if (length < static_cast<int32_t>(kLengthBytes) || length > limits_.max_response_bytes) {
      return MalformedResponseError(
          absl::StrCat("a response announces ", length, " bytes; the limit is ", limits_.max_response_bytes));
    }
    size_t end = taken + kLengthBytes + static_cast<size_t>(length);
    if (input_.size() < end) break;
    RETURN_IF_ERROR(Deliver(input_.substr(taken + kLengthBytes, static_cast<size_t>(length))));
    taken = end;
  }
  input_.erase(0, taken);
  return absl::OkStatus();
}

absl::Status FrameChannel::Deliver(std::string frame) {
  int32_t id = wire::Reader(frame).ReadInt32();
  auto slot = slots_.find(id);
  if (slot == slots_.end() || slot->second.response.has_value()) {
    return MalformedResponseError("a response that answers no request");
  }
  if (slot->second.abandoned) {
    slots_.erase(slot);
  } else {
    slot->second.response = frame.substr(sizeof(int32_t));
    changed_.notify_all();
  }
  return absl::OkStatus();
}

void FrameChannel::Break(absl::Status status) {
  if (broken_.ok()) broken_ = std::move(status);
  std::erase_if(slots_, [](const auto& entry) { return entry.second.abandoned; });
  changed_.notify_all();
}

bool FrameChannel::Silent() const {
  Deadline::Clock::time_point oldest = Deadline::Clock::now();
  for (const auto& [id, slot] : slots_) {
    if (!slot.response.has_value()) oldest = std::min(oldest, slot.sent_at);
  }
  auto since = std::max(oldest, last_byte_at_);
  return Deadline::Clock::now() - since >= absl::ToChronoNanoseconds(limits_.silence);
}

bool FrameChannel::Healthy() {
  std::unique_lock lock(mutex_);
  if (!broken_.ok()) return false;
  if (!slots_.empty() || reading_) return true;
  reading_ = true;
  lock.unlock();
  absl::Status status = ReadStep(POLLIN, Deadline::After(absl::ZeroDuration()));
  lock.lock();
  reading_ = false;
  if (!status.ok() && !absl::IsDeadlineExceeded(status)) Break(status);
  changed_.notify_all();
  return broken_.ok();
}

}  // namespace sluice::kafka_admin
