#include "libs/postgres/guarded_connection.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace sluice::postgres {

GuardedConnection::GuardedConnection(const std::string& connection_string)
    : connection_(connection_string), quiet_(connection_) {
  socket_ = fcntl(connection_.sock(), F_DUPFD_CLOEXEC, 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  // A silent reconnect would lose session state (LISTEN, advisory locks) without a word.
  connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

GuardedConnection::~GuardedConnection() {
  if (socket_ >= 0) close(socket_);
}

void GuardedConnection::CutIfOverdue(absl::Duration now) {
  if (deadline_ns_.load() > absl::ToInt64Nanoseconds(now)) return;
  deadline_ns_.store(INT64_MAX);
  shutdown(socket_, SHUT_RDWR);
}

ConnectionGuard::ConnectionGuard(const clock::Clock& clock) : clock_(clock), thread_([this] { Run(); }) {}

ConnectionGuard::~ConnectionGuard() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ConnectionGuard::Watch(std::shared_ptr<GuardedConnection> connection) {
  std::lock_guard lock(mutex_);
  connections_.push_back(std::move(connection));
  if (connections_.size() == 1) changed_.notify_all();
}

void ConnectionGuard::Forget(const std::shared_ptr<GuardedConnection>& connection) {
  std::lock_guard lock(mutex_);
  connections_.remove(connection);
}

void ConnectionGuard::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (connections_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const absl::Duration now = clock_.MonotonicNow();
    for (const auto& connection : connections_) connection->CutIfOverdue(now);
    changed_.wait_for(lock, std::chrono::milliseconds(250), [this] { return stopping_; });
  }
}

}  // namespace sluice::postgres
