#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/satellite/adapters/local/cell_certificates.h"
#include "services/satellite/adapters/local/kafka_installation.h"
#include "services/satellite/adapters/local/port_allocator.h"

namespace sluice::satellite {

// An archive of the classes that a node loads (AppCDS, JEP 350), which a JVM maps instead of parsing jars: a start
// costs about a third less. Made once per JVM and set of jars by a rehearsal, one node that ends as soon as it runs, in
// a thread of its own; kept in a cache that several satellites may share: a file lock lets one make it, a rename puts
// it there. Without one, nodes start more slowly and that is all.
class ClassArchive {
 public:
  struct Parts {
    std::string cache_folder;
    // For the rehearsal's data; erased afterwards.
    std::string scratch_folder;
    std::string java;
    KafkaInstallation kafka;
    // Both outlive it.
    CellCertificates& certificates;
    PortAllocator& ports;
  };
  // Starts making it when the cache has none.
  explicit ClassArchive(Parts parts);
  ~ClassArchive();

  // Its file; "" when it could not be made. Waits up to `timeout` while it is being made: two JVMs that load their
  // classes the slow way beside a rehearsal are later than two that wait for it.
  std::string Await(absl::Duration timeout);

 private:
  void Make();
  absl::Status MakeLocked(const std::string& file);
  absl::StatusOr<std::string> WriteProperties();
  void Settle(std::string file);

  const Parts parts_;
  std::mutex mutex_;
  std::condition_variable settled_changed_;
  bool settled_ = false;
  bool ending_ = false;
  std::string file_;
  std::thread maker_;
};

}  // namespace sluice::satellite
