#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/provisioner/core/model/aggregate.h"

namespace sluice::provisioner {

// The part of AIP-160 that lists take: comparisons "field = value" joined by AND; a value is a word or a quoted string;
// a
// '*' at the end of a quoted value matches any rest. Everything matches the empty filter.
struct Filter {
  struct Term {
    std::string field;  // "state", "labels.team"
    std::string value;
    bool prefix = false;
    friend bool operator==(const Term&, const Term&) = default;
  };
  std::vector<Term> terms;
};

// INVALID_ARGUMENT INVALID_FILTER (field "filter") for what does not parse or names a field not in `fields`; "labels."
// in `fields` allows each label.
absl::StatusOr<Filter> ParseFilter(const std::string& text, const std::vector<std::string>& fields);

// The fields that a filter of this resource may name.
const std::vector<std::string>& ClusterFilterFields();
const std::vector<std::string>& OperationFilterFields();
const std::vector<std::string>& TopicFilterFields();

bool Matches(const Filter& filter, const KafkaCluster& cluster);
bool Matches(const Filter& filter, const Operation& operation);
bool Matches(const Filter& filter, const Topic& topic);

// READY, SERVERLESS and so on, as the API names them.
std::string StateName(ClusterState state);

struct Order {
  bool by_create_time = false;
  bool descending = false;
};
// "", "name", "name desc", "create_time", "create_time desc"; else INVALID_ARGUMENT INVALID_ORDER (field "order_by").
absl::StatusOr<Order> ParseOrder(const std::string& text);

}  // namespace sluice::provisioner
