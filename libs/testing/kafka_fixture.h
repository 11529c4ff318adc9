#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/kafka_client/connection.h"
#include "libs/testing/child_process.h"

namespace sluice::testing {

struct KafkaFixtureOptions {
  // Client certificates required on both listeners; principals are the certificates' CN.
  bool tls = false;
  // StandardAuthorizer, nothing allowed by default; wants tls. The CN "admin" is the super user.
  bool authorizer = false;
  // A second listener as tenants have it: TLS without client certificates, SASL by SCRAM-SHA-512, SCRAM-SHA-256 or
  // PLAIN (user "plain", password "plain-secret"). Wants tls. Credentials are made by the test.
  bool sasl_listener = false;
  int heap_mib = 96;
  // Further or other broker settings.
  std::map<std::string, std::string> settings;
};

// A real single-node Apache Kafka 4.3.1 (KRaft) of its own: temporary folder, free ports. Gone with the object, also
// when the test crashes. The first start on a machine makes an AppCDS archive and a formatted folder in the cache (10
// s), then it takes 2–6 s. Jars: $SLUICE_CACHE (~/.cache/sluice)/kafka/4.3.1/libs, by tools/install.
class KafkaFixture {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaFixture>> Start(KafkaFixtureOptions options = {});
  ~KafkaFixture();

  std::string bootstrap_servers() const { return "localhost:" + std::to_string(port_); }
  // With sasl_listener: its port on localhost.
  int sasl_port() const { return sasl_port_; }
  // With tls: a client certificate for `cn`, made when it is asked for first.
  absl::StatusOr<kafka_client::ConnectionOptions> ConnectionFor(const std::string& cn = "admin");

  absl::Status CreateTopic(const std::string& name, int partitions = 1,
                           std::map<std::string, std::string> configs = {});
  // Allows `cn` the operation ("Read", "Write", "Describe", "All") on a topic or group. `prefixed`: on all that begin
  // so.
  absl::Status AllowTopic(const std::string& cn, const std::string& topic, bool prefixed, const std::string& operation);
  absl::Status AllowGroup(const std::string& cn, const std::string& group, bool prefixed);

  // SIGKILL; the data stays. Then the same ports again.
  void Stop();
  absl::Status StartAgain();
  // SIGSTOP and SIGCONT: it holds its connections but does not answer.
  void Pause();
  void Resume();
  pid_t pid() const { return broker_->pid(); }

 private:
  explicit KafkaFixture(KafkaFixtureOptions options);
  absl::Status Prepare();
  absl::Status Launch();
  absl::Status WaitUntilReady();
  absl::Status MakeAuthority();
  absl::Status MakeCertificate(const std::string& cn);
  void AddSaslListener(std::map<std::string, std::string>& settings) const;
  void WriteProperties() const;
  std::vector<std::string> JavaCommand() const;

  const KafkaFixtureOptions options_;
  const std::string folder_;
  int port_ = 0;
  int controller_port_ = 0;
  int sasl_port_ = 0;
  std::unique_ptr<ChildProcess> broker_;
};

}  // namespace sluice::testing
