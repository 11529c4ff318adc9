#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libs/kafka_admin/message/decoder_fuzz.h"

// libFuzzer's entry; the README of this room has the command.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::kafka_admin::message::DecodeAnything({reinterpret_cast<const char*>(data), size});
  return 0;
}
