#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>

#include "libs/grpc/server/call.h"
#include "libs/grpc/server/method.h"
#include "libs/grpc/server/runtime.h"

namespace sluice::rpc {

// One server stream: admitted like a unary call, then pulls from its StreamSource, one message under way at a time.
// Deletes itself.
class StreamReactor final : public ::grpc::ServerBidiReactor<::grpc::ByteBuffer, ::grpc::ByteBuffer> {
 public:
  StreamReactor(Runtime& runtime, const Method& method, MethodMetrics& metrics, ::grpc::CallbackServerContext& context);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Outlives the reactor, for wakers that come late.
  struct Link {
    std::mutex mutex;
    StreamReactor* reactor = nullptr;
  };
  enum class State { kIdle, kPulling, kWriting, kEnded };

  void Open();
  void Wake();
  void Tick();
  void SubmitPull();  // in state kPulling
  void Pull();
  void End(absl::Status status);

  Runtime& runtime_;
  const Method& method_;
  MethodMetrics& metrics_;
  ::grpc::CallbackServerContext& context_;
  const absl::Duration begun_;
  const std::shared_ptr<Link> link_ = std::make_shared<Link>();
  Call call_;
  int64_t place_ = 0;
  ::grpc::ByteBuffer request_;
  ::grpc::ByteBuffer response_;
  std::unique_ptr<StreamSource> source_;

  std::mutex mutex_;
  State state_ = State::kPulling;
  bool woken_ = false;
  absl::Duration write_begun_;
};

}  // namespace sluice::rpc
