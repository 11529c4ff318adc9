#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/kafka_admin/transport/broker_connection.h"

namespace sluice::kafka_admin {

// At most one connection to each address, opened when it is first wanted and again after it broke. Thread-safe.
class BrokerPool {
 public:
  explicit BrokerPool(ConnectionOptions options) : options_(std::move(options)) {}

  // The connection that is open, or a new one. Threads that want the same address wait for one of them to dial it.
  absl::StatusOr<std::shared_ptr<BrokerConnection>> Get(const BrokerAddress& address, Deadline deadline);

  // One that is open and healthy, if there is any.
  std::shared_ptr<BrokerConnection> AnyOpen();

  // Lets go of connections to other addresses; requests under way on them end in peace.
  void KeepOnly(const std::set<BrokerAddress>& addresses);

  const ConnectionOptions& options() const { return options_; }

 private:
  struct Entry {
    std::timed_mutex dialing;
    std::shared_ptr<BrokerConnection> connection;  // guarded by BrokerPool::mutex_
  };

  const ConnectionOptions options_;
  std::mutex mutex_;
  std::map<BrokerAddress, std::shared_ptr<Entry>> entries_;
};

}  // namespace sluice::kafka_admin
