#include "libs/postgres/connect_url.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"

namespace sluice::postgres {
namespace {

TEST(ConnectUrl, NamesWhereAndWho) {
  const auto options = ConnectOptionsOf("postgresql://balancer@db.example:6432/plans", "/secret", "sluice-balancer");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->user, "balancer");
  EXPECT_EQ(options->host, "db.example");
  EXPECT_EQ(options->port, 6432);
  EXPECT_EQ(options->dbname, "plans");
  EXPECT_EQ(options->password_file, "/secret");
  EXPECT_EQ(options->application_name, "sluice-balancer");
}

TEST(ConnectUrl, TakesASocketsFolderAndLeavesThePortAsItIs) {
  const auto options = ConnectOptionsOf("postgres://me@%2Frun%2Fpg/db", "", "sluice");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->host, "/run/pg");
  EXPECT_EQ(options->port, 5432);
}

TEST(ConnectUrl, RefusesAnotherShape) {
  for (const char* url : {"", "db", "postgresql://host/db", "postgresql://me:secret@host/db", "mysql://me@host/db"}) {
    const auto options = ConnectOptionsOf(url, "", "sluice");
    EXPECT_EQ(ErrorReason(options.status()), "INVALID_FIELD") << url;
  }
}

}  // namespace
}  // namespace sluice::postgres
