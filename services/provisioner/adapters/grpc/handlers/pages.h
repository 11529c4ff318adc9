#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libs/grpc/request/sealed_token.h"
#include "services/provisioner/app/queries.h"
#include "services/provisioner/core/model/resource.h"
#include "services/provisioner/ports/store.h"

namespace sluice::provisioner {

// One list call's pages: what its tokens are bound to, and where they point. Names and filters go in, so a token of
// another list is PAGE_TOKEN_FILTER_MISMATCH.
class PageBinding {
 public:
  PageBinding(const rpc::TokenSealer& sealer, std::initializer_list<std::string_view> parts);

  // INVALID_ARGUMENT: PAGE_TOKEN_INVALID, PAGE_TOKEN_FILTER_MISMATCH, INVALID_FIELD (page_size below 0).
  absl::StatusOr<PageRequest> Open(int32_t page_size, const std::string& token) const;
  std::string Seal(const std::optional<PagePosition>& next) const;

 private:
  const rpc::TokenSealer& sealer_;
  std::string binding_;
};

// A page is cut short before it outgrows a message of 1 MiB; AIP-158 lets a page be shorter than asked for.
inline constexpr std::size_t kPageBytes = 900 * 1024;

inline PagePosition PositionByName(const Meta& meta) {
  return {.after_order = OrderKey(meta, ListQuery::Order::kName), .after_uid = meta.uid};
}

// Adds the page's items to `out` as far as they fit; those that `to_api` gives nothing for are left out. Returns where
// the next page begins.
template <typename Item, typename Api, typename ToApi, typename PositionOf>
std::optional<PagePosition> FillPage(const Page<Item>& page, google::protobuf::RepeatedPtrField<Api>* out, ToApi to_api,
                                     PositionOf position_of) {
  std::size_t bytes = 0;
  const Item* last = nullptr;
  for (const Item& item : page.items) {
    std::optional<Api> api = to_api(item);
    if (api) {
      bytes += api->ByteSizeLong() + 8;
      if (bytes > kPageBytes && last != nullptr) return position_of(*last);
      *out->Add() = *std::move(api);
    }
    last = &item;
  }
  return page.next;
}

}  // namespace sluice::provisioner
