#pragma once

#include <cstddef>

#include "absl/status/statusor.h"

namespace sluice::kafka_admin {

// A connected byte stream that never blocks: plain TCP, or TLS over it. Not thread-safe; its owner serializes.
class Stream {
 public:
  struct Progress {
    size_t bytes = 0;
    // When no byte moved: what to poll the descriptor for (POLLIN or POLLOUT) before another try.
    short wait_for = 0;
  };

  virtual ~Stream() = default;

  // Unavailable (KAFKA_CONNECTION_FAILED) at the end of the stream and for errors of the socket.
  virtual absl::StatusOr<Progress> TryRead(char* to, size_t size) = 0;
  virtual absl::StatusOr<Progress> TryWrite(const char* from, size_t size) = 0;
  // Bytes that are decrypted already, so that polling the descriptor would miss them.
  virtual bool HasBuffered() const = 0;
  virtual int descriptor() const = 0;
};

}  // namespace sluice::kafka_admin
