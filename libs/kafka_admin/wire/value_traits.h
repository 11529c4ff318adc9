#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "libs/kafka_admin/wire/bytes.h"

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

// Kafka's lengths: 16 or 32 bits with -1 for null, or in flexible versions an
// unsigned varint of length + 1 with 0.
enum class LengthKind { kInt16, kInt32 };

template <typename T>
constexpr LengthKind kLengthKind = std::is_same_v<T, std::string> ? LengthKind::kInt16 : LengthKind::kInt32;

template <typename T>
constexpr bool kHasLength = IsVector<T>::value || std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>;

}  // namespace sluice::kafka_admin::wire
