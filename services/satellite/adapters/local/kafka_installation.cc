#include "services/satellite/adapters/local/kafka_installation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/operator/server_properties.h"
#include "services/satellite/adapters/local/atomic_file.h"
#include "services/satellite/adapters/local/log_config.h"
#include "services/satellite/adapters/local/metrics_config.h"
#include "services/satellite/adapters/local/node_jar.h"
#include "services/satellite/adapters/local/plugin_jar.h"

namespace sluice::satellite {
namespace {

namespace fs = std::filesystem;

absl::Status KafkaMissing(const std::string& folder) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, absl::StrCat(folder, " does not hold Kafka's jars"),
      {.reason = "KAFKA_MISSING", .remedy = "Run tools/install, or point --kafka-home at a Kafka folder."});
}

// `folder`/<digest>-<name>, written when it is not there.
absl::StatusOr<std::string> PutFile(const std::string& folder, const std::string& name, std::string_view content) {
  const std::string path = absl::StrCat(folder, "/", op::Digest(std::string(content)), "-", name);
  std::error_code error;
  if (fs::exists(path, error)) return path;
  RETURN_IF_ERROR(WriteFileAtomically(path, content));
  return path;
}

std::string FileIdentity(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return path;
  return absl::StrCat(path, "|", file.st_size, "|", file.st_mtim.tv_sec, ".", file.st_mtim.tv_nsec, "\n");
}

std::string VersionOf(const std::vector<std::string>& jars) {
  constexpr std::string_view kPrefix = "kafka-clients-", kSuffix = ".jar";
  for (const std::string& jar : jars) {
    const std::string name = fs::path(jar).filename();
    if (name.rfind(kPrefix, 0) != 0 || name.size() <= kPrefix.size() + kSuffix.size()) continue;
    return name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  }
  return "";
}

}  // namespace

absl::StatusOr<KafkaInstallation> KafkaInstallation::Open(const std::string& kafka_home,
                                                          const std::string& cache_folder) {
  std::error_code error;
  std::vector<std::string> jars;
  const std::string libs = fs::weakly_canonical(fs::absolute(kafka_home) / "libs", error);
  for (fs::directory_iterator it(libs, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".jar") jars.push_back(it->path());
  }
  if (error) return KafkaMissing(libs);
  std::sort(jars.begin(), jars.end());
  KafkaInstallation opened;
  opened.version_ = VersionOf(jars);
  if (opened.version_.empty()) return KafkaMissing(libs);

  const std::string ours = absl::StrCat(fs::absolute(cache_folder).lexically_normal().string(), "/jars");
  fs::create_directories(ours, error);
  if (error) return absl::InternalError(absl::StrCat("cannot make ", ours, ": ", error.message()));
  // A file that two put there at once would have two times, and the archive of one would not fit the other.
  const int lock = open((ours + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) {
    return absl::InternalError(absl::StrCat("cannot lock ", ours, ": ", strerror(errno)));
  }
  absl::Cleanup unlock = [lock] { close(lock); };
  ASSIGN_OR_RETURN(const std::string node_jar, PutFile(ours, "sluice-node.jar", NodeJar()));
  ASSIGN_OR_RETURN(const std::string plugin_jar, PutFile(ours, "sluice-kafka-plugin.jar", PluginJar()));
  ASSIGN_OR_RETURN(opened.log_config_file_, PutFile(ours, "log4j2.properties", LogConfig()));
  ASSIGN_OR_RETURN(opened.metrics_config_file_, PutFile(ours, "jmx_agent.yaml", MetricsConfig()));
  jars.insert(jars.begin(), {node_jar, plugin_jar});
  opened.class_path_ = absl::StrJoin(jars, ":");
  std::string identities;
  for (const std::string& jar : jars) identities += FileIdentity(jar);
  opened.fingerprint_ = op::Digest(identities);
  return opened;
}

}  // namespace sluice::satellite
