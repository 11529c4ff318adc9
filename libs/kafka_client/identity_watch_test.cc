#include "libs/kafka_client/identity_watch.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace sluice::kafka_client {
namespace {

class IdentityWatchTest : public ::testing::Test {
 protected:
  IdentityWatchTest() { Write("first"); }

  void Write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }
  ConnectionOptions Connection() const { return {.tls = TlsFiles{"ca.pem", file_, "key.pem"}}; }

  const std::string file_ = ::testing::TempDir() + "/certificate.pem";
  clock::FakeClock clock_;
};

TEST_F(IdentityWatchTest, ANewCertificateIsToldOnce) {
  IdentityWatch watch(Connection(), clock_, absl::Seconds(5));
  clock_.Advance(absl::Seconds(6));
  EXPECT_FALSE(watch.Renewed());
  Write("second");
  EXPECT_FALSE(watch.Renewed()) << "it looks each 5 s";
  clock_.Advance(absl::Seconds(6));
  EXPECT_TRUE(watch.Renewed());
  clock_.Advance(absl::Seconds(6));
  EXPECT_FALSE(watch.Renewed());
}

TEST_F(IdentityWatchTest, AFileThatIsAwayIsNotNew) {
  IdentityWatch watch(Connection(), clock_, absl::Seconds(5));
  std::remove(file_.c_str());
  clock_.Advance(absl::Seconds(6));
  EXPECT_FALSE(watch.Renewed());
  Write("first");
  clock_.Advance(absl::Seconds(6));
  EXPECT_FALSE(watch.Renewed());
}

TEST_F(IdentityWatchTest, WithoutTlsNothingIsRenewed) {
  IdentityWatch watch({}, clock_);
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(watch.Renewed());
}

}  // namespace
}  // namespace sluice::kafka_client
