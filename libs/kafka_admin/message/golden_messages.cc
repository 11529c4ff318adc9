#include "libs/kafka_admin/message/golden_messages.h"

#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"

namespace sluice::kafka_admin::message {

std::vector<GoldenMessage> ReadGoldenMessages() {
  std::vector<GoldenMessage> messages;
  std::ifstream file("libs/kafka_admin/testdata/golden_messages.txt");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    GoldenMessage message;
    std::string hex;
    words >> message.name >> message.version;
    words.get();
    std::getline(words, hex, ' ');  // empty for a message without fields
    std::getline(words, message.text);
    message.bytes = absl::HexStringToBytes(hex);
    messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace sluice::kafka_admin::message
