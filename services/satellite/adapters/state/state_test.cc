#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>
#include <memory>

#include "libs/base/error.h"
#include "services/satellite/adapters/state/atomic_file.h"
#include "services/satellite/adapters/state/epoch_file.h"
#include "services/satellite/adapters/state/file_desired_store.h"
#include "services/satellite/adapters/state/file_rebalance_store.h"
#include "services/satellite/adapters/state/file_tenant_record_store.h"

namespace sluice::satellite {
namespace {

std::filesystem::path FreshFolder() {
  std::string name = std::string(testing::TempDir()) + "/state_XXXXXX";
  return mkdtemp(name.data());
}

TEST(AtomicFileTest, WritesReadsAndReplaces) {
  const auto path = FreshFolder() / "a" / "b";
  EXPECT_TRUE(absl::IsNotFound(ReadWholeFile(path).status()));
  ASSERT_TRUE(WriteFileAtomically(path, std::string("x\0y", 3)).ok());
  EXPECT_EQ(ReadWholeFile(path).value(), std::string("x\0y", 3));
  ASSERT_TRUE(WriteFileAtomically(path, "z").ok());
  EXPECT_EQ(ReadWholeFile(path).value(), "z");
  struct stat facts;
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600);
  EXPECT_TRUE(RemoveFile(path).ok());
  EXPECT_TRUE(RemoveFile(path).ok());
}

TEST(AtomicFileTest, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorReason(WriteFileAtomically("/dev/null/x", "y")), "STATE_WRITE_FAILED");
  EXPECT_EQ(ErrorReason(WriteFileAtomically("/proc/nothing-here/x", "y")), "STATE_WRITE_FAILED");
}

TEST(EpochFileTest, GrowsAtEachStart) {
  const auto path = FreshFolder() / "epoch";
  EXPECT_EQ(NextEpoch(path, 100).value(), 100);
  EXPECT_EQ(NextEpoch(path, 100).value(), 101);
  // The clock went back, or far ahead: the file is what counts.
  EXPECT_EQ(NextEpoch(path, 5).value(), 102);
  ASSERT_TRUE(WriteFileAtomically(path, "no number").ok());
  EXPECT_EQ(ErrorReason(NextEpoch(path, 1).status()), "STATE_READ_FAILED");
}

// One contract for the fake and the real store.
class TenantRecordStoreTest : public testing::TestWithParam<std::function<std::unique_ptr<TenantRecordStore>()>> {};

TEST_P(TenantRecordStoreTest, KeepsWhatWasSaved) {
  const auto store = GetParam()();
  EXPECT_EQ(store->Load("pkc-1/lkc-a").value(), TenantRecord{});
  TenantRecord record{.admitted = true, .rejected_generation = 7, .rejected_why = "full", .verified_keys = {"key-1"}};
  record.wishes["w1"] = {.attempted = true, .done = true};
  record.wishes["w2"] = {.error_reason = "TOPIC_EXISTS", .error_message = "there \"already\""};
  ASSERT_TRUE(store->Save("pkc-1/lkc-a", record).ok());
  EXPECT_EQ(store->Load("pkc-1/lkc-a").value(), record);
  EXPECT_EQ(store->Load("pkc-1/lkc-b").value(), TenantRecord{});
  ASSERT_TRUE(store->Remove("pkc-1/lkc-a").ok());
  ASSERT_TRUE(store->Remove("pkc-1/lkc-a").ok());
  EXPECT_EQ(store->Load("pkc-1/lkc-a").value(), TenantRecord{});
}

INSTANTIATE_TEST_SUITE_P(Stores, TenantRecordStoreTest,
                         testing::Values([] { return std::make_unique<FakeTenantRecordStore>(); },
                                         [] { return std::make_unique<FileTenantRecordStore>(FreshFolder()); }));

class DesiredStoreTest : public testing::TestWithParam<std::function<std::unique_ptr<DesiredStore>()>> {};

