// The substrate with real processes that stand in for JVMs: the contract, and what can go wrong on a machine. Kafka
// itself runs in physical_cluster_test.
#include "services/satellite/adapters/local/local_substrate.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "libs/operator/server_properties.h"
#include "services/satellite/adapters/local/node_process.h"
#include "services/satellite/ports/testing/substrate_contract.h"

namespace sluice::satellite::testing {
namespace {

namespace fs = std::filesystem;
using Process = op::NodeSeen::Process;

constexpr char kCluster[] = "pkc-contract";

std::string Built(const char* name) {
  return fs::absolute(absl::StrCat("services/satellite/adapters/local/testing/", name)).string();
}

// Processes whose command line says that they are a node of `state_folder`.
std::vector<pid_t> NodesBelow(const std::string& state_folder) {
  std::vector<pid_t> found;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    std::ifstream file(entry.path() / "cmdline");
    std::ostringstream text;
    text << file.rdbuf();
    if (text.str().find("-Dsluice.node=") == std::string::npos) continue;
    if (text.str().find(state_folder + "/clusters/") == std::string::npos) continue;
    const auto process = IdentityOf(static_cast<pid_t>(std::stol(name)));
    if (process && IsAlive(*process)) found.push_back(process->pid);
  }
  return found;
}

// A state folder of its own, and nothing left behind.
class LocalHarness final : public SubstrateHarness {
 public:
  LocalHarness() {
    static int number = 0;
    folder_ = absl::StrCat(::testing::TempDir(), "/substrate-", getpid(), "-", number++);
    folder_ = fs::path(folder_).lexically_normal();
    fs::create_directories(folder_ + "/kafka/libs");
    std::ofstream(folder_ + "/kafka/libs/kafka-clients-4.3.1.jar") << "no jar";
    options_.state_folder = folder_ + "/state";
    options_.kafka_home = folder_ + "/kafka";
    options_.cache_folder = folder_ + "/cache";
    options_.java = Built("stand_in_java");
    options_.max_brokers = 4;
    options_.first_port = 24000;
    options_.last_port = 24399;
    Open();
  }
  ~LocalHarness() override {
    substrate_.reset();
    for (pid_t pid : NodesBelow(options_.state_folder)) kill(pid, SIGKILL);
    fs::remove_all(folder_);
  }

