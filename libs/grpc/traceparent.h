#pragma once

#include <string>
#include <string_view>

#include "libs/clock/random.h"

// W3C Trace Context, level 1: "00-<trace id, 32 hex>-<span id, 16 hex>-<flags, 2 hex>".
namespace sluice::rpc {

inline constexpr char kTraceparentHeader[] = "traceparent";

// The traceparent to work under: the same trace as `incoming` with a span of our own, or a new sampled trace when
// `incoming` is absent or malformed (W3C: then it is to be ignored).
std::string ContinueTrace(std::string_view incoming, clock::Random& random);

// The 32 hex digits of a well-formed traceparent; "" otherwise.
std::string_view TraceIdOf(std::string_view traceparent);

}  // namespace sluice::rpc
