#include "libs/operator/moves/throttle.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace sluice::op {
namespace {

std::string MegabytesPerSecond(double rate) { return absl::StrFormat("%.2f MB/s", rate / 1e6); }

void Append(std::string& list, int32_t partition, int32_t broker) {
  absl::StrAppend(&list, list.empty() ? "" : ",", partition, ":", broker);
}

}  // namespace

int64_t OwnThrottle(const ThrottlePolicy& policy, int64_t link, double received) {
  if (link <= 0) return std::max(policy.without_link, static_cast<int64_t>(2 * received));
  const double share = policy.share_of_link * static_cast<double>(link);
  return static_cast<int64_t>(std::clamp(2 * received, share, policy.most_of_link * static_cast<double>(link)));
}

Throttle ThrottleFor(const std::vector<MoveSight>& moves, int64_t rate, const std::set<int32_t>& live) {
  Throttle throttle;
  for (const MoveSight& move : moves) {
    const std::vector<int32_t> adding = move.Adding();
    if (adding.empty()) continue;
    TopicThrottle& topic = throttle.topics[move.wish->partition.topic];
    for (int32_t broker : move.wish->before) Append(topic.leader, move.wish->partition.partition, broker);
    for (int32_t broker : adding) Append(topic.follower, move.wish->partition.partition, broker);
    for (const auto* replicas : {&move.wish->before, &adding}) {
      for (int32_t broker : *replicas) {
        if (live.contains(broker)) throttle.brokers[broker] = rate;
      }
    }
  }
  return throttle;
}

Throttle ThrottleChange(const Throttle& wanted, const KafkaHealth& seen, const std::set<int32_t>& live, bool only_add) {
  Throttle change;
  for (const auto& [broker, rate] : wanted.brokers) {
    const auto settings = seen.broker_settings.find(broker);
    const bool in_force = settings != seen.broker_settings.end() && settings->second.leader_rate == rate &&
                          settings->second.follower_rate == rate;
    if (!in_force) change.brokers[broker] = rate;
  }
  for (const auto& [topic, throttle] : wanted.topics) {
    const auto now = seen.throttled_topics.find(topic);
    if (now == seen.throttled_topics.end() || now->second != throttle) change.topics[topic] = throttle;
  }
  if (only_add) return change;
  for (const auto& [broker, settings] : seen.broker_settings) {
    const bool throttled = settings.leader_rate || settings.follower_rate;
    if (throttled && live.contains(broker) && !wanted.brokers.contains(broker)) change.brokers[broker] = std::nullopt;
  }
  for (const auto& [topic, throttle] : seen.throttled_topics) {
    if (!wanted.topics.contains(topic)) change.topics[topic] = TopicThrottle();
  }
  return change;
}

int64_t ThrottleInForce(const KafkaHealth& seen) {
  int64_t rate = 0;
  for (const auto& [broker, settings] : seen.broker_settings) {
    rate = std::max({rate, settings.leader_rate.value_or(0), settings.follower_rate.value_or(0)});
  }
  return rate;
}

std::optional<std::string> WhyTooLow(const ThrottlePolicy& policy, const std::vector<MoveSight>& moves, int64_t rate,
                                     const std::map<PartitionId, double>& received) {
  const MoveSight* worst = nullptr;
  double most = 0;
  for (const MoveSight& move : moves) {
    const auto found = received.find(move.wish->partition);
    if (found == received.end() || found->second <= most || move.Adding().empty()) continue;
    most = found->second;
    worst = &move;
  }
  const double needed = most * policy.room_to_catch_up;
  if (worst == nullptr || static_cast<double>(rate) >= needed) return std::nullopt;
  const double seconds = static_cast<double>(worst->wish->bytes) / most;
  return absl::StrCat(worst->wish->partition.Name(), " receives ", MegabytesPerSecond(most), ", a copy at ",
                      MegabytesPerSecond(static_cast<double>(rate)), " would never catch up; it needs more than ",
                      MegabytesPerSecond(needed), ", and at ", MegabytesPerSecond(2 * most), " it would take ",
                      absl::FormatDuration(absl::Seconds(std::ceil(seconds))));
}

}  // namespace sluice::op
