#include "libs/operator/broker_config.h"

#include <gtest/gtest.h>

namespace sluice::op {
namespace {

TEST(BrokerConfigTest, EachKindOfKeyIsTold) {
  const struct {
    const char* key;
    ConfigKind kind;
  } kCases[] = {
      {"log.retention.ms", ConfigKind::kDynamic},
      {"log.cleaner.threads", ConfigKind::kDynamic},
      {"message.max.bytes", ConfigKind::kDynamic},
      {"queued.max.requests", ConfigKind::kStatic},
      {"offsets.retention.minutes", ConfigKind::kStatic},
      {"super.users", ConfigKind::kRefused},
      {"listeners", ConfigKind::kRefused},
      {"listener.name.client.ssl.keystore.location", ConfigKind::kRefused},
      {"log.dirs", ConfigKind::kRefused},
      {"log.dir", ConfigKind::kRefused},
      {"principal.builder.class", ConfigKind::kRefused},
      {"client.quota.callback.class", ConfigKind::kRefused},
      {"remote.log.storage.manager.class.path", ConfigKind::kRefused},
      {"config.providers.file.class", ConfigKind::kRefused},
      {"", ConfigKind::kRefused},
      {"a\nsuper.users", ConfigKind::kRefused},
      {"a=b", ConfigKind::kRefused},
      {"a b", ConfigKind::kRefused},
  };
  for (const auto& c : kCases) EXPECT_EQ(KindOf(c.key), c.kind) << c.key;
}

TEST(BrokerConfigTest, MinIsrIsDynamicAndAWishWins) {
  PhysicalSpec spec;
  spec.min_insync_replicas = 2;
  EXPECT_EQ(DynamicConfigsOf(spec).at("min.insync.replicas"), "2");
  spec.broker_configs = {{"min.insync.replicas", "1"}, {"log.retention.ms", "5"}};
  EXPECT_EQ(DynamicConfigsOf(spec).at("min.insync.replicas"), "1");
  EXPECT_EQ(DynamicConfigsOf(spec).at("log.retention.ms"), "5");
}

TEST(BrokerConfigTest, SegmentsFollowTheDisk) {
  PhysicalSpec spec;
  spec.broker_disk_mib = 100;
  EXPECT_EQ(DynamicConfigsOf(spec).at("log.segment.bytes"), std::to_string(16 << 20));
  spec.broker_disk_mib = 4096;
  EXPECT_EQ(DynamicConfigsOf(spec).at("log.segment.bytes"), std::to_string(64 << 20));
  spec.broker_disk_mib = int64_t{10} << 20;
  EXPECT_EQ(DynamicConfigsOf(spec).at("log.segment.bytes"), std::to_string(1 << 30));
}

TEST(BrokerConfigTest, WhatIsRefusedReachesNeitherSide) {
  PhysicalSpec spec;
  spec.broker_configs = {{"super.users", "User:me"}, {"queued.max.requests", "7"}};
  EXPECT_EQ(RefusedConfigs(spec), std::vector<std::string>{"super.users"});
  EXPECT_EQ(StaticConfigsOf(spec), (std::map<std::string, std::string>{{"queued.max.requests", "7"}}));
  EXPECT_FALSE(DynamicConfigsOf(spec).contains("super.users"));
}

}  // namespace
}  // namespace sluice::op
