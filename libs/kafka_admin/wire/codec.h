#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "libs/kafka_admin/wire/decoder.h"
#include "libs/kafka_admin/wire/encoder.h"
#include "libs/kafka_admin/wire/reader.h"
#include "libs/kafka_admin/wire/writer.h"

// How a generated message becomes bytes and comes back, for every version:
// Kafka's protocol guide, KIP-482 (flexible versions, compact lengths, tagged
// fields) and KIP-893 (nullable structs). A generated struct lists its fields
// by VisitFields; Encoder and Decoder are the visitors. Only generated sources
// include this.
namespace sluice::kafka_admin::wire {

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
