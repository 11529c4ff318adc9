#include "cli/config/context_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "libs/base/error.h"

namespace sluice::cli {
namespace {

class ContextFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("context_file_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ / "deep" / "config.yaml"; }

  std::filesystem::path folder_;
};

TEST_F(ContextFileTest, AMissingFileIsEmpty) {
  auto file = ContextFile::Load(path());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->contexts().empty());
  EXPECT_EQ(ErrorReason(file->Find("").status()), "NO_CONTEXT");
}

TEST_F(ContextFileTest, KeepsWhatItWasGivenForItsOwnerAlone) {
  auto file = ContextFile::Load(path());
  ASSERT_TRUE(file.ok());
  file->Put({.name = "local",
             .endpoint = "localhost:7000",
             .ca_file = "ca.pem",
             .key_file = "/keys/admin",
             .organization = "default",
             .environment = "default"});
  file->Put({.name = "eu: \"quoted\"", .endpoint = "eu:443"});
  ASSERT_TRUE(file->Save().ok());

  auto again = ContextFile::Load(path());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->current(), "local");
  ASSERT_EQ(again->contexts().size(), 2u);
  auto found = again->Find("");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->endpoint, "localhost:7000");
  EXPECT_EQ(again->Resolve(found->ca_file), folder_ / "deep" / "ca.pem");
  EXPECT_EQ(again->Resolve(found->key_file), "/keys/admin");
  EXPECT_EQ(again->Find("eu: \"quoted\"")->endpoint, "eu:443");

  struct stat info;
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(ContextFileTest, UseNeedsAContextThatIsThere) {
  auto file = ContextFile::Load(path());
  ASSERT_TRUE(file.ok());
  file->Put({.name = "a"});
  file->Put({.name = "b"});
  EXPECT_EQ(ErrorReason(file->Use("c")), "CONTEXT_NOT_FOUND");
  ASSERT_TRUE(file->Use("b").ok());
  EXPECT_EQ(file->current(), "b");
}

TEST_F(ContextFileTest, PutReplacesByName) {
  auto file = ContextFile::Load(path());
  ASSERT_TRUE(file.ok());
  file->Put({.name = "a", .endpoint = "old:1"});
  file->Put({.name = "a", .endpoint = "new:1"});
  ASSERT_EQ(file->contexts().size(), 1u);
  EXPECT_EQ(file->contexts()[0].endpoint, "new:1");
}

TEST_F(ContextFileTest, SaysWhatIsWrongWithAFileThatIsNotOurs) {
  std::filesystem::create_directories(path().parent_path());
  for (const char* text : {"contexts: [", "contexts: 5\ncurrent: {a: b}", "- just\n- a list"}) {
    std::ofstream(path()) << text;
    auto file = ContextFile::Load(path());
    EXPECT_EQ(ErrorReason(file.status()), "CONTEXT_FILE_INVALID") << text;
  }
}

TEST(DefaultPathTest, TheNearestSettingWins) {
  EXPECT_EQ(ContextFile::DefaultPath("/s/c.yaml", "/x", "/h"), "/s/c.yaml");
  EXPECT_EQ(ContextFile::DefaultPath("", "/x", "/h"), "/x/sluice/config.yaml");
  EXPECT_EQ(ContextFile::DefaultPath("", "", "/h"), "/h/.config/sluice/config.yaml");
}

}  // namespace
}  // namespace sluice::cli
