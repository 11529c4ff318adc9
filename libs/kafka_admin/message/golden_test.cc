#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "libs/kafka_admin/message/all_messages.h"
#include "libs/kafka_admin/message/golden_messages.h"
#include "libs/kafka_admin/message/message_text.h"

// Bytes that Kafka's own classes made: each message in each version decodes to the same fields, and encodes to the
// same bytes.
namespace sluice::kafka_admin::message {
namespace {

class GoldenTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (GoldenMessage& message : ReadGoldenMessages()) golden_.emplace(message.name, std::move(message));
  }

  static std::multimap<std::string, GoldenMessage> golden_;
};

std::multimap<std::string, GoldenMessage> GoldenTest::golden_;

TEST_F(GoldenTest, DecodesAndEncodesAsKafkaDoes) {
  ForEachMessage([]<typename Message>() {
    std::set<int16_t> seen;
    auto [begin, end] = golden_.equal_range(Message::kName);
    for (auto entry = begin; entry != end; ++entry) {
      const GoldenMessage& golden = entry->second;
      // An unstable last version of Kafka's is not among ours.
      if (golden.version > Message::kMaxVersion) continue;
      SCOPED_TRACE(absl::StrCat(golden.name, " ", golden.version, " ", absl::BytesToHexString(golden.bytes)));
      seen.insert(golden.version);
      Message message;
      wire::Reader reader(golden.bytes);
      absl::Status decoded = message.Decode(golden.version, reader);
      ASSERT_TRUE(decoded.ok()) << decoded;
      EXPECT_EQ(reader.remaining(), 0u);
      EXPECT_EQ(Text(message), StripNames(golden.text));
      wire::Writer writer;
      absl::Status encoded = message.Encode(golden.version, writer);
      ASSERT_TRUE(encoded.ok()) << encoded;
      EXPECT_EQ(absl::BytesToHexString(writer.buffer()), absl::BytesToHexString(golden.bytes));
    }
    EXPECT_EQ(seen.size(), static_cast<size_t>(Message::kMaxVersion - Message::kMinVersion + 1)) << Message::kName;
  });
}

TEST_F(GoldenTest, FailsOnEveryPrefix) {
  ForEachMessage([]<typename Message>() {
    auto [begin, end] = golden_.equal_range(Message::kName);
    for (auto entry = begin; entry != end; ++entry) {
      const GoldenMessage& golden = entry->second;
      if (golden.version > Message::kMaxVersion) continue;
      for (size_t size = 0; size < golden.bytes.size(); ++size) {
        Message message;
        // A copy of its own, so that a sanitizer sees a read past its end.
        std::string prefix = golden.bytes.substr(0, size);
        wire::Reader reader(prefix);
        EXPECT_FALSE(message.Decode(golden.version, reader).ok()) << golden.name << " cut at " << size;
      }
    }
  });
}

TEST_F(GoldenTest, RefusesVersionsThatAMessageDoesNotHave) {
  ForEachMessage([]<typename Message>() {
    for (int version : {Message::kMinVersion - 1, Message::kMaxVersion + 1}) {
      wire::Writer writer;
      EXPECT_FALSE(Message().Encode(static_cast<int16_t>(version), writer).ok()) << Message::kName;
      wire::Reader reader("");
      EXPECT_FALSE(Message().Decode(static_cast<int16_t>(version), reader).ok()) << Message::kName;
    }
  });
}

}  // namespace
}  // namespace sluice::kafka_admin::message
