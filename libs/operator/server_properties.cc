#include "libs/operator/server_properties.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/operator/broker_config.h"

namespace sluice::op {
namespace {

// Kafka refuses to start when threads × buffer is under 1 MiB, and takes a third of a 192 MiB heap by default (128
// MiB).
constexpr int64_t kSmallestDedupeBuffer = 2 << 20;
constexpr int64_t kKafkaDedupeBuffer = 128 << 20;
constexpr int64_t kMiB = 1 << 20;

void AddTrust(const NodePlace& place, Properties& p) {
  p["ssl.keystore.type"] = "PEM";
  p["ssl.keystore.location"] = place.keystore_file;
  p["ssl.truststore.type"] = "PEM";
  p["ssl.truststore.location"] = place.truststore_file;
  p["ssl.enabled.protocols"] = "TLSv1.3,TLSv1.2";
  p["ssl.client.auth"] = "none";
  p["listener.name.internal.ssl.client.auth"] = "required";
  p["listener.name.controller.ssl.client.auth"] = "required";
  // A keystore of its own per listener is what lets a renewed certificate be taken up without a restart.
  for (const char* listener : {"client", "internal", "controller"}) {
    p[absl::StrCat("listener.name.", listener, ".ssl.keystore.type")] = "PEM";
    p[absl::StrCat("listener.name.", listener, ".ssl.keystore.location")] = place.keystore_file;
  }
  p["ssl.principal.mapping.rules"] = "RULE:^.*?CN=([^,]+).*$/$1/,DEFAULT";
  p["principal.builder.class"] = "org.sluice.kafka.LogicalClusterPrincipalBuilder";
  p["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
  p["allow.everyone.if.no.acl.found"] = "false";
  p["super.users"] = absl::StrCat("User:", place.certificate_name, ";User:", kAdminName);
}

void AddListeners(const NodePlace& place, Properties& p) {
  p["listener.security.protocol.map"] = "CLIENT:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL";
  p["controller.listener.names"] = "CONTROLLER";
  p["controller.quorum.bootstrap.servers"] = absl::StrJoin(place.controllers, ",");
  p["inter.broker.listener.name"] = "INTERNAL";
  p["sasl.enabled.mechanisms"] = "SCRAM-SHA-512";
  if (place.role == NodeRole::kController) {
    p["process.roles"] = "controller";
    p["listeners"] = absl::StrCat("CONTROLLER://", place.host, ":", place.controller_port);
    p["advertised.listeners"] = p["listeners"];
    p.erase("inter.broker.listener.name");
    return;
  }
  p["process.roles"] = "broker";
  p["listeners"] = absl::StrCat("INTERNAL://", place.host, ":", place.internal_port, ",CLIENT://", place.host, ":",
                                place.client_port);
  p["advertised.listeners"] = p["listeners"];
  p["listener.name.client.sasl.enabled.mechanisms"] = "SCRAM-SHA-512";
  p["listener.name.client.scram-sha-512.sasl.jaas.config"] =
      "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  // A deleted key's connection ends within a minute.
  p["listener.name.client.scram-sha-512.connections.max.reauth.ms"] = "60000";
}

void AddReplication(const PhysicalSpec& spec, NodeRole role, Properties& p) {
  const int32_t most = std::max<int32_t>(1, std::min<int32_t>(3, spec.brokers));
  const std::string factor = std::to_string(std::clamp<int32_t>(spec.default_replication_factor, 1, spec.brokers));
  const std::string internal_factor = std::to_string(most);
  const std::string internal_min_isr = std::to_string(most >= 3 ? 2 : 1);
  // The controllers fill in what a create leaves out.
  if (role == NodeRole::kController) {
    p["default.replication.factor"] = factor;
    p["num.partitions"] = "1";
  }
  p["auto.create.topics.enable"] = "false";
  p["delete.topic.enable"] = "true";
  p["offsets.topic.replication.factor"] = internal_factor;
  p["transaction.state.log.replication.factor"] = internal_factor;
  p["transaction.state.log.min.isr"] = internal_min_isr;
  p["share.coordinator.state.topic.replication.factor"] = internal_factor;
  p["share.coordinator.state.topic.min.isr"] = internal_min_isr;
  // Kafka's 50 each would be 450 replicas on three brokers before a tenant has one; a coordinator partition serves
  // thousands of groups, and the first consumer waits for all of them to be made.
  p["offsets.topic.num.partitions"] = "12";
  p["transaction.state.log.num.partitions"] = "12";
  p["share.coordinator.state.topic.num.partitions"] = "12";
}

void AddSizes(const NodePlace& place, Properties& p) {
  const int64_t heap = std::max<int32_t>(place.heap_mib, 64) * kMiB;
  p["log.cleaner.dedupe.buffer.size"] =
      std::to_string(std::clamp(heap / 64, kSmallestDedupeBuffer, kKafkaDedupeBuffer));
  const bool small = heap <= 512 * kMiB;
  p["num.network.threads"] = small ? "2" : "3";
  p["num.io.threads"] = small ? "4" : "8";
  p["background.threads"] = small ? "4" : "10";
  p["group.coordinator.threads"] = small ? "1" : "4";
  p["share.coordinator.threads"] = "1";
  p["controlled.shutdown.enable"] = "true";
  // 14–19 ms instead of 36–41 for each user, ACL and topic.
  p["controller.quorum.append.linger.ms"] = "2";
  // A new cluster's first group forms at once instead of waiting 3 s for more members.
  p["group.initial.rebalance.delay.ms"] = "100";
}

}  // namespace

Properties ServerProperties(const PhysicalSpec& spec, const NodePlace& place) {
  Properties p = StaticConfigsOf(spec);
  AddTrust(place, p);
  AddListeners(place, p);
  AddReplication(spec, place.role, p);
  AddSizes(place, p);
  for (const auto& [key, value] : StaticConfigsOf(spec)) p[key] = value;
  p["node.id"] = std::to_string(place.node_id);
  p["log.dirs"] = place.data_folder;
  if (!place.rack.empty() && place.role == NodeRole::kBroker) p["broker.rack"] = place.rack;
  return p;
}

std::string RenderProperties(const Properties& properties) {
  std::string text;
  for (const auto& [key, value] : properties) {
    std::string escaped;
    for (char c : value) {
      if (c == '\\')
        escaped += "\\\\";
      else if (c == '\n')
        escaped += "\\n";
      else if (c == '\r')
        escaped += "\\r";
      else if (c == ' ' && escaped.empty())
        escaped += "\\ ";
      else
        escaped += c;
    }
    absl::StrAppend(&text, key, "=", escaped, "\n");
  }
  return text;
}

Properties ParseProperties(const std::string& text) {
  Properties properties;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    if (line.empty() || line[0] == '#' || equals == line.npos) continue;
    std::string value;
    for (size_t i = equals + 1; i < line.size(); ++i) {
      if (line[i] != '\\' || i + 1 == line.size()) {
        value += line[i];
        continue;
      }
      const char next = line[++i];
      value += next == 'n' ? '\n' : next == 'r' ? '\r' : next;
    }
    properties[line.substr(0, equals)] = value;
  }
  return properties;
}

std::string Digest(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

}  // namespace sluice::op
