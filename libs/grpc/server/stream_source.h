#pragma once

#include <google/protobuf/message_lite.h>

#include <functional>
#include <memory>

#include "absl/status/statusor.h"

namespace sluice::rpc {

// What a stream sends, pulled one message at a time as the client takes them: nothing is buffered for a slow one.
// One thread at a time.
class StreamSource {
 public:
  virtual ~StreamSource() = default;

  // The next message; null when there is none now: then it is asked again after a Wake, and each half second besides.
  // An error ends the stream with it. May block for as long as a database query does.
  virtual absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>> Next() = 0;
};

// Asks for Next soon. Thread-safe, never blocks, may be called after the stream has ended.
using StreamWaker = std::function<void()>;

}  // namespace sluice::rpc