  Substrate& substrate() override { return *substrate_; }
  void Close() { substrate_.reset(); }
  void Open() {
    auto opened = LocalSubstrate::Open(options_, clock::RealClock());
    ASSERT_TRUE(opened.ok()) << opened.status();
    substrate_ = *std::move(opened);
  }
  void Reopen() override {
    Close();
    Open();
  }
  void CrashNode(const std::string& cluster, int32_t node_id) override {
    const std::string suffix = absl::StrCat("/clusters/", cluster, "/", node_id, "/server.properties");
    for (pid_t pid : NodesBelow(options_.state_folder)) {
      std::ifstream file(absl::StrCat("/proc/", pid, "/cmdline"));
      std::ostringstream text;
      text << file.rdbuf();
      if (text.str().find(suffix) == std::string::npos) continue;
      const auto process = IdentityOf(pid);
      kill(pid, SIGKILL);
      if (process) WaitUntilGone(*process, 10'000);
      return;
    }
    ADD_FAILURE() << "no process of node " << node_id;
  }
  void LetTimePass() override {
    for (int i = 0; i < 500 && NodesBelow(options_.state_folder).size() > 2; ++i) usleep(10'000);
  }

  LocalSubstrateOptions& options() { return options_; }

 private:
  std::string folder_;
  LocalSubstrateOptions options_;
  std::unique_ptr<LocalSubstrate> substrate_;
};

INSTANTIATE_TEST_SUITE_P(Local, SubstrateContract, ::testing::Values([] { return std::make_unique<LocalHarness>(); }));

class LocalSubstrateTest : public ::testing::Test {
 protected:
  LocalSubstrateTest() {
    spec_.brokers = 2;
    spec_.broker_disk_mib = 64;
  }
  Substrate& substrate() { return harness_.substrate(); }
  absl::Status StartAll() {
    for (int32_t id : {1001, 1, 2}) {
      if (absl::Status status = substrate().Start(kCluster, spec_, id); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  std::string NodeFile(int32_t id, const char* name) {
    return absl::StrCat(harness_.options().state_folder, "/clusters/", kCluster, "/", id, "/", name);
  }
  size_t Running() { return NodesBelow(harness_.options().state_folder).size(); }

  // Runs drive_substrate with the fail point set; how it ended.
  int Drive(const std::string& failpoints, const char* what) {
    harness_.Close();
    const LocalSubstrateOptions& o = harness_.options();
    const std::string command = absl::StrCat("SLUICE_FAILPOINTS='", failpoints, "' exec ", Built("drive_substrate"),
                                             " ", o.state_folder, " ", o.kafka_home, " ", o.java, " ", what);
    const int status = std::system(command.c_str());
    harness_.Open();
    return status;
  }

  LocalHarness harness_;
  op::PhysicalSpec spec_;
};

TEST_F(LocalSubstrateTest, WhereverTheOwnerDiesInAStartNothingIsDoubled) {
  for (const char* point : {"satellite.prepare.1_before_node", "satellite.prepare.2_after_node",
                            "satellite.node_start.1_before_intent", "satellite.node_start.2_after_intent",
                            "satellite.node_start.3_after_spawn", "satellite.node_start.4_after_record"}) {
    for (int hit : {1, 2, 3}) {
      SCOPED_TRACE(absl::StrCat(point, "@", hit));
      const int status = Drive(absl::StrCat(point, "=kill@", hit), "up");
      ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the fail point was not reached";
      const size_t before = Running();
      ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
      const absl::Status started = StartAll();
      ASSERT_TRUE(started.ok()) << started;
      EXPECT_EQ(Running(), 3u) << "with " << before << " after the crash";
      const auto sight = substrate().Look(kCluster);
      ASSERT_TRUE(sight.ok()) << sight.status();
      for (const NodeSight& node : sight->nodes) {
        EXPECT_EQ(node.process, Process::kRunning) << node.node_id;
        EXPECT_EQ(node.restarts, 0) << node.node_id;
        EXPECT_EQ(node.run, 1) << node.node_id;
      }
      for (int32_t id : {1, 2, 1001}) ASSERT_TRUE(substrate().Kill(kCluster, id).ok());
      ASSERT_TRUE(substrate().Remove(kCluster).ok());
    }
  }
}

TEST_F(LocalSubstrateTest, WhereverTheOwnerDiesInAStopOrRemoveItCanBeFinished) {
  const struct {
    const char* point;
    const char* what;
  } kCases[] = {{"satellite.node_stop.1_before_intent", "stop"},
                {"satellite.node_stop.2_after_intent", "stop"},
                {"satellite.node_stop.3_after_signal", "stop"},
                {"satellite.remove.1_before_rename", "remove"},
                {"satellite.remove.2_after_rename", "remove"}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.point);
    ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
    ASSERT_TRUE(StartAll().ok());
    const int status = Drive(absl::StrCat(c.point, "=kill"), c.what);
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the fail point was not reached";
    for (int32_t id : {1, 2, 1001}) {
      const absl::Status killed = substrate().Kill(kCluster, id);
      EXPECT_TRUE(killed.ok() || absl::IsNotFound(killed)) << killed;
    }
    ASSERT_TRUE(substrate().Remove(kCluster).ok());
    EXPECT_EQ(Running(), 0u);
    EXPECT_FALSE(substrate().Look(kCluster)->anything_left);
    EXPECT_TRUE(fs::is_empty(harness_.options().state_folder + "/clusters"));
  }
}

TEST_F(LocalSubstrateTest, ANodeOutlivesItsOwnerAndTheOwnersSession) {
  ASSERT_EQ(Drive("", "up"), 0);
  EXPECT_EQ(Running(), 3u);
  for (pid_t pid : NodesBelow(harness_.options().state_folder)) {
    EXPECT_EQ(getsid(pid), pid) << "a session of its own";
    size_t descriptors = 0;
    for (const auto& entry : fs::directory_iterator(absl::StrCat("/proc/", pid, "/fd"))) {
      (void)entry;
      ++descriptors;
    }
    EXPECT_LE(descriptors, 5u) << "nothing of the owner's is open in it";
  }
  EXPECT_EQ(substrate().Look(kCluster)->nodes.size(), 3u);
}

TEST_F(LocalSubstrateTest, ACorruptRecordIsRebuiltAndTheRunningNodeTakenOver) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  ASSERT_TRUE(StartAll().ok());
  const NodeSight before = substrate().Look(kCluster)->nodes[0];
  for (const char* content : {"", "{", "[1, 2]", "{\"format\": 99}", "\xff\xfe"}) {
    std::ofstream(NodeFile(1, "node.json"), std::ios::trunc) << content;
    const auto sight = substrate().Look(kCluster);
    ASSERT_TRUE(sight.ok()) << sight.status();
    const NodeSight& node = sight->nodes[0];
    EXPECT_EQ(node.process, Process::kRunning) << content;
    EXPECT_EQ(node.client, before.client) << content;
    EXPECT_EQ(node.internal, before.internal) << content;
    EXPECT_EQ(node.metrics, before.metrics) << content;
    ASSERT_TRUE(substrate().Start(kCluster, spec_, 1).ok());
    EXPECT_EQ(Running(), 3u) << content;
  }
}

TEST_F(LocalSubstrateTest, NewBrokersGoToTheRackThatHasTheFewestAndStayThere) {
  const auto rack_of = [&](int32_t id) {
    // Written by a start.
    EXPECT_TRUE(substrate().Start(kCluster, spec_, id).ok());
    std::ifstream file(NodeFile(id, "server.properties"));
    const std::string text(std::istreambuf_iterator<char>(file), {});
    return op::ParseProperties(text)["broker.rack"];
  };
  harness_.Close();
  harness_.options().racks = {"a", "b"};
  harness_.Open();
  spec_.brokers = 3;
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  EXPECT_EQ(rack_of(1), "a");
  EXPECT_EQ(rack_of(2), "b");
  EXPECT_EQ(rack_of(3), "a");
  EXPECT_EQ(rack_of(1001), "") << "racks are for brokers";

  const std::string digest = substrate().WantedDigest(kCluster, spec_, 1);
  harness_.Close();
  harness_.options().racks = {"c", "b", "a"};
  harness_.Open();
  spec_.brokers = 5;
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  EXPECT_EQ(rack_of(4), "c");
  EXPECT_EQ(rack_of(5), "c") << "b has one as well, and comes later";
  EXPECT_EQ(substrate().WantedDigest(kCluster, spec_, 1), digest) << "where it is does not change";
  std::ofstream(NodeFile(1, "node.json"), std::ios::trunc) << "{";
  EXPECT_EQ(substrate().WantedDigest(kCluster, spec_, 1), digest) << "a rebuilt record knows it still";
}

TEST_F(LocalSubstrateTest, ALostRecordIsRebuiltToo) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  ASSERT_TRUE(StartAll().ok());
  fs::remove(NodeFile(2, "node.json"));
  harness_.Reopen();
  ASSERT_TRUE(substrate().Start(kCluster, spec_, 2).ok());
  EXPECT_EQ(Running(), 3u);
}

TEST_F(LocalSubstrateTest, ARecordOfAnotherBootKillsNobody) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  ASSERT_TRUE(StartAll().ok());
  // As after a restart of the machine: the record names a process number that is someone else's now.
  std::ifstream in(NodeFile(1, "node.json"));
  std::ostringstream text;
  text << in.rdbuf();
  std::string record = text.str();
  const size_t at = record.find("\"boot_id\": \"") + 12;
  record.replace(at, 8, "00000000");
  ASSERT_TRUE(substrate().Kill(kCluster, 1).ok());
  const size_t pid_at = record.find("\"pid\": ") + 7;
  record.replace(pid_at, record.find_first_not_of("0123456789", pid_at) - pid_at, std::to_string(getpid()));
  std::ofstream(NodeFile(1, "node.json"), std::ios::trunc) << record;
  const NodeSight node = substrate().Look(kCluster)->nodes[0];
  EXPECT_EQ(node.process, Process::kNone);
  EXPECT_TRUE(node.last_exit->wanted) << "the machine went down, the node did not crash";
  EXPECT_TRUE(substrate().Kill(kCluster, 1).ok());
}

class Listener {
 public:
  explicit Listener(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening_ = bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd_, 1) == 0;
  }
  ~Listener() { close(fd_); }
  bool listening() const { return listening_; }

