#include "libs/grpc/request/sealed_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::rpc {
namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kBindingBytes = 16;
constexpr std::size_t kMaxTokenBytes = 8192;

std::string Hmac(std::string_view key, std::string_view text) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), mac, &size);
  return std::string(reinterpret_cast<const char*>(mac), size);
}

std::string HashOf(std::string_view binding) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(binding.data()), binding.size(), hash);
  return std::string(reinterpret_cast<const char*>(hash), kBindingBytes);
}

}  // namespace

TokenSealer::TokenSealer(std::string_view key, std::string_view purpose) : key_(Hmac(key, purpose)) {}

std::string TokenSealer::Seal(std::string_view binding, std::string_view position) const {
  std::string body = absl::StrCat(HashOf(binding), Absl(position));
  return absl::WebSafeBase64Escape(absl::StrCat(Hmac(key_, body).substr(0, kMacBytes), body));
}

TokenSealer::Opened TokenSealer::Open(std::string_view binding, std::string_view token) const {
  std::string bytes;
  if (token.size() > kMaxTokenBytes || !absl::WebSafeBase64Unescape(Absl(token), &bytes) ||
      bytes.size() < kMacBytes + kBindingBytes) {
    return {};
  }
  const std::string_view body = std::string_view(bytes).substr(kMacBytes);
  if (CRYPTO_memcmp(Hmac(key_, body).data(), bytes.data(), kMacBytes) != 0) return {};
  if (body.substr(0, kBindingBytes) != HashOf(binding)) return {.fault = Fault::kOtherBinding};
  return {.fault = Fault::kNone, .position = std::string(body.substr(kBindingBytes))};
}

absl::StatusOr<std::string> OpenPageToken(const TokenSealer& sealer, std::string_view binding, std::string_view token) {
  if (token.empty()) return std::string();
  TokenSealer::Opened opened = sealer.Open(binding, token);
  switch (opened.fault) {
    case TokenSealer::Fault::kNone:
      return std::move(opened.position);
    case TokenSealer::Fault::kOtherBinding:
      return MakeError(absl::StatusCode::kInvalidArgument, "page_token belongs to another list",
                       {.reason = "PAGE_TOKEN_FILTER_MISMATCH",
                        .field = "page_token",
                        .remedy = "keep parent, filter, order_by and show_deleted as they were for the first page"});
    case TokenSealer::Fault::kNotOurs:
      break;
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "page_token is none of ours",
                   {.reason = "PAGE_TOKEN_INVALID",
                    .field = "page_token",
                    .remedy = "give next_page_token of the page before as it came, or none to begin again"});
}

}  // namespace sluice::rpc
