#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "libs/grpc/server/call.h"
#include "libs/grpc/server/method.h"
#include "libs/grpc/server/runtime.h"

namespace sluice::rpc {

// One unary call: admitted by its headers, then read, then queued, then run, then answered. On the wire a unary method
// and a stream of one message are the same; served as the latter, the message is not taken in before the caller is
// known. Deletes itself.
class UnaryReactor final : public ::grpc::ServerBidiReactor<::grpc::ByteBuffer, ::grpc::ByteBuffer> {
 public:
  UnaryReactor(Runtime& runtime, const Method& method, MethodMetrics& metrics, ::grpc::CallbackServerContext& context);

  void OnReadDone(bool ok) override;
  void OnCancel() override { call_.cancelled->store(true); }
  void OnDone() override;

 private:
  void Serve();
  // The answer: response_ when `status` is OK.
  void Answer(absl::Status status);

  Runtime& runtime_;
  const Method& method_;
  MethodMetrics& metrics_;
  ::grpc::CallbackServerContext& context_;
  const absl::Duration begun_;
  Call call_;
  ::grpc::ByteBuffer request_;
  ::grpc::ByteBuffer response_;
};

}  // namespace sluice::rpc
