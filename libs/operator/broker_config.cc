#include "libs/operator/broker_config.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluice::op {
namespace {

constexpr std::array kDynamicKeys = {
    "background.threads",
    "compression.type",
    "leader.replication.throttled.rate",
    "follower.replication.throttled.rate",
    "log.cleanup.policy",
    "log.flush.interval.messages",
    "log.flush.interval.ms",
    "log.index.interval.bytes",
    "log.index.size.max.bytes",
    "log.local.retention.bytes",
    "log.local.retention.ms",
    "log.message.timestamp.after.max.ms",
    "log.message.timestamp.before.max.ms",
    "log.message.timestamp.type",
    "log.preallocate",
    "log.retention.bytes",
    "log.retention.ms",
    "log.roll.jitter.ms",
    "log.roll.ms",
    "log.segment.bytes",
    "log.segment.delete.delay.ms",
    "max.connection.creation.rate",
    "max.connections",
    "max.connections.per.ip",
    "max.connections.per.ip.overrides",
    "message.max.bytes",
    "min.insync.replicas",
    "num.io.threads",
    "num.network.threads",
    "num.recovery.threads.per.data.dir",
    "num.replica.fetchers",
    "producer.id.expiration.ms",
    "transaction.partition.verification.enable",
    "unclean.leader.election.enable",
};

constexpr std::array kDynamicPrefixes = {"log.cleaner."};

constexpr std::array kRefusedPrefixes = {
    "advertised.",      "allow.everyone.if.no.acl.found",
    "authorizer.",      "broker.id",
    "broker.rack",      "broker.session.timeout.ms",
    "config.providers", "connections.max.reauth.ms",
    "control.plane.",   "controller.",
    "cordoned.",        "early.start.listeners",
    "inter.broker.",    "kafka.metrics.reporters",
    "listener",         "log.dir",
    "metadata.log.dir", "metric.reporters",
    "node.id",          "principal.",
    "process.roles",    "sasl.",
    "security.",        "ssl.",
    "super.users",      "telemetry.",
    "unstable.",
};

bool StartsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }
bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::string SegmentBytes(const PhysicalSpec& spec) {
  constexpr int64_t kMiB = 1 << 20, kSmallest = 16 * kMiB, kLargest = 1024 * kMiB;
  // A 64th of the disk: one partition's active segment, which retention cannot touch, stays small beside it.
  return std::to_string(std::clamp(spec.broker_disk_mib * kMiB / 64, kSmallest, kLargest));
}

}  // namespace

ConfigKind KindOf(std::string_view key) {
  // Anything else could break out of its line in server.properties.
  if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != key.npos ||
      key.empty()) {
    return ConfigKind::kRefused;
  }
  for (std::string_view prefix : kRefusedPrefixes) {
    if (StartsWith(key, prefix)) return ConfigKind::kRefused;
  }
  if (key.find(".class") != key.npos || EndsWith(key, ".classes") || EndsWith(key, ".path"))
    return ConfigKind::kRefused;
  for (std::string_view known : kDynamicKeys) {
    if (key == known) return ConfigKind::kDynamic;
  }
  for (std::string_view prefix : kDynamicPrefixes) {
    if (StartsWith(key, prefix)) return ConfigKind::kDynamic;
  }
  return ConfigKind::kStatic;
}

DynamicConfigs DynamicConfigsOf(const PhysicalSpec& spec) {
  DynamicConfigs configs = {{"min.insync.replicas", std::to_string(spec.min_insync_replicas)},
                            {"log.segment.bytes", SegmentBytes(spec)}};
  for (const auto& [key, value] : spec.broker_configs) {
    if (KindOf(key) == ConfigKind::kDynamic) configs[key] = value;
  }
  return configs;
}

std::map<std::string, std::string> StaticConfigsOf(const PhysicalSpec& spec) {
  std::map<std::string, std::string> configs;
  for (const auto& [key, value] : spec.broker_configs) {
    if (KindOf(key) == ConfigKind::kStatic) configs[key] = value;
  }
  return configs;
}

std::vector<std::string> RefusedConfigs(const PhysicalSpec& spec) {
  std::vector<std::string> refused;
  for (const auto& [key, value] : spec.broker_configs) {
    if (KindOf(key) == ConfigKind::kRefused) refused.push_back(key);
  }
  return refused;
}

}  // namespace sluice::op
