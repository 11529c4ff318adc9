#include "libs/grpc/server/wire_check.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstdint>
#include <map>
#include <optional>

namespace sluice::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMaxDepth = 100;

// Calls `visit(field or nullptr, payload)` for each length-delimited field, in order, until it returns false. False
// when the bytes are malformed or it was stopped.
template <typename Visit>
bool ForEachDelimited(std::string_view bytes, const Descriptor& descriptor, Visit visit) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  while (std::uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&in, tag)) return false;
      continue;
    }
    std::uint32_t size = 0;
    if (!in.ReadVarint32(&size)) return false;
    const auto begin = static_cast<std::size_t>(in.CurrentPosition());
    if (size > bytes.size() - begin || !in.Skip(static_cast<int>(size))) return false;
    if (!visit(descriptor.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag)), bytes.substr(begin, size))) {
      return false;
    }
  }
  return in.ConsumedEntireMessage();
}

std::string FindInvalidUtf8(std::string_view bytes, const Descriptor& descriptor, int depth) {
  std::string found;
  if (depth > kMaxDepth) return found;
  ForEachDelimited(bytes, descriptor, [&](const FieldDescriptor* field, std::string_view payload) {
    if (field == nullptr) return true;
    if (field->type() == FieldDescriptor::TYPE_STRING && !IsUtf8(payload)) {
      found = field->name();
    } else if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      const std::string below = FindInvalidUtf8(payload, *field->message_type(), depth + 1);
      // A map is named as a whole: its key may be the very thing that cannot be shown.
      if (!below.empty()) found = field->is_map() ? field->name() : field->name() + "." + below;
    }
    return found.empty();
  });
  return found;
}

}  // namespace

std::string FindInvalidUtf8(std::string_view bytes, const Descriptor& descriptor) {
  return FindInvalidUtf8(bytes, descriptor, 0);
}

std::string FindLargestField(std::string_view bytes, const Descriptor& descriptor) {
  std::map<std::string, std::size_t> sizes;
  ForEachDelimited(bytes, descriptor, [&](const FieldDescriptor* field, std::string_view payload) {
    if (field != nullptr) sizes[field->name()] += payload.size();
    return true;
  });
  std::string largest;
  std::size_t size = 0;
  for (const auto& [name, bytes_of_it] : sizes) {
    if (bytes_of_it > size) {
      largest = name;
      size = bytes_of_it;
    }
  }
  return largest;
}

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const int extra = lead >= 0xC2 && lead <= 0xDF   ? 1
                      : (lead & 0xF0) == 0xE0        ? 2
                      : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                     : 0;
    if (extra == 0 || i + static_cast<std::size_t>(extra) >= text.size()) return false;
    const auto second = static_cast<unsigned char>(text[i + 1]);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    for (int k = 1; k <= extra; ++k) {
      if ((static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]) & 0xC0) != 0x80) return false;
    }
    i += static_cast<std::size_t>(extra) + 1;
  }
  return true;
}

}  // namespace sluice::rpc
