#include <gtest/gtest.h>

#include <string>

#include "libs/base/error.h"
#include "services/provisioner/adapters/grpc/gate/api_identity.h"
#include "services/provisioner/adapters/grpc/handlers/pages.h"
#include "services/provisioner/adapters/grpc/handlers/request_caller.h"
#include "services/provisioner/adapters/grpc/handlers/wish_conversion.h"
#include "sluice/provisioner/v1/kafka_cluster_service.pb.h"

namespace sluice::provisioner {
namespace {

TEST(CallerOf, TakesWhatTheRequestAndTheCallCarry) {
  ApiKey key;
  key.meta.uid = "ak-1";
  key.organization = "acme";
  rpc::Call call{.method = "/sluice.provisioner.v1.KafkaClusterService/CreateKafkaCluster",
                 .peer = "ipv4:10.0.0.1",
                 .identity = std::make_shared<ApiIdentity>(key, std::vector<RoleBinding>())};
  v1::CreateKafkaClusterRequest request;
  request.set_request_id("6BA7B810-9DAD-41D1-80B4-00C04FD430C8");
  request.set_validate_only(true);
  const auto caller = CallerOf(call, request);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->principal, "apiKeys/ak-1");
  EXPECT_EQ(caller->organization, "acme");
  EXPECT_EQ(caller->request_id, "6ba7b810-9dad-41d1-80b4-00c04fd430c8");
  EXPECT_EQ(caller->payload_hash.size(), 32u);
  EXPECT_TRUE(caller->validate_only);
  request.set_request_id("nonsense");
  EXPECT_EQ(ErrorReason(CallerOf(call, request).status()), "REQUEST_ID_INVALID");
  // A request without such fields.
  EXPECT_FALSE(CallerOf(call, v1::GetKafkaClusterRequest())->validate_only);
}

TEST(Pages, AreBoundToEachPartOfTheirList) {
  const rpc::TokenSealer sealer("a pepper of thirty-two bytes....", "page");
  const PageBinding binding(sealer, {"List", "acme", "x"});
  const std::string token = binding.Seal(PagePosition{"organizations/acme/b", "lkc-2"});
  const auto page = binding.Open(5000, token);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->page_size, 1000);
  EXPECT_EQ(page->position.after_order, "organizations/acme/b");
  EXPECT_EQ(page->position.after_uid, "lkc-2");
  EXPECT_EQ(binding.Seal(std::nullopt), "");
  // Parts do not run together.
  EXPECT_EQ(ErrorReason(PageBinding(sealer, {"List", "acmex", ""}).Open(0, token).status()),
            "PAGE_TOKEN_FILTER_MISMATCH");
  EXPECT_EQ(ErrorReason(binding.Open(-1, "").status()), "INVALID_FIELD");
}

TEST(Pages, AreCutBeforeTheyOutgrowAMessage) {
  Page<std::string> page;
  for (int i = 0; i < 100; ++i) page.items.push_back(std::to_string(i));
  page.next = PagePosition{"99", "99"};
  google::protobuf::RepeatedPtrField<v1::KafkaCluster> out;
  const auto next = FillPage(
      page, &out,
      [](const std::string& item) -> std::optional<v1::KafkaCluster> {
        if (item == "3") return std::nullopt;
        v1::KafkaCluster cluster;
        cluster.set_name(item + std::string(100'000, 'x'));
        return cluster;
      },
      [](const std::string& item) {
        return PagePosition{item, item};
      });
  // Nine of 100 kB fit into 900 KiB; one was left out.
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(out.size(), 9);
  EXPECT_EQ(next->after_uid, "9");

  // One that is too large by itself goes alone, rather than never.
  Page<std::string> huge{.items = {"a", "b"}};
  google::protobuf::RepeatedPtrField<v1::KafkaCluster> one;
  const auto after = FillPage(
      huge, &one,
      [](const std::string&) {
        v1::KafkaCluster cluster;
        cluster.set_name(std::string(950'000, 'x'));
        return std::optional(cluster);
      },
      [](const std::string& item) {
        return PagePosition{item, item};
      });
  EXPECT_EQ(one.size(), 1);
  EXPECT_EQ(after->after_uid, "a");
}

TEST(WishOf, RefusesEnumsAndTimesThatAreNone) {
  v1::KafkaCluster cluster;
  EXPECT_EQ(GetErrorDetail(WishOf(cluster, TypeRule::kRequired).status())->field, "kafka_cluster.type");
  EXPECT_TRUE(WishOf(cluster, TypeRule::kIgnored).ok());
  cluster.set_type(static_cast<v1::KafkaCluster::Type>(77));
  EXPECT_EQ(ErrorReason(WishOf(cluster, TypeRule::kRequired).status()), "INVALID_FIELD");
  cluster.set_type(v1::KafkaCluster::DEDICATED);
  cluster.mutable_limits()->set_partitions(7);
  (*cluster.mutable_labels())["team"] = "orders";
  const auto wish = WishOf(cluster, TypeRule::kRequired);
  ASSERT_TRUE(wish.ok());
  EXPECT_EQ(wish->type, ClusterType::kDedicated);
  EXPECT_EQ(wish->limits.partitions, 7);
  EXPECT_EQ(wish->labels.at("team"), "orders");

  v1::DataPlane data_plane;
  EXPECT_EQ(GetErrorDetail(WishOf(data_plane, TypeRule::kRequired).status())->field, "data_plane.substrate");
  v1::RoleBinding binding;
  EXPECT_EQ(GetErrorDetail(RoleOf(binding).status())->field, "role_binding.role");
  binding.set_role(v1::RoleBinding::VIEWER);
  EXPECT_EQ(*RoleOf(binding), Role::kViewer);
  v1::ApiKey key;
  EXPECT_FALSE(ExpireTimeOf(key)->has_value());
  key.mutable_expire_time()->set_seconds(253'402'300'800);
  EXPECT_EQ(GetErrorDetail(ExpireTimeOf(key).status())->field, "api_key.expire_time");
  key.mutable_expire_time()->set_seconds(1'900'000'000);
  EXPECT_EQ(**ExpireTimeOf(key), absl::FromUnixSeconds(1'900'000'000));
}

}  // namespace
}  // namespace sluice::provisioner
