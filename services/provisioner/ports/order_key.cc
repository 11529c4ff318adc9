#include "absl/strings/str_cat.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

std::string OrderKey(const Meta& meta, ListQuery::Order order) {
  return order == ListQuery::Order::kName ? meta.name : absl::StrCat(absl::ToUnixMicros(meta.create_time));
}

}  // namespace sluice::provisioner