TEST_P(DesiredStoreTest, KeepsWhatWasSaved) {
  const auto store = GetParam()();
  EXPECT_TRUE(store->LoadAll().value().empty());
  for (const char* key : {"pkc-1", "pkc-1/lkc-a", "pkc-1/lkc-b"}) {
    AcceptedWish wish;
    wish.document.set_key(key);
    wish.document.set_generation(3);
    ASSERT_TRUE(store->Save(wish).ok());
  }
  ASSERT_TRUE(store->Remove("pkc-1/lkc-b").ok());
  const auto all = store->LoadAll().value();
  ASSERT_EQ(all.size(), 2);
  for (const AcceptedWish& wish : all) EXPECT_EQ(wish.document.generation(), 3);
}

INSTANTIATE_TEST_SUITE_P(Stores, DesiredStoreTest,
                         testing::Values([] { return std::make_unique<FakeDesiredStore>(); },
                                         [] { return std::make_unique<FileDesiredStore>(FreshFolder()); }));

class RebalanceStoreTest : public testing::TestWithParam<std::function<std::unique_ptr<RebalanceStore>()>> {};

TEST_P(RebalanceStoreTest, KeepsWhatWasSaved) {
  const auto store = GetParam()();
  EXPECT_TRUE(store->LoadPlans().value().empty());
  EXPECT_EQ(store->LoadMemory("pkc-1").value(), op::RebalanceMemory());
  for (const char* key : {"pkc-1", "pkc-2"}) {
    balancer_planner::v1::PlanDocument plan;
    plan.set_key(key);
    plan.set_generation(7);
    ASSERT_TRUE(store->SavePlan(plan).ok());
  }
  const op::RebalanceMemory memory{.rebalance = "reb-1",
                                   .begun = true,
                                   .batches_done = 2,
                                   .moves_done = 3,
                                   .moves_skipped = 4,
                                   .bytes_done = 5'000'000'000,
                                   .ended = op::RebalanceState::kFailed,
                                   .ended_generation = 6,
                                   .reason = "WHY",
                                   .message = "for \"people\""};
  ASSERT_TRUE(store->SaveMemory("pkc-1", memory).ok());
  EXPECT_EQ(store->LoadMemory("pkc-1").value(), memory);
  EXPECT_EQ(store->LoadMemory("pkc-2").value(), op::RebalanceMemory());
  ASSERT_TRUE(store->RemovePlan("pkc-2").ok());
  ASSERT_TRUE(store->RemovePlan("pkc-2").ok());
  ASSERT_EQ(store->LoadPlans().value().size(), 1u);
  EXPECT_EQ(store->LoadPlans().value()[0].generation(), 7);
  ASSERT_TRUE(store->RemoveMemory("pkc-1").ok());
  EXPECT_EQ(store->LoadMemory("pkc-1").value(), op::RebalanceMemory());
}

INSTANTIATE_TEST_SUITE_P(Stores, RebalanceStoreTest,
                         testing::Values([] { return std::make_unique<FakeRebalanceStore>(); },
                                         [] { return std::make_unique<FileRebalanceStore>(FreshFolder()); }));

TEST(FileRebalanceStoreTest, GarbageLosesCountsAndNothingElse) {
  const auto folder = FreshFolder();
  ASSERT_TRUE(WriteFileAtomically(folder / "pkc-1.json", "{}").ok());
  ASSERT_TRUE(WriteFileAtomically(folder / "pkc-1.pb", "\xff").ok());
  FileRebalanceStore store(folder);
  EXPECT_EQ(store.LoadMemory("pkc-1").value(), op::RebalanceMemory());
  EXPECT_TRUE(store.LoadPlans().value().empty());
}

TEST(FileTenantRecordStoreTest, RefusesGarbage) {
  const auto folder = FreshFolder();
  ASSERT_TRUE(WriteFileAtomically(folder / "pkc-1" / "lkc-a.json", "{}").ok());
  EXPECT_EQ(ErrorReason(FileTenantRecordStore(folder).Load("pkc-1/lkc-a").status()), "STATE_READ_FAILED");
}

}  // namespace
}  // namespace sluice::satellite
