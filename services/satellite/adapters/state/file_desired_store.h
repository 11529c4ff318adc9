#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "services/satellite/ports/desired_store.h"

namespace sluice::satellite {

// One file per document below `folder`, written atomically: <folder>/pkc-….pb and <folder>/pkc-…/lkc-….pb, the
// document's own bytes. A document's trace ends with the process.
class FileDesiredStore final : public DesiredStore {
 public:
  explicit FileDesiredStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // A file that does not decode is told of in the log and left out: the bus brings the document again.
  absl::StatusOr<std::vector<AcceptedWish>> LoadAll() override;
  absl::Status Save(const AcceptedWish& wish) override;
  absl::Status Remove(const std::string& key) override;

 private:
  const std::filesystem::path folder_;
};

}  // namespace sluice::satellite
