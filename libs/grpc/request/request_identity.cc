#include "libs/grpc/request/request_identity.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/sha.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::rpc {
namespace {

constexpr std::string_view kShape = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";

bool IsUuid4(std::string_view text) {
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool fits = kShape[i] == 'x'   ? absl::ascii_isxdigit(static_cast<unsigned char>(c))
                      : kShape[i] == 'v' ? c == '8' || c == '9' || c == 'a' || c == 'b'
                                         : c == kShape[i];
    if (!fits) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> CheckRequestId(std::string_view request_id) {
  std::string lower = absl::AsciiStrToLower(Absl(request_id));
  if (lower.empty() || IsUuid4(lower)) return lower;
  return MakeError(absl::StatusCode::kInvalidArgument, "request_id is no UUID of version 4",
                   {.reason = "REQUEST_ID_INVALID",
                    .field = "request_id",
                    .remedy = "make a new random UUID for each new request, and keep it for its repeats"});
}

std::string PayloadHash(std::string_view method, const google::protobuf::Message& request) {
  std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  if (const auto* field = copy->GetDescriptor()->FindFieldByName("request_id")) {
    copy->GetReflection()->ClearField(copy.get(), field);
  }
  std::string bytes = absl::StrCat(Absl(method), "\n");
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    copy->ByteSizeLong();
    copy->SerializeWithCachedSizes(&coded);
  }
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

}  // namespace sluice::rpc
