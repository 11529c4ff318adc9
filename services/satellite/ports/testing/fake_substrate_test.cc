#include "services/satellite/ports/testing/fake_substrate.h"

#include "services/satellite/ports/testing/substrate_contract.h"

namespace sluice::satellite::testing {
namespace {

class FakeHarness final : public SubstrateHarness {
 public:
  Substrate& substrate() override { return fake_; }
  void Reopen() override {}
  void CrashNode(const std::string& cluster, int32_t node_id) override { fake_.Crash(cluster, node_id); }
  void LetTimePass() override { clock_.Advance(absl::Seconds(1)); }

 private:
  clock::FakeClock clock_;
  FakeSubstrate fake_{clock_, 4};
};

INSTANTIATE_TEST_SUITE_P(Fake, SubstrateContract, ::testing::Values([] { return std::make_unique<FakeHarness>(); }));

}  // namespace
}  // namespace sluice::satellite::testing
