#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/kafka_admin/wire/bytes.h"
#include "libs/kafka_admin/wire/field_spec.h"
#include "libs/kafka_admin/wire/reader.h"
#include "libs/kafka_admin/wire/uuid.h"
#include "libs/kafka_admin/wire/value_traits.h"

namespace sluice::kafka_admin::wire {

class Decoder {
 public:
  Decoder(int16_t version, bool flexible, Reader& reader) : version_(version), flexible_(flexible), reader_(reader) {}

  template <typename T>
  void Struct(T& value) {
    T::VisitFields(value, *this);
    if (flexible_) ReadTagged(value);
  }

  template <typename T>
  void Field(const FieldSpec& spec, T& value, T otherwise) {
    if (spec.versions.Contains(version_) && !spec.tagged.Contains(version_)) {
      Value(spec, value);
    } else {
      value = std::move(otherwise);
    }
  }

 private:
  // Finds the field of one tag and reads it; a tag that no field has is skipped
  // by the caller.
  struct TaggedField {
    Decoder& decoder;
    uint32_t tag;
    bool known = false;

    template <typename T>
    void Field(const FieldSpec& spec, T& value, const T&) {
      if (spec.tag < 0 || static_cast<uint32_t>(spec.tag) != tag) return;
      if (!spec.versions.Contains(decoder.version_) || !spec.tagged.Contains(decoder.version_)) return;
      known = true;
      decoder.Value(spec, value);
    }
  };

  template <typename T>
  void ReadTagged(T& value) {
    uint32_t count = reader_.ReadUnsignedVarint();
    int64_t previous = -1;
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
      uint32_t tag = reader_.ReadUnsignedVarint();
      Reader content(reader_.ReadRaw(reader_.ReadUnsignedVarint()));
      if (!reader_.ok()) return;
      if (tag <= previous) return reader_.Fail("tagged fields are not in ascending order");
      previous = tag;
      Decoder inner(version_, flexible_, content);
      TaggedField field{.decoder = inner, .tag = tag};
      T::VisitFields(value, field);
      if (!field.known) continue;
      if (!content.ok() || content.remaining() != 0) reader_.Fail("a tagged field has another length than announced");
    }
  }

  template <typename T>
  void Value(const FieldSpec& spec, T& value) {
    if (!reader_.ok()) return;
    bool flexible = flexible_ && !spec.never_flexible;
    if constexpr (IsOptional<T>::value) {
      using Inner = typename T::value_type;
      if constexpr (!kHasLength<Inner>) {
        if (spec.nullable.Contains(version_) && reader_.ReadInt8() < 0) return value.reset();
        // Not emplace(): clang 14 takes a nested struct with defaults for one
        // that it cannot construct.
        value = Inner();
        Present(*value, 0, flexible);
      } else {
        std::optional<size_t> length = ReadLength(kLengthKind<Inner>, flexible);
        if (!length.has_value() && !spec.nullable.Contains(version_)) return FailNull();
        if (!length.has_value()) return value.reset();
        Present(value.emplace(), *length, flexible);
      }
    } else {
      PresentWithLength(value, flexible);
    }
  }

  template <typename T>
  void PresentWithLength(T& value, bool flexible) {
    if constexpr (kHasLength<T>) {
      std::optional<size_t> length = ReadLength(kLengthKind<T>, flexible);
      if (!length.has_value()) return FailNull();
      Present(value, *length, flexible);
    } else {
      Present(value, 0, flexible);
    }
  }

  template <typename T>
  void Present(T& value, size_t length, bool flexible) {
    if constexpr (IsVector<T>::value) {
      // Every element has at least a byte. What is announced is not allocated
      // before it has been seen: an element in memory is larger than on the
      // wire.
      if (length > reader_.remaining()) return reader_.Fail("an array announces more elements than there are bytes");
      value.clear();
      for (size_t i = 0; i < length && reader_.ok(); ++i) {
        PresentWithLength(value.emplace_back(), flexible);
      }
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (length > kMaxStringBytes) return reader_.Fail("a string is longer than 32,767 bytes");
      value = std::string(reader_.ReadRaw(length));
    } else if constexpr (std::is_same_v<T, Bytes>) {
      value.data = std::string(reader_.ReadRaw(length));
    } else if constexpr (std::is_same_v<T, Uuid>) {
      value.high = reader_.ReadUint64();
      value.low = reader_.ReadUint64();
    } else if constexpr (std::is_same_v<T, double>) {
      value = std::bit_cast<double>(reader_.ReadUint64());
    } else if constexpr (std::is_same_v<T, bool>) {
      value = reader_.ReadInt8() != 0;
    } else if constexpr (std::is_integral_v<T>) {
      Integer(value);
    } else {
      Decoder(version_, flexible_, reader_).Struct(value);
    }
  }

  template <std::integral T>
  void Integer(T& value) {
    if constexpr (sizeof(T) == 1) value = static_cast<T>(reader_.ReadInt8());
    if constexpr (sizeof(T) == 2) value = static_cast<T>(reader_.ReadInt16());
    if constexpr (sizeof(T) == 4) value = static_cast<T>(reader_.ReadInt32());
    if constexpr (sizeof(T) == 8) value = static_cast<T>(reader_.ReadInt64());
  }

  // Nothing for null. The length is not checked against what remains: its users
  // do.
  std::optional<size_t> ReadLength(LengthKind kind, bool flexible) {
    int64_t length = flexible                     ? static_cast<int64_t>(reader_.ReadUnsignedVarint()) - 1
                     : kind == LengthKind::kInt16 ? reader_.ReadInt16()
                                                  : reader_.ReadInt32();
    if (!reader_.ok() || length == -1) return std::nullopt;
    if (length < -1) {
      reader_.Fail("a length is negative");
      return std::nullopt;
    }
    return static_cast<size_t>(length);
  }

  void FailNull() { reader_.Fail("null where a value must be"); }

  const int16_t version_;
  const bool flexible_;
  Reader& reader_;
};

}  // namespace sluice::kafka_admin::wire
