#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/grpc/server/call.h"
#include "libs/grpc/server/stream_source.h"

namespace sluice::rpc {

// Which threads serve a method.
enum class Lane {
  kWork,
  // For calls that spend their time waiting: they cannot use up the working ones.
  kWaiting,
};

struct MethodOptions {
  // Without a bearer key: the Gate is not asked.
  bool open = false;
  Lane lane = Lane::kWork;
  // A longer deadline is cut to this.
  absl::Duration longest = absl::Seconds(60);
};

// One RPC, without its types: what the transport's side needs.
struct Method {
  std::string name;  // "/package.Service/Method"
  MethodOptions options;
  const google::protobuf::Descriptor* request = nullptr;
  // Unary: parses, handles, encodes.
  std::function<absl::StatusOr<::grpc::ByteBuffer>(const Call&, ::grpc::ByteBuffer&)> run;
  // Server streaming.
  std::function<absl::StatusOr<std::unique_ptr<StreamSource>>(const Call&, ::grpc::ByteBuffer&, StreamWaker)> open;
};

// INVALID_ARGUMENT: INVALID_UTF8 with the field, REQUEST_MALFORMED otherwise.
absl::Status ParseRequest(::grpc::ByteBuffer& bytes, google::protobuf::Message& request);
absl::StatusOr<::grpc::ByteBuffer> EncodeResponse(const google::protobuf::MessageLite& response);

template <typename Request, typename Response>
Method UnaryMethod(std::string name, MethodOptions options,
                   std::function<absl::StatusOr<Response>(const Call&, const Request&)> handler) {
  Method method{.name = std::move(name), .options = options, .request = Request::descriptor()};
  method.run = [handler = std::move(handler)](const Call& call,
                                              ::grpc::ByteBuffer& bytes) -> absl::StatusOr<::grpc::ByteBuffer> {
    Request request;
    if (absl::Status status = ParseRequest(bytes, request); !status.ok()) return status;
    absl::StatusOr<Response> response = handler(call, request);
    if (!response.ok()) return response.status();
    return EncodeResponse(*response);
  };
  return method;
}

template <typename Request>
Method StreamMethod(
    std::string name, MethodOptions options,
    std::function<absl::StatusOr<std::unique_ptr<StreamSource>>(const Call&, const Request&, StreamWaker)> handler) {
  Method method{.name = std::move(name), .options = options, .request = Request::descriptor()};
  method.open = [handler = std::move(handler)](const Call& call, ::grpc::ByteBuffer& bytes,
                                               StreamWaker waker) -> absl::StatusOr<std::unique_ptr<StreamSource>> {
    Request request;
    if (absl::Status status = ParseRequest(bytes, request); !status.ok()) return status;
    return handler(call, request, std::move(waker));
  };
  return method;
}

}  // namespace sluice::rpc
