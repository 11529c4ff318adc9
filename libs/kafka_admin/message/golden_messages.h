#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::kafka_admin::message {

// One line of testdata/golden_messages.txt: what Kafka's own classes made.
struct GoldenMessage {
  std::string name;
  int16_t version = 0;
  std::string bytes;
  std::string text;
};

// Empty when the file cannot be read.
std::vector<GoldenMessage> ReadGoldenMessages();

}  // namespace sluice::kafka_admin::message
