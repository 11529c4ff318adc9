#include "services/satellite/adapters/local/class_archive.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/log/log.h"
#include "libs/operator/server_properties.h"
#include "services/satellite/adapters/local/atomic_file.h"
#include "services/satellite/adapters/local/node_command.h"
#include "services/satellite/adapters/local/node_process.h"

namespace sluice::satellite {
namespace {

namespace fs = std::filesystem;

constexpr int kRehearsalHeapMib = 192;
constexpr int kPollMs = 200;
constexpr int kLongestRehearsalMs = 120'000;
constexpr char kRehearsalClusterId[] = "c2x1aWNlLXJlaGVhcnNhbA";

// A JVM's update changes this file's identity, and with it the archive's name.
std::string JvmIdentity(const std::string& java) {
  std::string found = java;
  if (java.find('/') == java.npos) {
    std::string_view folders = getenv("PATH") ? getenv("PATH") : "";
    while (!folders.empty()) {
      const std::string folder(folders.substr(0, folders.find(':')));
      folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
      if (access(absl::StrCat(folder, "/", java).c_str(), X_OK) == 0) {
        found = absl::StrCat(folder, "/", java);
        break;
      }
    }
  }
  std::error_code error;
  const fs::path path = fs::canonical(found, error);
  if (error) return java;
  const auto release = ReadWholeFile((path.parent_path().parent_path() / "release").string());
  return absl::StrCat(path.string(), "\n", release.ok() ? *release : "");
}

}  // namespace

ClassArchive::ClassArchive(Parts parts) : parts_(std::move(parts)) {
  maker_ = std::thread([this] { Make(); });
}

ClassArchive::~ClassArchive() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  maker_.join();
}

std::string ClassArchive::Await(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  settled_changed_.wait_for(lock, absl::ToChronoNanoseconds(timeout), [this] { return settled_; });
  return file_;
}

void ClassArchive::Settle(std::string file) {
  {
    std::lock_guard lock(mutex_);
    settled_ = true;
    file_ = std::move(file);
  }
  settled_changed_.notify_all();
}

void ClassArchive::Make() {
  std::string identity = absl::StrCat(parts_.kafka.fingerprint(), "\n", JvmIdentity(parts_.java));
  for (const std::string& flag : JvmFlags(kRehearsalHeapMib)) absl::StrAppend(&identity, "\n", flag);
  std::error_code error;
  fs::create_directories(parts_.cache_folder, error);
  const std::string file = absl::StrCat(parts_.cache_folder, "/node-", op::Digest(identity), ".jsa");
  if (fs::exists(file, error)) return Settle(file);

  const int lock = open(absl::StrCat(file, ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  absl::Cleanup unlock = [lock] {
    if (lock >= 0) close(lock);
  };
  const auto start = std::chrono::steady_clock::now();
  while (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
    std::lock_guard guard(mutex_);
    if (ending_ || std::chrono::steady_clock::now() - start > std::chrono::milliseconds(kLongestRehearsalMs)) break;
  }
  if (fs::exists(file, error)) return Settle(file);
  if (absl::Status made = MakeLocked(file); !made.ok()) {
    log::Warn("no class archive: nodes start more slowly", {{"error", made.ToString()}});
    return Settle("");
  }
  log::Info("class archive made", {{"file", file}});
  Settle(file);
}

absl::StatusOr<std::string> ClassArchive::WriteProperties() {
  const std::string& folder = parts_.scratch_folder;
  op::NodePlace place;
  place.node_id = 1;
  place.certificate_name = "rehearsal.node";
  ASSIGN_OR_RETURN(const std::vector<int32_t> ports, parts_.ports.Take(3));
  // Held only while the rehearsal runs; the caller's clean-up cannot know them, so they are given back at once: a node
  // that takes one meanwhile makes the rehearsal fail, not the node.
  parts_.ports.Release(ports);
  place.client_port = ports[0];
  place.internal_port = ports[1];
  place.controllers = {absl::StrCat("localhost:", ports[2])};
  place.data_folder = folder + "/data";
  place.keystore_file = folder + "/keystore.pem";
  place.truststore_file = parts_.certificates.ca_file();
  place.heap_mib = kRehearsalHeapMib;
  RETURN_IF_ERROR(
      parts_.certificates.EnsureKeystore(place.keystore_file, place.certificate_name, absl::Hours(1)).status());
  op::PhysicalSpec spec;
  spec.brokers = 1;
  op::Properties properties = op::ServerProperties(spec, place);
  // Both roles in one node, so that one archive serves both.
  properties["process.roles"] = "broker,controller";
  properties["listeners"] = absl::StrCat(properties["listeners"], ",CONTROLLER://localhost:", ports[2]);
  properties.erase("advertised.listeners");
  properties["controlled.shutdown.enable"] = "false";
  const std::string file = folder + "/server.properties";
  RETURN_IF_ERROR(WriteFileAtomically(file, op::RenderProperties(properties)));
  return file;
}

absl::Status ClassArchive::MakeLocked(const std::string& file) {
  const std::string& folder = parts_.scratch_folder;
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder + "/log", error);
  absl::Cleanup erase = [&folder] {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  };
  NodeCommand command;
  ASSIGN_OR_RETURN(command.properties_file, WriteProperties());
  command.java = parts_.java;
  command.heap_mib = kRehearsalHeapMib;
  command.folder = folder;
  command.marker = folder;
  command.kafka_cluster_id = kRehearsalClusterId;
  const std::string made = folder + "/node.jsa";
  std::vector<std::string> arguments = ArgumentsOf(command, parts_.kafka);
  arguments.insert(arguments.begin() + 1,
                   {absl::StrCat("-XX:ArchiveClassesAtExit=", made), "-Dsluice.rehearsal=true", "-Xlog:cds=error"});
  ASSIGN_OR_RETURN(const ProcessId process,
                   Spawn({.arguments = arguments, .folder = folder, .console_file = folder + "/log/console.log"}));
  for (int waited_ms = 0; !WaitUntilGone(process, kPollMs); waited_ms += kPollMs) {
    std::lock_guard lock(mutex_);
    if (!ending_ && waited_ms < kLongestRehearsalMs) continue;
    RETURN_IF_ERROR(Signal(process, SIGKILL));
    WaitUntilGone(process, 10'000);
    break;
  }
  const std::string ended = HowItEnded(process.pid).value_or("unknown");
  if (!fs::exists(made, error)) return absl::InternalError(absl::StrCat("the rehearsal left no archive: ", ended));
  // Copied into the cache under another name first, for the cache may be on another file system.
  const std::string beside = absl::StrCat(file, ".", getpid(), ".new");
  fs::copy_file(made, beside, fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(beside, file, error);
  if (error) return absl::InternalError(absl::StrCat("cannot put ", file, ": ", error.message()));
  return absl::OkStatus();
}

}  // namespace sluice::satellite
