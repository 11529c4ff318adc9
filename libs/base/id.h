#pragma once

#include <compare>
#include <ostream>
#include <string>
#include <utility>

namespace sluice {

// A string id that cannot be mistaken for another kind's. Define one per kind, beside what it names:
//   using LogicalClusterId = Id<struct LogicalClusterIdTag>;
template <typename Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}

  const std::string& value() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.value_);
  }
  friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.value_; }

 private:
  std::string value_;
};

}  // namespace sluice
