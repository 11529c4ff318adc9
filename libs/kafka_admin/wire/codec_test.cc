#include "libs/kafka_admin/wire/codec.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace sluice::kafka_admin::wire {
namespace {

// A message of no API, with one field of each kind.
struct Sample {
  static constexpr char kName[] = "Sample";
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr VersionRange kFlexible = {2, kMaxVersion};

  struct Inner {
    std::string text;

    template <typename Self, typename Visitor>
    static void VisitFields(Self& self, Visitor& visitor) {
      visitor.Field({.name = "Text", .versions = {0, 3}}, self.text, std::string());
    }
    friend bool operator==(const Inner&, const Inner&) = default;
  };

  int32_t number = 0;
  std::vector<Inner> inners;
  std::optional<std::string> nullable_since_1 = "";
  int16_t since_1 = -1;
  int16_t since_1_ignorable = -1;
  std::optional<Inner> maybe;
  int64_t tagged = -1;

  template <typename Self, typename Visitor>
  static void VisitFields(Self& self, Visitor& visitor) {
    visitor.Field({.name = "Number", .versions = {0, 3}}, self.number, int32_t{0});
    visitor.Field({.name = "Inners", .versions = {0, 3}}, self.inners, std::vector<Inner>());
    visitor.Field({.name = "NullableSince1", .versions = {0, 3}, .nullable = {1, 3}}, self.nullable_since_1,
                  std::optional<std::string>(""));
    visitor.Field({.name = "Since1", .versions = {1, 3}}, self.since_1, int16_t{-1});
    visitor.Field({.name = "Since1Ignorable", .versions = {1, 3}, .ignorable = true}, self.since_1_ignorable,
                  int16_t{-1});
    visitor.Field({.name = "Maybe", .versions = {2, 3}, .nullable = {2, 3}}, self.maybe, std::optional<Inner>());
    visitor.Field({.name = "Tagged", .versions = {2, 3}, .tagged = {2, 3}, .tag = 5}, self.tagged, int64_t{-1});
  }
  friend bool operator==(const Sample&, const Sample&) = default;
};

absl::StatusOr<std::string> Encode(const Sample& sample, int16_t version) {
  Writer writer;
  absl::Status status = EncodeMessage(sample, version, writer);
  if (!status.ok()) return status;
  return std::move(writer).Take();
}

absl::StatusOr<Sample> Decode(std::string_view hex, int16_t version) {
  std::string bytes = absl::HexStringToBytes(absl::string_view(hex.data(), hex.size()));
  Reader reader(bytes);
  Sample sample;
  absl::Status status = DecodeMessage(sample, version, reader);
  if (!status.ok()) return status;
  return sample;
}

TEST(CodecTest, WritesOldLengthsBeforeFlexibleVersions) {
  Sample sample{.number = 1, .inners = {{"ab"}}, .nullable_since_1 = std::nullopt, .since_1 = 7};
  auto bytes = Encode(sample, 1);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(absl::BytesToHexString(*bytes),
            "00000001"
            "00000001"
            "00026162"
            "ffff"
            "0007"
            "ffff");
  auto decoded = Decode(absl::BytesToHexString(*bytes), 1);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, sample);
}

TEST(CodecTest, WritesCompactLengthsAndTagsInFlexibleVersions) {
  Sample sample{.inners = {{"ab"}}, .nullable_since_1 = std::nullopt, .maybe = {{"c"}}, .tagged = 9};
  auto bytes = Encode(sample, 2);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(absl::BytesToHexString(*bytes),
            "00000000"
            "02"
            "03616200"
            "00"
            "ffff"
            "ffff"
            "01"
            "026300"
            "01"
            "05"
            "08"
            "0000000000000009");
  auto decoded = Decode(absl::BytesToHexString(*bytes), 2);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, sample);
  sample.maybe.reset();
  sample.tagged = -1;  // the default is not written
  EXPECT_EQ(absl::BytesToHexString(*Encode(sample, 2)),
            "00000000"
            "02"
            "03616200"
            "00"
            "ffff"
            "ffff"
            "ff"
            "00");
}

TEST(CodecTest, RefusesWhatAVersionCannotCarry) {
  EXPECT_TRUE(Encode({.since_1_ignorable = 3}, 0).ok());
  auto lost = Encode({.since_1 = 3}, 0);
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(lost.status().message(), "Sample: field Since1 is set, and this version cannot carry it (0)");
  EXPECT_FALSE(Encode({.tagged = 3}, 1).ok());
  EXPECT_FALSE(Encode({.nullable_since_1 = std::nullopt}, 0).ok());
  EXPECT_FALSE(Encode({.inners = {{std::string(40000, 'x')}}}, 2).ok());
  EXPECT_FALSE(Encode({}, 4).ok());
}

TEST(CodecTest, SkipsTagsThatItDoesNotKnow) {
  auto decoded = Decode(
      "00000000"
      "01"
      "01"
      "ffff"
      "ffff"
      "ff"
      "02"
      "03"
      "02"
      "abcd"
      "05"
      "08"
      "0000000000000009",
      2);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->tagged, 9);
}

TEST(CodecTest, RefusesMalformedBytes) {
  struct Case {
    const char* what;
    const char* hex;
    int16_t version;
  };
  for (const Case& c : {
           Case{"null where it may not be",
                "00000000"
                "00000000"
                "ffff",
                0},
           Case{"a null array",
                "00000000"
                "ffffffff"
                "0000",
                0},
           Case{"a negative length",
                "00000000"
                "00000000"
                "fffe",
                0},
           Case{"more elements than bytes",
                "00000000"
                "7fffffff"
                "0000",
                0},
           Case{"a string longer than the message",
                "00000000"
                "00000000"
                "7fff",
                0},
           Case{"a varint without end",
                "00000000"
                "ffffffffff",
                2},
           Case{"a varint beyond 32 bits",
                "00000000"
                "ffffffff1f",
                2},
           Case{"tags out of order",
                "00000000"
                "01"
                "01"
                "ffff"
                "ffff"
                "ff"
                "02"
                "03"
                "00"
                "03"
                "00",
                2},
           Case{"a tag shorter than its field",
                "00000000"
                "01"
                "01"
                "ffff"
                "ffff"
                "ff"
                "01"
                "05"
                "02"
                "0000",
                2},
           Case{"a tag longer than its field",
                "00000000"
                "01"
                "01"
                "ffff"
                "ffff"
                "ff"
                "01"
                "05"
                "09"
                "000000000000000900",
                2},
           Case{"a tag longer than the message",
                "00000000"
                "01"
                "01"
                "ffff"
                "ffff"
                "ff"
                "01"
                "05"
                "7f"
                "00",
                2},
           Case{"nothing", "", 0},
       }) {
    auto decoded = Decode(c.hex, c.version);
    EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInternal) << c.what;
  }
}

TEST(ReaderTest, ReadsVarintsUpToTheirLimit) {
  struct Case {
    const char* hex;
    uint32_t value;
  };
  for (const Case& c : {Case{"00", 0}, Case{"7f", 127}, Case{"8001", 128}, Case{"ffffffff0f", 0xffffffff}}) {
    std::string bytes = absl::HexStringToBytes(c.hex);
    Reader reader(bytes);
    EXPECT_EQ(reader.ReadUnsignedVarint(), c.value);
    EXPECT_TRUE(reader.ok());
    Writer writer;
    writer.WriteUnsignedVarint(c.value);
    EXPECT_EQ(absl::BytesToHexString(writer.buffer()), c.hex);
  }
}

}  // namespace
}  // namespace sluice::kafka_admin::wire
