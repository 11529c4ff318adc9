#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "libs/kafka_admin/wire/bytes.h"
#include "libs/kafka_admin/wire/field_spec.h"
#include "libs/kafka_admin/wire/uuid.h"
#include "libs/kafka_admin/wire/value_traits.h"
#include "libs/kafka_admin/wire/writer.h"

namespace sluice::kafka_admin::wire {

class Encoder {
 public:
  Encoder(int16_t version, bool flexible, Writer& writer) : version_(version), flexible_(flexible), writer_(writer) {}

  template <typename T>
  void Struct(const T& value) {
    Encoder inner(version_, flexible_, writer_);
    T::VisitFields(value, inner);
    inner.WriteTagged();
  }

  template <typename T>
  void Field(const FieldSpec& spec, const T& value, const T& otherwise) {
    if (!spec.versions.Contains(version_)) {
      if (!spec.ignorable && value != otherwise) Fail(spec, "is set, and this version cannot carry it");
      return;
    }
    if (!spec.tagged.Contains(version_)) return Value(spec, value, writer_);
    if (value == otherwise) return;
    Writer content;
    Value(spec, value, content);
    writer_.Fail(content.status());
    tagged_[static_cast<uint32_t>(spec.tag)] = std::move(content).Take();
  }

 private:
  template <typename T>
  void Value(const FieldSpec& spec, const T& value, Writer& out) {
    bool flexible = flexible_ && !spec.never_flexible;
    if constexpr (IsOptional<T>::value) {
      using Inner = typename T::value_type;
      if (!value.has_value() && !spec.nullable.Contains(version_)) return Fail(spec, "may not be null in this version");
      if constexpr (kHasLength<Inner>) {
        if (!value.has_value()) return WriteNullLength(kLengthKind<Inner>, flexible, out);
      } else if (spec.nullable.Contains(version_)) {
        out.WriteInt8(value.has_value() ? 1 : -1);
        if (!value.has_value()) return;
      }
      Present(spec, *value, flexible, out);
    } else {
      Present(spec, value, flexible, out);
    }
  }

  template <typename T>
  void Present(const FieldSpec& spec, const T& value, bool flexible, Writer& out) {
    if constexpr (IsVector<T>::value) {
      WriteLength(value.size(), kLengthKind<T>, flexible, out);
      for (const auto& element : value) Present(spec, element, flexible, out);
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (value.size() > kMaxStringBytes) return Fail(spec, "is longer than 32,767 bytes");
      WriteLength(value.size(), kLengthKind<T>, flexible, out);
      out.WriteRaw(value);
    } else if constexpr (std::is_same_v<T, Bytes>) {
      WriteLength(value.data.size(), kLengthKind<T>, flexible, out);
      out.WriteRaw(value.data);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      out.WriteUint64(value.high);
      out.WriteUint64(value.low);
    } else if constexpr (std::is_same_v<T, double>) {
      out.WriteUint64(std::bit_cast<uint64_t>(value));
    } else if constexpr (std::is_integral_v<T>) {
      Integer(value, out);
    } else {
      Encoder inner(version_, flexible_, out);
      T::VisitFields(value, inner);
      inner.WriteTagged();
    }
  }

  template <std::integral T>
  static void Integer(T value, Writer& out) {
    if constexpr (sizeof(T) == 1) out.WriteInt8(static_cast<int8_t>(value));
    if constexpr (sizeof(T) == 2) out.WriteInt16(static_cast<int16_t>(value));
    if constexpr (sizeof(T) == 4) out.WriteInt32(static_cast<int32_t>(value));
    if constexpr (sizeof(T) == 8) out.WriteInt64(static_cast<int64_t>(value));
  }

  static void WriteNullLength(LengthKind kind, bool flexible, Writer& out) {
    if (flexible) return out.WriteUnsignedVarint(0);
    kind == LengthKind::kInt16 ? out.WriteInt16(-1) : out.WriteInt32(-1);
  }

  static void WriteLength(size_t length, LengthKind kind, bool flexible, Writer& out) {
    if (length >= static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
      return out.Fail(absl::InvalidArgumentError("a field is longer than Kafka's 2 GiB"));
    }
    if (flexible) return out.WriteUnsignedVarint(static_cast<uint32_t>(length) + 1);
    kind == LengthKind::kInt16 ? out.WriteInt16(static_cast<int16_t>(length))
                               : out.WriteInt32(static_cast<int32_t>(length));
  }

  void WriteTagged() {
    if (!flexible_) return;
    writer_.WriteUnsignedVarint(static_cast<uint32_t>(tagged_.size()));
    for (const auto& [tag, content] : tagged_) {
      writer_.WriteUnsignedVarint(tag);
      writer_.WriteUnsignedVarint(static_cast<uint32_t>(content.size()));
      writer_.WriteRaw(content);
    }
  }

  void Fail(const FieldSpec& spec, const char* fault) {
    writer_.Fail(absl::InvalidArgumentError(absl::StrCat("field ", spec.name, " ", fault, " (", version_, ")")));
  }

  const int16_t version_;
  const bool flexible_;
  Writer& writer_;
  std::map<uint32_t, std::string> tagged_;
};

}  // namespace sluice::kafka_admin::wire
