#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "libs/grpc/request/request_identity.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/request/update_mask.h"
#include "sluice/provisioner/v1/kafka_cluster_service.pb.h"

namespace sluice::rpc {
namespace {

google::protobuf::FieldMask Mask(std::initializer_list<const char*> paths) {
  google::protobuf::FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

TEST(UpdateMask, TakesWhatMayChangeAndNamesWhatMayNot) {
  const std::initializer_list<std::string_view> allowed = {"display_name", "limits.partitions", "configs", "configs.*"};
  EXPECT_EQ(*CheckUpdateMask(Mask({"display_name", "configs.retention.ms"}), allowed),
            (std::set<std::string>{"display_name", "configs.retention.ms"}));
  EXPECT_EQ(*CheckUpdateMask(Mask({"*"}), allowed),
            (std::set<std::string>{"display_name", "limits.partitions", "configs"}));
  EXPECT_EQ(ErrorReason(CheckUpdateMask(Mask({}), allowed).status()), "UPDATE_MASK_REQUIRED");
  for (const char* bad : {"uid", "limits", "configs.", "display_name.x", ""}) {
    const absl::Status status = CheckUpdateMask(Mask({"display_name", bad}), allowed).status();
    EXPECT_EQ(ErrorReason(status), "UPDATE_MASK_INVALID") << bad;
    EXPECT_EQ(GetErrorDetail(status)->field, "update_mask");
    EXPECT_EQ(GetErrorDetail(status)->metadata.at("path"), bad);
  }
}

TEST(RequestIdentity, TakesUuid4Only) {
  EXPECT_EQ(*CheckRequestId(""), "");
  EXPECT_EQ(*CheckRequestId("6BA7B810-9DAD-41D1-80B4-00C04FD430C8"), "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
  for (const char* bad : {"x", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810-9dad-41d1-c0b4-00c04fd430c8",
                          "6ba7b8109dad41d180b400c04fd430c8", "6ba7b810-9dad-41d1-80b4-00c04fd430c8 "}) {
    EXPECT_EQ(ErrorReason(CheckRequestId(bad).status()), "REQUEST_ID_INVALID") << bad;
  }
}

TEST(RequestIdentity, HashesAllButTheId) {
  provisioner::v1::CreateKafkaClusterRequest a;
  a.set_parent("organizations/acme/environments/prod");
  for (int i = 0; i < 20; ++i) (*a.mutable_kafka_cluster()->mutable_labels())[std::to_string(i)] = "x";
  provisioner::v1::CreateKafkaClusterRequest b;
  for (int i = 19; i >= 0; --i) (*b.mutable_kafka_cluster()->mutable_labels())[std::to_string(i)] = "x";
  b.set_parent(a.parent());
  a.set_request_id("6ba7b810-9dad-41d1-80b4-00c04fd430c8");
  EXPECT_EQ(PayloadHash("Create", a), PayloadHash("Create", b));
  EXPECT_EQ(PayloadHash("Create", a).size(), 32u);
  EXPECT_NE(PayloadHash("Create", a), PayloadHash("Other", a));
  b.set_kafka_cluster_id("other");
  EXPECT_NE(PayloadHash("Create", a), PayloadHash("Create", b));
}

TEST(SealedToken, OpensOnlyWhatItSealedForTheSameThing) {
  const TokenSealer sealer("a pepper of thirty-two bytes....", "page");
  const std::string token = sealer.Seal("list acme filter", std::string("after\0this", 10));
  EXPECT_EQ(*OpenPageToken(sealer, "list acme filter", token), std::string("after\0this", 10));
  EXPECT_EQ(*OpenPageToken(sealer, "list acme filter", ""), "");
  EXPECT_EQ(ErrorReason(OpenPageToken(sealer, "list acme other", token).status()), "PAGE_TOKEN_FILTER_MISMATCH");
  EXPECT_EQ(
      ErrorReason(
          OpenPageToken(TokenSealer("another pepper.................", "page"), "list acme filter", token).status()),
      "PAGE_TOKEN_INVALID");
  EXPECT_EQ(
      ErrorReason(
          OpenPageToken(TokenSealer("a pepper of thirty-two bytes....", "resume"), "list acme filter", token).status()),
      "PAGE_TOKEN_INVALID");
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    const auto opened = OpenPageToken(sealer, "list acme filter", forged);
    // The last character may carry bits that mean nothing.
    if (i + 1 == token.size()) break;
    EXPECT_EQ(ErrorReason(opened.status()), "PAGE_TOKEN_INVALID") << i;
  }
  EXPECT_EQ(ErrorReason(OpenPageToken(sealer, "x", "%%%").status()), "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace sluice::rpc
