#include "libs/grpc/server/method.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/grpc/server/wire_check.h"

namespace sluice::rpc {
namespace {

std::string Flatten(const ::grpc::ByteBuffer& bytes) {
  std::vector<::grpc::Slice> slices;
  std::string flat;
  if (!bytes.Dump(&slices).ok()) return flat;
  flat.reserve(bytes.Length());
  for (const ::grpc::Slice& slice : slices) flat.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return flat;
}

}  // namespace

absl::Status ParseRequest(::grpc::ByteBuffer& bytes, google::protobuf::Message& request) {
  const std::string flat = Flatten(bytes);
  if (request.ParseFromString(flat)) return absl::OkStatus();
  if (const std::string field = FindInvalidUtf8(flat, *request.GetDescriptor()); !field.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat(field, " is not valid UTF-8"),
                     {.reason = "INVALID_UTF8", .field = field, .remedy = "send text as UTF-8"});
  }
  return MakeError(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("the bytes are no ", request.GetDescriptor()->full_name()),
                   {.reason = "REQUEST_MALFORMED", .remedy = "check the client's version of the API"});
}

absl::StatusOr<::grpc::ByteBuffer> EncodeResponse(const google::protobuf::MessageLite& response) {
  ::grpc::ByteBuffer bytes;
  bool own = false;
  if (!::grpc::GenericSerialize<::grpc::ProtoBufferWriter, google::protobuf::MessageLite>(response, &bytes, &own)
           .ok()) {
    return absl::InternalError("the response does not serialize");
  }
  return bytes;
}

}  // namespace sluice::rpc
