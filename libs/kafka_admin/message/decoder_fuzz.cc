#include "libs/kafka_admin/message/decoder_fuzz.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "libs/kafka_admin/message/all_messages.h"

namespace sluice::kafka_admin::message {
namespace {

[[noreturn]] void Die(const char* name, const char* why) {
  std::fprintf(stderr, "%s: %s\n", name, why);
  std::abort();
}

template <typename Message>
std::string Encoded(const Message& message, int16_t version) {
  wire::Writer writer;
  if (!message.Encode(version, writer).ok()) Die(Message::kName, "what was decoded cannot be encoded");
  return std::move(writer).Take();
}

template <typename Message>
void Decode(std::string_view bytes, int16_t version) {
  Message first;
  wire::Reader reader(bytes);
  if (!first.Decode(version, reader).ok()) return;
  // Bytes are compared, not messages: a double may be NaN.
  std::string once = Encoded(first, version);
  Message second;
  wire::Reader again(once);
  if (!second.Decode(version, again).ok()) Die(Message::kName, "what was encoded cannot be decoded");
  if (Encoded(second, version) != once) Die(Message::kName, "another round gives other bytes");
}

}  // namespace

void DecodeAnything(std::string_view input) {
  if (input.size() < 2) return;
  // A copy of exactly its size, so that a sanitizer sees a read past its end.
  std::string bytes(input.substr(2));
  uint8_t index = 0;
  ForEachMessage([&]<typename Message>() {
    if (index++ != static_cast<uint8_t>(input[0])) return;
    int16_t versions = Message::kMaxVersion - Message::kMinVersion + 1;
    Decode<Message>(bytes, static_cast<int16_t>(Message::kMinVersion + static_cast<uint8_t>(input[1]) % versions));
  });
}

std::string InputFor(std::string_view name, int version, std::string_view bytes) {
  std::string input;
  uint8_t index = 0;
  ForEachMessage([&]<typename Message>() {
    if (Message::kName == name) {
      input.push_back(static_cast<char>(index));
      input.push_back(static_cast<char>(version - Message::kMinVersion));
    }
    ++index;
  });
  input.append(bytes);
  return input;
}

}  // namespace sluice::kafka_admin::message
