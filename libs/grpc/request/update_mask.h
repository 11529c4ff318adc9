#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::rpc {

// The paths of an update_mask (AIP-134), checked against those that may be changed; "*" stands for all of `allowed`. An
// allowed path that ends with ".*" lets any one key of a map through ("configs.*" takes "configs.retention.ms").
// INVALID_ARGUMENT: UPDATE_MASK_REQUIRED, UPDATE_MASK_INVALID (metadata: path), with field "update_mask".
absl::StatusOr<std::set<std::string>> CheckUpdateMask(const google::protobuf::FieldMask& mask,
                                                      std::initializer_list<std::string_view> allowed);

}  // namespace sluice::rpc
