#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

// Looks at the bytes of a message that would not parse or is too large, to say which field is at fault: Protobuf 3.21
// refuses a proto3 message with a string that is not UTF-8 without saying where.
namespace sluice::rpc {

// The path of the first string field whose bytes are not UTF-8 ("kafka_cluster.labels"), "" when there is none or the
// bytes are no message of this type. Nested at most 100 deep, as Protobuf's own limit.
std::string FindInvalidUtf8(std::string_view bytes, const google::protobuf::Descriptor& descriptor);

// The top-level field with the most bytes; "" when the bytes are no message of this type.
std::string FindLargestField(std::string_view bytes, const google::protobuf::Descriptor& descriptor);

// RFC 3629: no surrogates, no overlong forms, at most U+10FFFF.
bool IsUtf8(std::string_view text);

}  // namespace sluice::rpc
