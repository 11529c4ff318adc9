#pragma once

#include <variant>

#include "services/provisioner/core/model/aggregate.h"
#include "services/provisioner/core/model/topic_news.h"

namespace sluice::provisioner {

// What Watch tells: a resource as it is, or as it was last when it is gone.
struct WatchNews {
  std::variant<Aggregate, TopicNews> of;
  bool erased = false;
};

}  // namespace sluice::provisioner
