#include "libs/kafka_admin/wire/uuid.h"

#include "absl/strings/escaping.h"
#include "libs/base/strings.h"

namespace sluice::kafka_admin {
namespace {

constexpr size_t kTextLength = 22;  // 16 bytes in base64 without padding

uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

}  // namespace

std::string Uuid::ToString() const {
  std::string bytes;
  for (uint64_t half : {high, low}) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(half >> shift));
  }
  std::string text;
  absl::WebSafeBase64Escape(bytes, &text);
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

absl::StatusOr<Uuid> Uuid::Parse(std::string_view text) {
  std::string bytes;
  if (text.size() != kTextLength || !absl::WebSafeBase64Unescape(Absl(text), &bytes) || bytes.size() != 16) {
    return absl::InvalidArgumentError("not a Kafka id: 22 characters of URL-safe base64 are expected");
  }
  return Uuid{.high = ReadBigEndian(std::string_view(bytes).substr(0, 8)),
              .low = ReadBigEndian(std::string_view(bytes).substr(8))};
}

}  // namespace sluice::kafka_admin
