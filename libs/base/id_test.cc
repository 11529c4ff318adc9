#include "libs/base/id.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "absl/container/flat_hash_set.h"

namespace sluice {
namespace {

using TopicId = Id<struct TopicIdTag>;
using BrokerId = Id<struct BrokerIdTag>;

static_assert(!std::is_convertible_v<TopicId, BrokerId>);
static_assert(!std::is_convertible_v<std::string, TopicId>);

TEST(Id, ComparesAndHashesByValue) {
  absl::flat_hash_set<TopicId> seen = {TopicId("a"), TopicId("b"), TopicId("a")};
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_LT(TopicId("a"), TopicId("b"));
  EXPECT_TRUE(TopicId().empty());
}

}  // namespace
}  // namespace sluice
