#include "libs/kafka_admin/client/broker_pool.h"

#include <vector>

#include "libs/base/status.h"
#include "libs/kafka_admin/client_error.h"

namespace sluice::kafka_admin {

absl::StatusOr<std::shared_ptr<BrokerConnection>> BrokerPool::Get(const BrokerAddress& address, Deadline deadline) {
  std::shared_ptr<Entry> entry;
  {
    std::lock_guard lock(mutex_);
    std::shared_ptr<Entry>& slot = entries_[address];
    if (slot == nullptr) slot = std::make_shared<Entry>();
    entry = slot;
  }
  std::unique_lock dialing(entry->dialing, std::defer_lock);
  if (!dialing.try_lock_until(deadline.at())) return TimeoutError("the broker could not be dialled in time");
  std::shared_ptr<BrokerConnection> open;
  {
    std::lock_guard lock(mutex_);
    open = entry->connection;
  }
  if (open != nullptr && open->Usable()) return open;
  ASSIGN_OR_RETURN(std::shared_ptr<BrokerConnection> fresh, BrokerConnection::Open(address, options_, deadline));
  std::lock_guard lock(mutex_);
  entry->connection = fresh;
  return fresh;
}

std::shared_ptr<BrokerConnection> BrokerPool::AnyOpen() {
  std::vector<std::shared_ptr<BrokerConnection>> open;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [address, entry] : entries_) {
      if (entry->connection != nullptr) open.push_back(entry->connection);
    }
  }
  for (const std::shared_ptr<BrokerConnection>& connection : open) {
    if (connection->Usable()) return connection;
  }
  return nullptr;
}

void BrokerPool::KeepOnly(const std::set<BrokerAddress>& addresses) {
  std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return !addresses.contains(entry.first); });
}

}  // namespace sluice::kafka_admin
