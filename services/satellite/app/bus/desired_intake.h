#pragma once

#include <string>

#include "absl/status/status.h"
#include "libs/bus/event.h"
#include "libs/metrics/metrics.h"
#include "services/satellite/app/bus/desired_index.h"
#include "services/satellite/ports/desired_store.h"
#include "services/satellite/ports/wish_handler.h"

namespace sluice::satellite {

// The one way in for desired documents: checks, keeps the highest generation of a key, stores on disk, and only then
// hands on. Used by one thread.
//
//   record ──► belongs to this data plane and key? ──► newer? ──► disk ──► physical or logical handler
class DesiredIntake {
 public:
  struct Parts {
    DesiredStore& store;
    DesiredIndex& index;
    WishHandler& physical;
    WishHandler& logical;
    metrics::Registry& metrics;
  };

  DesiredIntake(std::string data_plane, Parts parts);

  // Hands on all that is on disk: what the satellite runs on while the control plane is away.
  absl::Status Start();

  // A record of the desired topic. Forged and undecodable ones are dropped, counted and told of in the log. An error is
  // the disk's, and the caller gives the same record again.
  absl::Status Accept(const bus::ReceivedEvent& event);

 private:
  absl::Status Tombstone(const std::string& key);
  absl::Status Check(const bus::ReceivedEvent& event, const provisioner::v1::DesiredDocument& document) const;
  void Drop(const bus::ReceivedEvent& event, const std::string& why);
  void HandOn(AcceptedWish wish);

  const std::string data_plane_;
  const Parts parts_;
  metrics::Counter& accepted_;
  metrics::Counter& dropped_;
};

}  // namespace sluice::satellite