 private:
  const int fd_;
  bool listening_ = false;
};

TEST_F(LocalSubstrateTest, APortThatSomeoneTookIsSaidAndTriedAgain) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  const int port = substrate().Look(kCluster)->nodes[0].client.port;
  {
    const Listener other(port);
    ASSERT_TRUE(other.listening());
    const absl::Status status = substrate().Start(kCluster, spec_, 1);
    EXPECT_EQ(ErrorReason(status), "PORT_IN_USE");
    EXPECT_NE(status.message().find(std::to_string(port)), absl::string_view::npos) << status;
  }
  EXPECT_TRUE(substrate().Start(kCluster, spec_, 1).ok());
}

TEST_F(LocalSubstrateTest, ATakenPortIsNotGivenOut) {
  const Listener other(24000);
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  const auto sight = substrate().Look(kCluster);
  for (const NodeSight& node : sight->nodes) {
    EXPECT_NE(node.client.port, 24000);
    EXPECT_NE(node.controller.port, 24000);
  }
}

TEST_F(LocalSubstrateTest, TooFewPortsAreNoCapacity) {
  harness_.Close();
  harness_.options().last_port = harness_.options().first_port + 3;
  harness_.Open();
  EXPECT_EQ(ErrorReason(substrate().Admit(kCluster, spec_)), "NO_CAPACITY");
  EXPECT_EQ(ErrorReason(substrate().Prepare(kCluster, spec_)), "NO_CAPACITY");
}

