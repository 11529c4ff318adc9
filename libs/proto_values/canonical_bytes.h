#pragma once

#include <google/protobuf/message_lite.h>

#include <string>

namespace sluice::proto_values {

// The same message always gives the same bytes: maps sorted. What checksums are made of.
std::string CanonicalBytes(const google::protobuf::MessageLite& message);

}  // namespace sluice::proto_values
