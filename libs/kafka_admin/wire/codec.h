#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
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
#include "libs/kafka_admin/wire/reader.h"
#include "libs/kafka_admin/wire/uuid.h"
#include "libs/kafka_admin/wire/writer.h"

// How a generated message becomes bytes and comes back, for every version: Kafka's protocol guide, KIP-482 (flexible
// versions, compact lengths, tagged fields) and KIP-893 (nullable structs). A generated struct lists its fields by
// VisitFields; Encoder and Decoder are the visitors. Only generated sources include this.
namespace sluice::kafka_admin::wire {

inline constexpr size_t kMaxStringBytes = 32767;  // Kafka's own limit, in flexible versions too

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

// Kafka's lengths: 16 or 32 bits with -1 for null, or in flexible versions an unsigned varint of length + 1 with 0.
enum class LengthKind { kInt16, kInt32 };

template <typename T>
constexpr LengthKind kLengthKind = std::is_same_v<T, std::string> ? LengthKind::kInt16 : LengthKind::kInt32;

template <typename T>
constexpr bool kHasLength = IsVector<T>::value || std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>;

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
  // Finds the field of one tag and reads it; a tag that no field has is skipped by the caller.
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
        Present(value.emplace(), 0, flexible);
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
      // Every element has at least a byte. What is announced is not allocated before it has been seen: an element
      // in memory is larger than on the wire.
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

  // Nothing for null. The length is not checked against what remains: its users do.
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

inline absl::Status CheckVersion(const char* name, int16_t version, int16_t first, int16_t last) {
  if (version >= first && version <= last) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, " has no version ", version));
}

template <typename T>
absl::Status EncodeMessage(const T& message, int16_t version, Writer& writer) {
  absl::Status known = CheckVersion(T::kName, version, T::kMinVersion, T::kMaxVersion);
  if (!known.ok()) return known;
  Encoder(version, T::kFlexible.Contains(version), writer).Struct(message);
  if (writer.ok()) return absl::OkStatus();
  return absl::Status(writer.status().code(), absl::StrCat(T::kName, ": ", writer.status().message()));
}

template <typename T>
absl::Status DecodeMessage(T& message, int16_t version, Reader& reader) {
  absl::Status known = CheckVersion(T::kName, version, T::kMinVersion, T::kMaxVersion);
  if (!known.ok()) return known;
  Decoder(version, T::kFlexible.Contains(version), reader).Struct(message);
  if (reader.ok()) return absl::OkStatus();
  return absl::Status(reader.status().code(), absl::StrCat(T::kName, ": ", reader.status().message()));
}

}  // namespace sluice::kafka_admin::wire