TEST_F(LocalSubstrateTest, ADiskThatIsNotThereIsNoCapacity) {
  spec_.broker_disk_mib = int64_t{1} << 40;
  EXPECT_EQ(ErrorReason(substrate().Admit(kCluster, spec_)), "NO_CAPACITY");
}

TEST_F(LocalSubstrateTest, WhatIsPromisedToOneClusterIsNotPromisedToAnother) {
  const int64_t free_mib = static_cast<int64_t>(fs::space(harness_.options().state_folder).available >> 20);
  spec_.brokers = 1;
  spec_.broker_disk_mib = free_mib * 6 / 10;
  ASSERT_TRUE(substrate().Admit(kCluster, spec_).ok());
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  EXPECT_EQ(ErrorReason(substrate().Admit("pkc-other", spec_)), "NO_CAPACITY");
}

TEST_F(LocalSubstrateTest, LargerDisksOfWhatIsThereAreAdmittedAndPromisedToo) {
  const int64_t free_mib = static_cast<int64_t>(fs::space(harness_.options().state_folder).available >> 20);
  spec_.brokers = 1;
  spec_.broker_disk_mib = free_mib / 10;
  ASSERT_TRUE(substrate().Admit(kCluster, spec_).ok());
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  spec_.broker_disk_mib = free_mib * 2;
  EXPECT_EQ(ErrorReason(substrate().Admit(kCluster, spec_)), "NO_CAPACITY");
  spec_.broker_disk_mib = free_mib * 6 / 10;
  EXPECT_TRUE(substrate().Admit(kCluster, spec_).ok());
  EXPECT_TRUE(substrate().Admit(kCluster, spec_).ok()) << "it has been promised already";
  EXPECT_EQ(ErrorReason(substrate().Admit("pkc-other", spec_)), "NO_CAPACITY");
}

TEST_F(LocalSubstrateTest, WithoutJavaTheReasonSaysSo) {
  harness_.Close();
  harness_.options().java = "/nonexistent/java";
  harness_.Open();
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  EXPECT_EQ(ErrorReason(substrate().Start(kCluster, spec_, 1)), "JAVA_MISSING");
}

TEST_F(LocalSubstrateTest, WithoutKafkaTheReasonSaysSo) {
  harness_.Close();
  LocalSubstrateOptions options = harness_.options();
  options.kafka_home = "/nonexistent";
  EXPECT_EQ(ErrorReason(LocalSubstrate::Open(options, clock::RealClock()).status()), "KAFKA_MISSING");
}

TEST_F(LocalSubstrateTest, TwoSatellitesDoNotShareAStateFolder) {
  EXPECT_EQ(ErrorReason(LocalSubstrate::Open(harness_.options(), clock::RealClock()).status()), "STATE_FOLDER_IN_USE");
}

TEST_F(LocalSubstrateTest, AStaticChangeChangesWhatAStartWouldRunAndADynamicOneDoesNot) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  const std::string before = substrate().WantedDigest(kCluster, spec_, 1);
  spec_.broker_configs = {{"log.retention.ms", "5"}};
  EXPECT_EQ(substrate().WantedDigest(kCluster, spec_, 1), before);
  spec_.broker_heap_mib = 256;
  EXPECT_NE(substrate().WantedDigest(kCluster, spec_, 1), before);
}

TEST_F(LocalSubstrateTest, ACertificateIsRenewedAndTheBrokerIsToldUntilItHasIt) {
  ASSERT_TRUE(substrate().Prepare(kCluster, spec_).ok());
  ASSERT_TRUE(StartAll().ok());
  const std::string controller = substrate().WantedDigest(kCluster, spec_, 1001);
  EXPECT_TRUE(substrate().RenewCertificates(kCluster, absl::Hours(1))->empty());
  // All that run out within longer than they live.
  const absl::Duration ahead = harness_.options().certificate_lifetime + absl::Hours(1);
  auto stale = substrate().RenewCertificates(kCluster, ahead);
  ASSERT_TRUE(stale.ok()) << stale.status();
  ASSERT_EQ(stale->size(), 2u) << "the brokers; a controller is rolled";
  EXPECT_NE(substrate().WantedDigest(kCluster, spec_, 1001), controller);
  ASSERT_TRUE(substrate().CertificateLoaded(kCluster, stale->at(0)).ok());
  harness_.Reopen();
  stale = substrate().RenewCertificates(kCluster, absl::Hours(1));
  ASSERT_EQ(stale->size(), 1u);
  EXPECT_EQ(stale->at(0).node_id, 2);
}

}  // namespace
}  // namespace sluice::satellite::testing
