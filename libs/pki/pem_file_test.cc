#include "libs/pki/pem_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "libs/base/error.h"

namespace sluice::pki {
namespace {

class PemFileTest : public testing::Test {
 protected:
  PemFileTest() : folder_(std::filesystem::path(testing::TempDir()) / ("pem" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~PemFileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(PemFileTest, WritesWithItsModeAndLeavesNothingBeside) {
  const auto path = folder_ / "key.pem";
  ASSERT_TRUE(WritePemFile(path, "first", kSecretMode).ok());
  ASSERT_TRUE(WritePemFile(path, "second", kSecretMode).ok());
  struct stat facts {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_EQ(ReadPemFile(path, kSecretMode).value(), "second");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(PemFileTest, AnExposedSecretIsRefused) {
  const auto path = folder_ / "key.pem";
  ASSERT_TRUE(WritePemFile(path, "text", kPublicMode).ok());
  EXPECT_EQ(ErrorReason(ReadPemFile(path, kSecretMode).status()), "PEM_FILE_EXPOSED");
  EXPECT_TRUE(ReadPemFile(path, kPublicMode).ok());
}

TEST_F(PemFileTest, MissingFolderAndFile) {
  EXPECT_TRUE(absl::IsNotFound(WritePemFile(folder_ / "no" / "key.pem", "x", kSecretMode)));
  EXPECT_TRUE(absl::IsNotFound(ReadPemFile(folder_ / "none.pem", kPublicMode).status()));
}

TEST_F(PemFileTest, TooLarge) {
  const auto path = folder_ / "large.pem";
  ASSERT_TRUE(WritePemFile(path, std::string((1 << 20) + 1, 'x'), kPublicMode).ok());
  EXPECT_EQ(ErrorReason(ReadPemFile(path, kPublicMode).status()), "PEM_FILE_TOO_LARGE");
}

TEST_F(PemFileTest, AReaderNeverSeesAPart) {
  const auto path = folder_ / "cert.pem";
  const std::string a(100'000, 'a'), b(200'000, 'b');
  ASSERT_TRUE(WritePemFile(path, a, kPublicMode).ok());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(WritePemFile(path, i % 2 == 0 ? b : a, kPublicMode).ok());
    done = true;
  });
  int reads = 0;
  for (; !done || reads == 0; ++reads) {
    const std::string text = ReadPemFile(path, kPublicMode).value();
    ASSERT_TRUE(text == a || text == b) << text.size();
  }
  writer.join();
}

}  // namespace
}  // namespace sluice::pki
