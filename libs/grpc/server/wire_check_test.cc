#include "libs/grpc/server/wire_check.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/provisioner/v1/kafka_cluster_service.pb.h"

namespace sluice::rpc {
namespace {

using sluice::provisioner::v1::CreateKafkaClusterRequest;

// A message's bytes with `good` replaced by `bad`, of the same length.
std::string Spoiled(const google::protobuf::Message& message, const std::string& good, const std::string& bad) {
  std::string bytes = message.SerializeAsString();
  bytes.replace(bytes.find(good), good.size(), bad);
  return bytes;
}

TEST(WireCheck, NamesTheFieldThatIsNotUtf8) {
  CreateKafkaClusterRequest request;
  request.set_parent("organizations/acme");
  request.set_kafka_cluster_id("orders");
  request.mutable_kafka_cluster()->set_display_name("GOODNAME");
  (*request.mutable_kafka_cluster()->mutable_labels())["team"] = "GOODLABEL";
  const auto* descriptor = CreateKafkaClusterRequest::descriptor();

  EXPECT_EQ(FindInvalidUtf8(request.SerializeAsString(), *descriptor), "");
  const std::string name = Spoiled(request, "GOODNAME", "GO\xff\xfeNAME");
  EXPECT_EQ(FindInvalidUtf8(name, *descriptor), "kafka_cluster.display_name");
  // Why this is needed: Protobuf refuses it without a word.
  EXPECT_FALSE(CreateKafkaClusterRequest().ParseFromString(name));
  EXPECT_EQ(FindInvalidUtf8(Spoiled(request, "GOODLABEL", "GO\xc3(LABEL"), *descriptor), "kafka_cluster.labels");
  EXPECT_EQ(FindInvalidUtf8(Spoiled(request, "orders", "or\xed\xa0\x80s"), *descriptor), "kafka_cluster_id");
}

TEST(WireCheck, SurvivesBytesThatAreNoMessage) {
  const auto* descriptor = CreateKafkaClusterRequest::descriptor();
  for (const std::string& bytes : {std::string("\x0a\xff\xff\xff\xff\x0f", 6), std::string("\x0a"),
                                   std::string("\x00", 1), std::string("\x0b\x0c\x0d"), std::string("\x0a\x05xyz")}) {
    EXPECT_EQ(FindLargestField(bytes, *descriptor), "");
    EXPECT_EQ(FindInvalidUtf8(bytes, *descriptor), "");
  }
}

TEST(WireCheck, NamesTheLargestField) {
  CreateKafkaClusterRequest request;
  request.set_kafka_cluster_id("orders");
  (*request.mutable_kafka_cluster()->mutable_labels())["big"] = std::string(10'000, 'x');
  EXPECT_EQ(FindLargestField(request.SerializeAsString(), *CreateKafkaClusterRequest::descriptor()), "kafka_cluster");
}

TEST(WireCheck, KnowsUtf8) {
  for (const char* good : {"", "ascii", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "a\xe2\x82"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace sluice::rpc
