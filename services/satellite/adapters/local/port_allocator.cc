#include "services/satellite/adapters/local/port_allocator.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::satellite {

bool PortIsFree(int32_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  // As Java's server sockets do: connections of a dead process in TIME_WAIT are no hindrance, a listener is.
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 1) == 0;
  close(fd);
  return free;
}

absl::StatusOr<std::vector<int32_t>> PortAllocator::Take(int count) {
  std::lock_guard lock(mutex_);
  std::vector<int32_t> taken;
  for (int32_t port = first_; port <= last_ && static_cast<int>(taken.size()) < count; ++port) {
    if (!held_.contains(port) && PortIsFree(port)) taken.push_back(port);
  }
  if (static_cast<int>(taken.size()) < count) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     absl::StrCat("no ", count, " free ports between ", first_, " and ", last_),
                     {.reason = "NO_CAPACITY", .remedy = "Give the satellite a wider --port-range."});
  }
  held_.insert(taken.begin(), taken.end());
  return taken;
}

void PortAllocator::Hold(const std::vector<int32_t>& ports) {
  std::lock_guard lock(mutex_);
  held_.insert(ports.begin(), ports.end());
}

void PortAllocator::Release(const std::vector<int32_t>& ports) {
  std::lock_guard lock(mutex_);
  for (int32_t port : ports) held_.erase(port);
}

int32_t PortAllocator::Left() const {
  std::lock_guard lock(mutex_);
  int32_t left = last_ - first_ + 1;
  for (int32_t port : held_) left -= port >= first_ && port <= last_;
  return left;
}

}  // namespace sluice::satellite
