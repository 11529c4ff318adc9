#include "libs/grpc/server/stream_reactor.h"

#include <utility>

#include "libs/base/error.h"
#include "libs/grpc/error_status.h"
#include "libs/grpc/server/admission.h"
#include "libs/grpc/traceparent.h"
#include "libs/log/log.h"

namespace sluice::rpc {
namespace {

absl::Status Cancelled() {
  return MakeError(absl::StatusCode::kCancelled, "the client went away", {.reason = "CANCELLED"});
}

}  // namespace

StreamReactor::StreamReactor(Runtime& runtime, const Method& method, MethodMetrics& metrics,
                             ::grpc::CallbackServerContext& context)
    : runtime_(runtime),
      method_(method),
      metrics_(metrics),
      context_(context),
      begun_(runtime.ports().clock.MonotonicNow()) {
  link_->reactor = this;
  metrics_.in_flight().Increment();
  if (absl::Status status = Begin(context_, method_, runtime_, call_); !status.ok()) {
    End(std::move(status));
    return;
  }
  Admit(context_, method_, runtime_, call_, [this](absl::Status admitted) {
    if (!admitted.ok()) return End(std::move(admitted));
    StartRead(&request_);
  });
}

void StreamReactor::OnReadDone(bool ok) {
  if (!ok) {
    return End(MakeError(absl::StatusCode::kInvalidArgument, "the call carries no request",
                         {.reason = "REQUEST_MALFORMED", .remedy = "check the client's version of the API"}));
  }
  if (absl::Status status = CheckSize(method_, runtime_, request_); !status.ok()) return End(std::move(status));
  if (!runtime_.work().Submit(call_.identity ? call_.identity->tenant : call_.peer, [this] { Open(); })) {
    End(Overloaded());
  }
}

void StreamReactor::Open() {
  const log::TraceScope trace(call_.traceparent);
  auto to_reactor = [link = link_](void (StreamReactor::*what)()) {
    return [link, what] {
      std::lock_guard lock(link->mutex);
      if (link->reactor != nullptr) (link->reactor->*what)();
    };
  };
  absl::StatusOr<int64_t> place =
      runtime_.TakeStreamPlace(call_.identity ? call_.identity->tenant : call_.peer, to_reactor(&StreamReactor::Tick));
  if (!place.ok()) return End(place.status());
  place_ = *place;
  absl::Status opened = Contained(call_, [&]() -> absl::Status {
    absl::StatusOr<std::unique_ptr<StreamSource>> source =
        method_.open(call_, request_, to_reactor(&StreamReactor::Wake));
    if (!source.ok()) return source.status();
    source_ = *std::move(source);
    return absl::OkStatus();
  });
  if (!opened.ok()) return End(std::move(opened));
  AddResponseMetadata(call_, context_);
  StartSendInitialMetadata();
  SubmitPull();
}

void StreamReactor::Wake() {
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::kIdle) {
      woken_ = true;
      return;
    }
    state_ = State::kPulling;
  }
  SubmitPull();
}

void StreamReactor::Tick() {
  {
    std::lock_guard lock(mutex_);
    const absl::Duration now = runtime_.ports().clock.MonotonicNow();
    if (state_ == State::kWriting && now - write_begun_ > runtime_.options().stream_stall) {
      // Nothing can be said to a client that reads nothing.
      context_.TryCancel();
      return;
    }
  }
  Wake();
}

void StreamReactor::SubmitPull() {
  if (!runtime_.streams().Submit(call_.identity ? call_.identity->tenant : call_.peer, [this] { Pull(); })) {
    End(Overloaded());
  }
}

void StreamReactor::Pull() {
  while (true) {
    if (call_.cancelled->load()) return End(Cancelled());
    std::unique_ptr<google::protobuf::MessageLite> message;
    absl::Status pulled = Contained(call_, [&]() -> absl::Status {
      absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>> next = source_->Next();
      if (!next.ok()) return next.status();
      message = *std::move(next);
      if (message == nullptr) return absl::OkStatus();
      absl::StatusOr<::grpc::ByteBuffer> bytes = EncodeResponse(*message);
      if (!bytes.ok()) return bytes.status();
      response_ = *std::move(bytes);
      return absl::OkStatus();
    });
    if (!pulled.ok()) return End(std::move(pulled));
    std::unique_lock lock(mutex_);
    if (message != nullptr) {
      state_ = State::kWriting;
      write_begun_ = runtime_.ports().clock.MonotonicNow();
      woken_ = false;
      lock.unlock();
      StartWrite(&response_);
      return;
    }
    if (!std::exchange(woken_, false)) {
      state_ = State::kIdle;
      return;
    }
  }
}

void StreamReactor::OnWriteDone(bool ok) {
  if (!ok) return End(Cancelled());
  {
    std::lock_guard lock(mutex_);
    state_ = State::kPulling;
  }
  SubmitPull();
}

void StreamReactor::OnCancel() {
  call_.cancelled->store(true);
  Wake();
}

void StreamReactor::End(absl::Status status) {
  {
    std::lock_guard lock(mutex_);
    state_ = State::kEnded;
  }
  if (source_ == nullptr) AddResponseMetadata(call_, context_);
  runtime_.Finished(call_, status, runtime_.ports().clock.MonotonicNow() - begun_, metrics_);
  Finish(ToGrpcStatus(status, TraceIdOf(call_.traceparent)));
}

void StreamReactor::OnDone() {
  {
    std::lock_guard lock(link_->mutex);
    link_->reactor = nullptr;
  }
  if (place_ != 0) runtime_.GiveStreamPlaceBack(place_);
  metrics_.in_flight().Decrement();
  delete this;
}

}  // namespace sluice::rpc
