#include "services/provisioner/adapters/kafka/kafka_bus_admin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/bus/topics.h"
#include "services/provisioner/adapters/records/topic_records.h"
#include "services/provisioner/core/model/aggregate.h"

namespace sluice::provisioner {
namespace {

using kafka_admin::AclBinding;
using kafka_admin::AclOperation;
using kafka_admin::AclPatternType;
using kafka_admin::AclResourceType;
using kafka_admin::NewTopic;

// One data plane's traffic is a few records a second; four keep its keys apart in Kafka's log cleaner.
constexpr int32_t kPartitions = 4;

NewTopic Compacted(const std::string& name) {
  return {.name = name,
          .partitions = kPartitions,
          .configs = {{"cleanup.policy", "compact"},
                      // The last value soon stands alone: a satellite that starts reads little.
                      {"min.cleanable.dirty.ratio", "0.1"},
                      {"segment.ms", "3600000"},
                      {"max.message.bytes", "1048576"}}};
}

NewTopic Kept(const std::string& name, absl::Duration retention) {
  const std::string milliseconds =
      retention == absl::InfiniteDuration() ? "-1" : absl::StrCat(absl::ToInt64Milliseconds(retention));
  return {.name = name,
          .partitions = kPartitions,
          .configs = {{"cleanup.policy", "delete"}, {"retention.ms", milliseconds}, {"max.message.bytes", "1048576"}}};
}

std::vector<NewTopic> TopicsOf(const std::string& data_plane) {
  return {Compacted(bus::DesiredTopic(data_plane)), Compacted(bus::StatusTopic(data_plane)),
          Compacted(bus::PlansTopic(data_plane)), Kept(bus::LoadTopic(data_plane), absl::Hours(24)),
          Kept(bus::UsageTopic(data_plane), absl::Hours(24 * 35))};
}

std::string PrincipalOf(const std::string& data_plane) { return absl::StrCat("User:satellite-", data_plane); }

AclBinding Allow(const std::string& principal, AclResourceType type, const std::string& name, AclOperation operation) {
  const AclPatternType pattern = type == AclResourceType::kGroup ? AclPatternType::kPrefixed : AclPatternType::kLiteral;
  return {.resource_type = type,
          .resource_name = name,
          .pattern_type = pattern,
          .principal = principal,
          .operation = operation};
}

// Reads its own desired documents and plans, writes its own status, load and usage, and nothing else.
std::vector<AclBinding> AclsOf(const std::string& data_plane) {
  const std::string who = PrincipalOf(data_plane);
  return {Allow(who, AclResourceType::kTopic, bus::DesiredTopic(data_plane), AclOperation::kRead),
          Allow(who, AclResourceType::kTopic, bus::PlansTopic(data_plane), AclOperation::kRead),
          Allow(who, AclResourceType::kTopic, bus::StatusTopic(data_plane), AclOperation::kWrite),
          Allow(who, AclResourceType::kTopic, bus::LoadTopic(data_plane), AclOperation::kWrite),
          Allow(who, AclResourceType::kTopic, bus::UsageTopic(data_plane), AclOperation::kWrite),
          Allow(who, AclResourceType::kGroup, bus::DataPlanePrefix(data_plane), AclOperation::kRead)};
}

constexpr char kBalancer[] = "User:sluice-balancer-planner";

// The balancer-planner's share of a data plane: it hears status and load, and says plans.
std::vector<AclBinding> BalancerAclsOf(const std::string& data_plane) {
  return {Allow(kBalancer, AclResourceType::kTopic, bus::StatusTopic(data_plane), AclOperation::kRead),
          Allow(kBalancer, AclResourceType::kTopic, bus::LoadTopic(data_plane), AclOperation::kRead),
          Allow(kBalancer, AclResourceType::kTopic, bus::PlansTopic(data_plane), AclOperation::kWrite)};
}

// What it has besides: it learns which data planes there are, and tells of its rebalances.
std::vector<AclBinding> BalancerAcls() {
  return {Allow(kBalancer, AclResourceType::kTopic, bus::EventsTopic(KindName(Kind::kDataPlane)), AclOperation::kRead),
          Allow(kBalancer, AclResourceType::kTopic, bus::EventsTopic("rebalance"), AclOperation::kWrite),
          // For its rebuild.
          Allow(kBalancer, AclResourceType::kTopic, bus::EventsTopic("rebalance"), AclOperation::kRead),
          Allow(kBalancer, AclResourceType::kGroup, "balancer-planner.", AclOperation::kRead)};
}

bool Is(const absl::Status& status, const char* reason) { return ErrorReason(status) == reason; }

}  // namespace

absl::Status KafkaBusAdmin::EnsureTopics(const std::vector<NewTopic>& topics, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const auto created, client_.CreateTopics(topics, /*validate_only=*/false, timeout));
  for (const kafka_admin::CreatedTopic& topic : created) {
    if (!topic.status.ok() && !Is(topic.status, "KAFKA_TOPIC_ALREADY_EXISTS")) return topic.status;
  }
  return absl::OkStatus();
}

