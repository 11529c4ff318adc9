#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace sluice::kafka_admin::wire {

// Reads Kafka's primitive types from bytes that it does not own and that anyone may have sent. Never reads past
// them: what is missing reads as zero, and the first failure sticks. So a caller may read on and ask once, but must
// ask before it believes a length, and in each round of a loop.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  int8_t ReadInt8() { return static_cast<int8_t>(ReadBigEndian<uint8_t>()); }
  int16_t ReadInt16() { return static_cast<int16_t>(ReadBigEndian<uint16_t>()); }
  int32_t ReadInt32() { return static_cast<int32_t>(ReadBigEndian<uint32_t>()); }
  int64_t ReadInt64() { return static_cast<int64_t>(ReadBigEndian<uint64_t>()); }
  uint16_t ReadUint16() { return ReadBigEndian<uint16_t>(); }
  uint32_t ReadUint32() { return ReadBigEndian<uint32_t>(); }
  uint64_t ReadUint64() { return ReadBigEndian<uint64_t>(); }
  // At most five bytes; more, or bits beyond the 32nd, is a failure.
  uint32_t ReadUnsignedVarint() {
    uint32_t value = 0;
    for (int shift = 0; shift <= 28; shift += 7) {
      uint8_t byte = ReadBigEndian<uint8_t>();
      if (shift == 28 && byte > 0x0f) break;
      value |= static_cast<uint32_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    Fail("a variable-length number is too long");
    return 0;
  }
  // A view of the next `size` bytes; empty after a failure.
  std::string_view ReadRaw(size_t size) {
    if (failure_ == nullptr && size > bytes_.size()) Fail("the message ends in the middle of a field");
    if (failure_ != nullptr) return {};
    std::string_view bytes = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return bytes;
  }

  size_t remaining() const { return bytes_.size(); }
  // `failure` lives forever (a literal).
  void Fail(const char* failure) {
    if (failure_ == nullptr) failure_ = failure;
    bytes_ = {};
  }
  bool ok() const { return failure_ == nullptr; }
  absl::Status status() const { return ok() ? absl::OkStatus() : absl::InternalError(failure_); }

 private:
  template <typename Unsigned>
  Unsigned ReadBigEndian() {
    std::string_view bytes = ReadRaw(sizeof(Unsigned));
    Unsigned value = 0;
    for (char c : bytes) value = static_cast<Unsigned>(static_cast<uint64_t>(value) << 8 | static_cast<uint8_t>(c));
    return value;
  }

  std::string_view bytes_;
  const char* failure_ = nullptr;
};

}  // namespace sluice::kafka_admin::wire
