#include "libs/testing/kafka_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "libs/base/status.h"
#include "libs/testing/kafka_admin_calls.h"

namespace sluice::testing {
namespace {

namespace fs = std::filesystem;

std::string KafkaCache() {
  const char* cache = std::getenv("SLUICE_CACHE");
  const char* home = std::getenv("HOME");
  return (cache != nullptr && *cache != '\0' ? std::string(cache)
                                             : std::string(home == nullptr ? "/root" : home) + "/.cache/sluice") +
         "/kafka/4.3.1";
}

constexpr char kClusterId[] = "MkU3OEVBNTcwNTJENDM2Qk";

void WriteFile(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string ArchivePath() { return KafkaCache() + "/test-fixture.jsa"; }
std::string TemplatePath() { return KafkaCache() + "/test-fixture-formatted"; }

// Several tests may come here at once: one makes what is missing.
class CacheLock {
 public:
  CacheLock() : file_(open((KafkaCache() + "/test-fixture.lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (file_ >= 0) flock(file_, LOCK_EX);
  }
  ~CacheLock() {
    if (file_ >= 0) close(file_);
  }

 private:
  int file_;
};

absl::Status RunOpenssl(std::vector<std::string> arguments, const std::string& log) {
  arguments.insert(arguments.begin(), "openssl");
  return RunToEnd({.argv = std::move(arguments), .log_file = log}, absl::Seconds(30));
}

}  // namespace

KafkaFixture::KafkaFixture(KafkaFixtureOptions options)
    : options_(std::move(options)), folder_(NewTempFolder("sluice-kafka")) {}

KafkaFixture::~KafkaFixture() {
  if (broker_ != nullptr) broker_->Kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

absl::StatusOr<std::unique_ptr<KafkaFixture>> KafkaFixture::Start(KafkaFixtureOptions options) {
  std::unique_ptr<KafkaFixture> fixture(new KafkaFixture(std::move(options)));
  absl::Status status;
  for (int attempt = 0; attempt < 3; ++attempt) {
    fixture->port_ = FreePort();
    fixture->controller_port_ = FreePort();
    fixture->sasl_port_ = FreePort();
    if (status = fixture->Prepare(); !status.ok()) return status;
    if (status = fixture->Launch(); status.ok()) return fixture;
  }
  return status;
}

std::vector<std::string> KafkaFixture::JavaCommand() const {
  return {"java",
          "-Xmx" + std::to_string(options_.heap_mib) + "m",
          "-Xms" + std::to_string(options_.heap_mib) + "m",
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-Xshare:auto",
          "-Xlog:disable",
          "-Dlog4j2.configurationFile=" + folder_ + "/log4j2.properties",
          "-Djava.io.tmpdir=" + folder_};
}

void KafkaFixture::AddSaslListener(std::map<std::string, std::string>& settings) const {
  const std::string port = std::to_string(sasl_port_);
  settings["listeners"] += ",TENANT://127.0.0.1:" + port;
  settings["advertised.listeners"] += ",TENANT://localhost:" + port;
  settings["listener.security.protocol.map"] += ",TENANT:SASL_SSL";
  const std::string prefix = "listener.name.tenant.";
  const std::string modules = "org.apache.kafka.common.security.";
  settings[prefix + "ssl.client.auth"] = "none";
  settings[prefix + "sasl.enabled.mechanisms"] = "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN";
  for (const char* mechanism : {"scram-sha-512", "scram-sha-256"}) {
    settings[prefix + mechanism + ".sasl.jaas.config"] = modules + "scram.ScramLoginModule required;";
  }
  settings[prefix + "plain.sasl.jaas.config"] =
      modules + "plain.PlainLoginModule required user_plain=\"plain-secret\";";
}

void KafkaFixture::WriteProperties() const {
  const std::string protocol = options_.tls ? "SSL" : "PLAINTEXT";
  std::map<std::string, std::string> settings = {
      {"process.roles", "broker,controller"},
      {"node.id", "1"},
      {"controller.quorum.voters", "1@localhost:" + std::to_string(controller_port_)},
      {"listeners",
       "BROKER://127.0.0.1:" + std::to_string(port_) + ",CONTROLLER://127.0.0.1:" + std::to_string(controller_port_)},
      {"advertised.listeners", "BROKER://localhost:" + std::to_string(port_)},
      {"listener.security.protocol.map", "BROKER:" + protocol + ",CONTROLLER:" + protocol},
      {"inter.broker.listener.name", "BROKER"},
      {"controller.listener.names", "CONTROLLER"},
      {"log.dirs", folder_ + "/data"},
      {"auto.create.topics.enable", "false"},
      {"num.partitions", "1"},
      {"offsets.topic.replication.factor", "1"},
      {"offsets.topic.num.partitions", "2"},
      {"transaction.state.log.replication.factor", "1"},
      {"transaction.state.log.min.isr", "1"},
      {"transaction.state.log.num.partitions", "2"},
      {"share.coordinator.state.topic.replication.factor", "1"},
      {"share.coordinator.state.topic.min.isr", "1"},
      {"group.initial.rebalance.delay.ms", "0"},
      {"log.cleaner.dedupe.buffer.size", "2097152"},
      {"controller.quorum.append.linger.ms", "2"},
      {"num.network.threads", "2"},
      {"num.io.threads", "3"},
  };
  if (options_.tls) {
    settings["ssl.client.auth"] = "required";
    settings["ssl.keystore.type"] = "PEM";
    settings["ssl.truststore.type"] = "PEM";
    settings["ssl.keystore.location"] = folder_ + "/broker.pem";
    settings["ssl.truststore.location"] = folder_ + "/ca.crt";
    settings["ssl.principal.mapping.rules"] = "RULE:^CN=([^,]+).*$/$1/,DEFAULT";
  }
  if (options_.authorizer) {
    settings["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
    settings["super.users"] = "User:broker;User:admin";
  }
  if (options_.sasl_listener) AddSaslListener(settings);
  for (const auto& [name, value] : options_.settings) settings[name] = value;
  std::string text;
  for (const auto& [name, value] : settings) text += name + "=" + value + "\n";
  WriteFile(folder_ + "/server.properties", text);
  WriteFile(folder_ + "/log4j2.properties",
            "appender.console.type=Console\nappender.console.name=out\nappender.console.layout.type=PatternLayout\n"
            "appender.console.layout.pattern=%d %p %m (%c)%n%throwable\nrootLogger.level=WARN\n"
            "rootLogger.appenderRefs=out\nrootLogger.appenderRef.out.ref=out\n");
}

absl::Status KafkaFixture::Prepare() {
  if (!fs::exists(KafkaCache() + "/libs")) {
    return absl::FailedPreconditionError("no Kafka in " + KafkaCache() + "/libs: run tools/install");
  }
  if (options_.tls && !fs::exists(folder_ + "/ca.crt")) {
    RETURN_IF_ERROR(MakeAuthority());
    RETURN_IF_ERROR(MakeCertificate("broker"));
    WriteFile(folder_ + "/broker.pem", ReadFile(folder_ + "/broker.key") + ReadFile(folder_ + "/broker.crt"));
  }
  WriteProperties();
  const CacheLock lock;
  if (!fs::exists(TemplatePath())) {
    std::vector<std::string> format = JavaCommand();
    for (const std::string& word :
         std::vector<std::string>{"-cp", KafkaCache() + "/libs/*", "kafka.tools.StorageTool", "format", "-t",
                                  kClusterId, "-c", folder_ + "/server.properties"}) {
      format.emplace_back(word);
    }
    RETURN_IF_ERROR(RunToEnd({.argv = format, .log_file = folder_ + "/format.log"}, absl::Seconds(120)));
    fs::copy(folder_ + "/data", TemplatePath() + ".new", fs::copy_options::recursive);
    fs::rename(TemplatePath() + ".new", TemplatePath());
  } else {
    std::error_code ignored;
    fs::remove_all(folder_ + "/data", ignored);
    fs::copy(TemplatePath(), folder_ + "/data", fs::copy_options::recursive);
  }
  if (fs::exists(ArchivePath())) return absl::OkStatus();
  // A first run, only to write down which classes it loads.
  std::vector<std::string> command = JavaCommand();
  command.insert(command.end(), {"-XX:ArchiveClassesAtExit=" + ArchivePath() + ".new", "-cp", KafkaCache() + "/libs/*",
                                 "kafka.Kafka", folder_ + "/server.properties"});
  ASSIGN_OR_RETURN(broker_, ChildProcess::Start({.argv = command, .log_file = folder_ + "/log"}));
  RETURN_IF_ERROR(WaitUntilReady());
  broker_->Signal(SIGTERM);
  broker_->WaitForExit(absl::Seconds(60));
  broker_.reset();
  std::error_code missing;
  fs::rename(ArchivePath() + ".new", ArchivePath(), missing);
  return absl::OkStatus();
}

absl::Status KafkaFixture::Launch() {
  std::vector<std::string> command = JavaCommand();
  command.insert(command.end(), {"-XX:SharedArchiveFile=" + ArchivePath(), "-cp", KafkaCache() + "/libs/*",
                                 "kafka.Kafka", folder_ + "/server.properties"});
  ASSIGN_OR_RETURN(broker_, ChildProcess::Start({.argv = command, .log_file = folder_ + "/log"}));
  return WaitUntilReady();
}

absl::Status KafkaFixture::WaitUntilReady() {
  ASSIGN_OR_RETURN(const kafka_client::ConnectionOptions connection, ConnectionFor("admin"));
  absl::Status status = WaitForBroker(connection, absl::Seconds(90), [this] { return broker_->Running(); });
  if (status.ok()) return status;
  return absl::UnavailableError(std::string(status.message()) + "\n" + TailOf(folder_ + "/log"));
}

absl::Status KafkaFixture::MakeAuthority() {
  return RunOpenssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=test-authority", "-keyout", folder_ + "/ca.key", "-out", folder_ + "/ca.crt"},
                    folder_ + "/openssl.log");
}

absl::Status KafkaFixture::MakeCertificate(const std::string& cn) {
  const std::string base = folder_ + "/" + cn;
  WriteFile(base + ".ext", "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  RETURN_IF_ERROR(RunOpenssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                              "/CN=" + cn, "-keyout", base + ".key", "-out", base + ".csr"},
                             folder_ + "/openssl.log"));
  return RunOpenssl({"x509", "-req", "-in", base + ".csr", "-CA", folder_ + "/ca.crt", "-CAkey", folder_ + "/ca.key",
                     "-CAcreateserial", "-days", "2", "-extfile", base + ".ext", "-out", base + ".crt"},
                    folder_ + "/openssl.log");
}

absl::StatusOr<kafka_client::ConnectionOptions> KafkaFixture::ConnectionFor(const std::string& cn) {
  kafka_client::ConnectionOptions connection;
  connection.bootstrap_servers = bootstrap_servers();
  connection.client_id = cn;
  if (!options_.tls) return connection;
  if (!fs::exists(folder_ + "/" + cn + ".crt")) RETURN_IF_ERROR(MakeCertificate(cn));
  connection.tls = kafka_client::TlsFiles{.ca_file = folder_ + "/ca.crt",
                                          .certificate_file = folder_ + "/" + cn + ".crt",
                                          .key_file = folder_ + "/" + cn + ".key"};
  return connection;
}

absl::Status KafkaFixture::CreateTopic(const std::string& name, int partitions,
                                       std::map<std::string, std::string> configs) {
  ASSIGN_OR_RETURN(const kafka_client::ConnectionOptions connection, ConnectionFor("admin"));
  return CreateTestTopic(connection, name, partitions, configs);
}

absl::Status KafkaFixture::AllowTopic(const std::string& cn, const std::string& topic, bool prefixed,
                                      const std::string& operation) {
  ASSIGN_OR_RETURN(const kafka_client::ConnectionOptions connection, ConnectionFor("admin"));
  return CreateTestAcl(
      connection, {.principal = cn, .resource = "topic", .name = topic, .prefixed = prefixed, .operation = operation});
}

absl::Status KafkaFixture::AllowGroup(const std::string& cn, const std::string& group, bool prefixed) {
  ASSIGN_OR_RETURN(const kafka_client::ConnectionOptions connection, ConnectionFor("admin"));
  return CreateTestAcl(connection,
                       {.principal = cn, .resource = "group", .name = group, .prefixed = prefixed, .operation = "All"});
}

void KafkaFixture::Stop() { broker_->Kill(); }

absl::Status KafkaFixture::StartAgain() { return Launch(); }

void KafkaFixture::Pause() { broker_->Signal(SIGSTOP); }

void KafkaFixture::Resume() { broker_->Signal(SIGCONT); }

}  // namespace sluice::testing
