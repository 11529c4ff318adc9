#include "libs/kafka_admin/message/decoder_fuzz.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "libs/kafka_admin/message/golden_messages.h"

// A fuzz run that needs no fuzzer: Kafka's own bytes, mutated from a fixed seed, the same each time. Worth most with
// --config=asan. decoder_libfuzzer.cc explores further.
namespace sluice::kafka_admin::message {
namespace {

constexpr int kMutantsPerMessage = 400;

void Mutate(std::string& bytes, std::mt19937& random) {
  auto below = [&](size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random); };
  if (bytes.empty()) bytes.push_back('\0');
  size_t at = below(bytes.size());
  switch (below(7)) {
    case 0:  // a bit
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      break;
    case 1:  // any byte
      bytes[at] = static_cast<char>(below(256));
      break;
    case 2:  // a length or count at its extremes
      bytes.replace(at, 4, std::string("\x7f\xff\xff\xff", 4));
      break;
    case 3:
      bytes.replace(at, 4, std::string("\xff\xff\xff\xff", 4));
      break;
    case 4:  // shorter
      bytes.erase(at, 1 + below(8));
      break;
    case 5:  // longer
      bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(16)));
      break;
    case 6:  // zeros
      bytes.replace(at, 2, std::string(2, '\0'));
      break;
  }
}

TEST(DecoderFuzzTest, SurvivesMutants) {
  std::mt19937 random(20240229);
  std::vector<GoldenMessage> golden = ReadGoldenMessages();
  ASSERT_GT(golden.size(), 400u);
  for (const GoldenMessage& message : golden) {
    for (int i = 0; i < kMutantsPerMessage; ++i) {
      std::string bytes = message.bytes;
      int mutations = 1 + static_cast<int>(random() % 4);
      for (int m = 0; m < mutations; ++m) Mutate(bytes, random);
      DecodeAnything(InputFor(message.name, message.version, bytes));
    }
  }
}

TEST(DecoderFuzzTest, SurvivesNoise) {
  std::mt19937 random(1);
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes(random() % 64, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    DecodeAnything(bytes);
  }
}

}  // namespace
}  // namespace sluice::kafka_admin::message
