#pragma once

#include <cstdint>
#include <string>

#include "sluice/provisioner/v1/desired.pb.h"

namespace sluice::satellite {

// An accepted desired document, stored on disk already. Its data plane, key and generation are checked.
struct AcceptedWish {
  provisioner::v1::DesiredDocument document;
  // W3C Trace Context of the API call behind it, or "".
  std::string traceparent;
};

// Takes the wishes for one kind of cluster: physical ("pkc-…") or logical ("pkc-…/lkc-…"). Level-triggered: the same
// document may come again, at each start all stored ones come. Thread-safe, never blocks, keeps only the newest per
// key.
class WishHandler {
 public:
  virtual ~WishHandler() = default;
  virtual void OnWish(AcceptedWish wish) = 0;
  // A tombstone: the control plane has seen GONE, nothing more will be said about it.
  virtual void OnForgotten(const std::string& key) = 0;
};

}  // namespace sluice::satellite
