#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace sluice::kafka_admin::wire {

// Appends Kafka's primitive types, big-endian, to a buffer. The first Fail sticks: write on, and ask at the end.
class Writer {
 public:
  void WriteInt8(int8_t value) { buffer_.push_back(static_cast<char>(value)); }
  void WriteInt16(int16_t value) { WriteBigEndian(static_cast<uint16_t>(value)); }
  void WriteInt32(int32_t value) { WriteBigEndian(static_cast<uint32_t>(value)); }
  void WriteInt64(int64_t value) { WriteBigEndian(static_cast<uint64_t>(value)); }
  void WriteUint64(uint64_t value) { WriteBigEndian(value); }
  void WriteUint32(uint32_t value) { WriteBigEndian(value); }
  void WriteUint16(uint16_t value) { WriteBigEndian(value); }
  // Seven bits a byte, the lowest first.
  void WriteUnsignedVarint(uint32_t value) {
    for (; value >= 0x80; value >>= 7) buffer_.push_back(static_cast<char>(value | 0x80));
    buffer_.push_back(static_cast<char>(value));
  }
  void WriteRaw(std::string_view bytes) { buffer_.append(bytes); }

  void Fail(absl::Status status) { status_.Update(std::move(status)); }
  const absl::Status& status() const { return status_; }
  bool ok() const { return status_.ok(); }

  const std::string& buffer() const { return buffer_; }
  std::string Take() && { return std::move(buffer_); }

 private:
  template <typename Unsigned>
  void WriteBigEndian(Unsigned value) {
    for (int shift = 8 * (sizeof(Unsigned) - 1); shift >= 0; shift -= 8) {
      buffer_.push_back(static_cast<char>(value >> shift));
    }
  }

  std::string buffer_;
  absl::Status status_;
};

}  // namespace sluice::kafka_admin::wire
