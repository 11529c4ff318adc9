#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace sluice::rpc {

// Who calls, as the service's Gate found out. Derive from it to carry more.
class Identity {
 public:
  virtual ~Identity() = default;
  // For logs: "apiKeys/ak-…".
  std::string principal;
  // Whose turn the work takes (FairPool).
  std::string tenant;
};

// What a handler knows of the call that it serves.
struct Call {
  // "/sluice.provisioner.v1.KafkaClusterService/GetKafkaCluster"
  std::string method;
  // The caller's address without its port.
  std::string peer;
  // W3C, a span of our own.
  std::string traceparent;
  // Nothing is waited for beyond this; infinite for a stream.
  absl::Time deadline = absl::InfiniteFuture();
  // Null for a method that is open to everyone.
  std::shared_ptr<const Identity> identity;
  // Set as soon as nobody waits for the answer any more.
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  // Sent before the answer.
  std::vector<std::pair<std::string, std::string>> response_metadata;

  // "GetKafkaCluster"
  std::string_view method_name() const { return std::string_view(method).substr(method.rfind('/') + 1); }
};

}  // namespace sluice::rpc