absl::Status KafkaBusAdmin::EnsureDataPlane(const std::string& data_plane, absl::Duration timeout) {
  RETURN_IF_ERROR(EnsureTopics(TopicsOf(data_plane), timeout));
  RETURN_IF_ERROR(EnsureAcls(AclsOf(data_plane), timeout));
  return EnsureAcls(BalancerAclsOf(data_plane), timeout);
}

absl::Status KafkaBusAdmin::EnsureAcls(const std::vector<AclBinding>& acls, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const auto created, client_.CreateAcls(acls, timeout));
  for (const kafka_admin::AclCreateResult& acl : created) RETURN_IF_ERROR(acl.status);
  return absl::OkStatus();
}

absl::Status KafkaBusAdmin::EnsureEventTopics(absl::Duration timeout) {
  // Topics have events and no rows, so no kind of their own.
  std::vector<NewTopic> topics = {Kept(bus::EventsTopic("audit"), absl::InfiniteDuration()),
                                  Kept(bus::EventsTopic(records::kTopicEvents), absl::InfiniteDuration()),
                                  // Another service's; the provisioner makes all topics.
                                  Kept(bus::EventsTopic("rebalance"), absl::InfiniteDuration())};
  for (int kind = 0; kind <= static_cast<int>(Kind::kOperation); ++kind) {
    topics.push_back(Kept(bus::EventsTopic(KindName(static_cast<Kind>(kind))), absl::InfiniteDuration()));
  }
  return EnsureTopics(topics, timeout);
}

absl::Status KafkaBusAdmin::EnsureServiceRights(absl::Duration timeout) { return EnsureAcls(BalancerAcls(), timeout); }

absl::Status KafkaBusAdmin::RemoveDataPlane(const std::string& data_plane, absl::Duration timeout) {
  // The rights first: a satellite that still runs must not find topics that nobody reads.
  kafka_admin::AclFilter rights;
  rights.principal = PrincipalOf(data_plane);
  std::vector<kafka_admin::AclFilter> filters = {rights};
  for (const AclBinding& acl : BalancerAclsOf(data_plane)) {
    kafka_admin::AclFilter one;
    one.principal = acl.principal;
    one.resource_type = acl.resource_type;
    one.resource_name = acl.resource_name;
    filters.push_back(one);
  }
  ASSIGN_OR_RETURN(const auto removed, client_.DeleteAcls(filters, timeout));
  for (const kafka_admin::AclDeleteResult& result : removed) RETURN_IF_ERROR(result.status);
  std::vector<std::string> names;
  for (const NewTopic& topic : TopicsOf(data_plane)) names.push_back(topic.name);
  ASSIGN_OR_RETURN(const auto deleted, client_.DeleteTopics(names, timeout));
  for (const kafka_admin::NamedResult& topic : deleted) {
    if (!topic.status.ok() && !Is(topic.status, "KAFKA_UNKNOWN_TOPIC_OR_PARTITION")) return topic.status;
  }
  return absl::OkStatus();
}

absl::Status KafkaBusAdmin::Reach(absl::Duration timeout) {
  return client_.DescribeCluster(/*include_fenced=*/false, timeout).status();
}

}  // namespace sluice::provisioner
