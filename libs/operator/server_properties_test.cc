#include "libs/operator/server_properties.h"

#include <gtest/gtest.h>

namespace sluice::op {
namespace {

NodePlace Broker() {
  NodePlace place;
  place.node_id = 2;
  place.certificate_name = "pkc-1.node";
  place.client_port = 101;
  place.internal_port = 102;
  place.controllers = {"localhost:103"};
  place.data_folder = "/d";
  place.keystore_file = "/k.pem";
  place.truststore_file = "/ca.pem";
  place.heap_mib = 192;
  return place;
}

NodePlace Controller() {
  NodePlace place = Broker();
  place.node_id = 1001;
  place.role = NodeRole::kController;
  place.client_port = place.internal_port = 0;
  place.controller_port = 103;
  return place;
}

TEST(ServerPropertiesTest, TenantsAreHeardByScramOverTlsAloneAndOthersByCertificate) {
  const Properties p = ServerProperties(PhysicalSpec(), Broker());
  EXPECT_EQ(p.at("listeners"), "INTERNAL://localhost:102,CLIENT://localhost:101");
  EXPECT_EQ(p.at("advertised.listeners"), p.at("listeners"));
  EXPECT_EQ(p.at("listener.security.protocol.map"), "CLIENT:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL");
  EXPECT_EQ(p.at("listener.name.client.sasl.enabled.mechanisms"), "SCRAM-SHA-512");
  EXPECT_EQ(p.at("listener.name.internal.ssl.client.auth"), "required");
  EXPECT_EQ(p.at("listener.name.controller.ssl.client.auth"), "required");
  EXPECT_EQ(p.at("super.users"), "User:pkc-1.node;User:sluice-satellite");
  EXPECT_EQ(p.at("allow.everyone.if.no.acl.found"), "false");
  EXPECT_FALSE(p.contains("min.insync.replicas")) << "a static one has no effect";
}

TEST(ServerPropertiesTest, AControllerHearsTheQuorumAloneAndFillsInDefaults) {
  PhysicalSpec spec;
  spec.default_replication_factor = 3;
  const Properties p = ServerProperties(spec, Controller());
  EXPECT_EQ(p.at("process.roles"), "controller");
  EXPECT_EQ(p.at("listeners"), "CONTROLLER://localhost:103");
  EXPECT_EQ(p.at("default.replication.factor"), "3");
  EXPECT_FALSE(p.contains("inter.broker.listener.name"));
}

TEST(ServerPropertiesTest, InternalTopicsFitTheNumberOfBrokers) {
  PhysicalSpec spec;
  spec.brokers = 1;
  EXPECT_EQ(ServerProperties(spec, Broker()).at("offsets.topic.replication.factor"), "1");
  EXPECT_EQ(ServerProperties(spec, Controller()).at("default.replication.factor"), "1");
  spec.brokers = 5;
  EXPECT_EQ(ServerProperties(spec, Broker()).at("offsets.topic.replication.factor"), "3");
  EXPECT_EQ(ServerProperties(spec, Broker()).at("transaction.state.log.min.isr"), "2");
}

TEST(ServerPropertiesTest, ASmallHeapHasRoomForTheCleaner) {
  NodePlace place = Broker();
  place.heap_mib = 64;
  EXPECT_EQ(ServerProperties(PhysicalSpec(), place).at("log.cleaner.dedupe.buffer.size"), std::to_string(2 << 20));
  place.heap_mib = 16384;
  EXPECT_EQ(ServerProperties(PhysicalSpec(), place).at("log.cleaner.dedupe.buffer.size"), std::to_string(128 << 20));
}

TEST(ServerPropertiesTest, AWishCannotMoveWhereDataLiesOrWhoIsTrusted) {
  PhysicalSpec spec;
  spec.broker_configs = {
      {"log.dirs", "/etc"}, {"super.users", "User:x"}, {"node.id", "9"}, {"queued.max.requests", "7"}};
  const Properties p = ServerProperties(spec, Broker());
  EXPECT_EQ(p.at("log.dirs"), "/d");
  EXPECT_EQ(p.at("node.id"), "2");
  EXPECT_EQ(p.at("super.users"), "User:pkc-1.node;User:sluice-satellite");
  EXPECT_EQ(p.at("queued.max.requests"), "7");
}

TEST(ServerPropertiesTest, WhatIsRenderedReadsBackWhateverTheValue) {
  const Properties p = {{"a", "x=y"}, {"b", " lead"}, {"c", "two\nlines"}, {"d", "back\\slash"}, {"e", ""}};
  EXPECT_EQ(ParseProperties(RenderProperties(p)), p);
  EXPECT_EQ(RenderProperties({{"c", "1\nsuper.users=User:x"}}), "c=1\\nsuper.users=User:x\n");
}

TEST(ServerPropertiesTest, ADynamicWishChangesNoNodeAndAStaticOneDoes) {
  PhysicalSpec spec;
  const std::string before = RenderProperties(ServerProperties(spec, Broker()));
  spec.broker_configs = {{"log.retention.ms", "5"}};
  EXPECT_EQ(Digest(RenderProperties(ServerProperties(spec, Broker()))), Digest(before));
  spec.broker_configs = {{"queued.max.requests", "7"}};
  EXPECT_NE(Digest(RenderProperties(ServerProperties(spec, Broker()))), Digest(before));
}

}  // namespace
}  // namespace sluice::op
