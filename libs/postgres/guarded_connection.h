#pragma once

#include <atomic>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"

namespace sluice::postgres {

// A connection that can be cut from outside: libpq has no client-side deadline, and a server that is stopped (SIGSTOP,
// a hung disk) still acknowledges at the TCP level, so neither keepalives nor statement_timeout end the wait.
class GuardedConnection {
 public:
  // Throws what pqxx throws.
  explicit GuardedConnection(const std::string& connection_string);
  ~GuardedConnection();
  GuardedConnection(const GuardedConnection&) = delete;
  GuardedConnection& operator=(const GuardedConnection&) = delete;

  pqxx::connection& get() { return connection_; }
  // From now on it must be done by `deadline` (monotonic), or it is cut; InfiniteDuration for none.
  void Arm(absl::Duration deadline) { deadline_ns_.store(absl::ToInt64Nanoseconds(deadline)); }
  void Disarm() { deadline_ns_.store(INT64_MAX); }
  // Cuts it when its deadline has passed. Any thread.
  void CutIfOverdue(absl::Duration now);

 private:
  pqxx::connection connection_;
  // libpqxx writes notices to stderr otherwise, past our log.
  pqxx::quiet_errorhandler quiet_;
  // A second descriptor of the same socket: stays ours when libpq closes its own.
  int socket_ = -1;
  std::atomic<std::int64_t> deadline_ns_{INT64_MAX};
};

// Looks at its connections four times a second and cuts those that are overdue. Thread-safe.
class ConnectionGuard {
 public:
  explicit ConnectionGuard(const clock::Clock& clock);
  ~ConnectionGuard();

  void Watch(std::shared_ptr<GuardedConnection> connection);
  void Forget(const std::shared_ptr<GuardedConnection>& connection);

 private:
  void Run();

  const clock::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::shared_ptr<GuardedConnection>> connections_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::postgres
