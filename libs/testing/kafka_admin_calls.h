#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/kafka_client/connection.h"

// The few admin calls that tests need, by librdkafka, so that the bus's tests do not rest on libs/kafka_admin.
namespace sluice::testing {

// Until metadata arrives; ends early when `alive` says no.
absl::Status WaitForBroker(const kafka_client::ConnectionOptions& connection, absl::Duration timeout,
                           const std::function<bool()>& alive);

absl::Status CreateTestTopic(const kafka_client::ConnectionOptions& connection, const std::string& name, int partitions,
                             const std::map<std::string, std::string>& configs);

struct TestAcl {
  std::string principal;
  std::string resource;  // topic or group
  std::string name;
  bool prefixed = false;
  std::string operation;  // All, Read, Write, Describe
};
absl::Status CreateTestAcl(const kafka_client::ConnectionOptions& connection, const TestAcl& acl);

}  // namespace sluice::testing
