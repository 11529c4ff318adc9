#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libs/kafka_admin/admin_client.h"

// What every AdminClient promises, as tests over a cluster with one live broker. Instantiate it for an implementation:
//   INSTANTIATE_TEST_SUITE_P(Fake, AdminClientContract, ::testing::Values(ContractCluster{...}));
namespace sluice::kafka_admin::testing {

struct ContractCluster {
  std::string name;
  // Called once for each test. Tests leave topics, users and so on behind, under names of their own.
  std::function<AdminClient*()> client;
  int32_t broker_id = 1;
  // Where SCRAM users log in, and whom to trust there.
  std::function<BrokerAddress()> login_address;
  std::function<std::optional<TlsOptions>()> login_tls;
};

class AdminClientContract : public ::testing::TestWithParam<ContractCluster> {
 protected:
  static constexpr absl::Duration kTimeout = absl::Seconds(60);

  void SetUp() override {
    client_ = GetParam().client();
    ASSERT_NE(client_, nullptr);
  }

  // A name that no other test uses.
  static std::string Name(const std::string& suffix = "");
  // Kafka's brokers learn of a change a moment after its call returned: waits until `happened` says so.
  static void Eventually(const std::function<bool()>& happened, const char* what);
  // Makes a topic and waits until it can be described.
  void MakeTopic(const std::string& name, int32_t partitions);
  std::optional<ConfigEntry> Config(const ConfigResource& resource, const std::string& key);
  // Makes or replaces a user's credential out of a password.
  absl::Status UpsertUser(const std::string& user, ScramMechanism mechanism, const std::string& password,
                          const std::string& salt);
  absl::Status Probe(const std::string& user, ScramMechanism mechanism, std::variant<Password, SaltedPassword> secret);

  AdminClient* client_ = nullptr;
};

}  // namespace sluice::kafka_admin::testing
