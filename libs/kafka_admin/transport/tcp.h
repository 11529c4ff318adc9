#pragma once

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/kafka_admin/cluster.h"
#include "libs/kafka_admin/transport/deadline.h"
#include "libs/kafka_admin/transport/stream.h"

namespace sluice::kafka_admin {

// Owns a socket's descriptor.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// A connected, non-blocking socket; tries each address of the name in turn. A name is looked up in a thread of its
// own, since getaddrinfo knows no deadline; at most 16 look-ups are under way in a process, more fail at once.
absl::StatusOr<Socket> Dial(const BrokerAddress& address, Deadline deadline);

std::unique_ptr<Stream> NewTcpStream(Socket socket);

// Waits until the descriptor is ready for one of `events` (poll's), or fails with KAFKA_TIMEOUT.
absl::Status WaitFor(int descriptor, short events, Deadline deadline);

}  // namespace sluice::kafka_admin
