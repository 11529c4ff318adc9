#include "services/satellite/app/enrolment/enrolment.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <condition_variable>
#include <deque>
#include <optional>

#include "libs/base/error.h"
#include "libs/pki/authority.h"
#include "libs/pki/certificate.h"
#include "libs/pki/signature.h"
#include "services/satellite/adapters/state/atomic_file.h"

namespace sluice::satellite {
namespace {

// Signs like the control plane, once per token; fails first as it is told to.
class FakeControlPlane final : public EnrolmentClient {
 public:
  absl::StatusOr<EnrolmentGrant> Enrol(const EnrolmentRequest& request) override {
    requests.push_back(request);
    if (!failures.empty()) {
      const absl::Status failure = failures.front();
      failures.pop_front();
      return failure;
    }
    return Grant(request.certificate_request_pem);
  }
  absl::StatusOr<EnrolmentGrant> Renew(const RenewalRequest& request) override {
    const absl::Status proof =
        pki::VerifyMessage(request.current_certificate_pem,
                           request.certificate_request_pem + request.sealing_public_key, request.signature);
    if (!proof.ok()) return proof;
    ++renewals;
    return Grant(request.certificate_request_pem);
  }

  absl::Duration lifetime = absl::Hours(24);
  std::deque<absl::Status> failures;
  std::vector<EnrolmentRequest> requests;
  std::atomic<int> renewals = 0;

 private:
  absl::StatusOr<EnrolmentGrant> Grant(const std::string& request) {
    const auto certificate =
        authority_.Sign(request, {.common_name = "satellite-local", .lifetime = lifetime}, absl::Now());
    if (!certificate.ok()) return certificate.status();
    return EnrolmentGrant{"local", *certificate, authority_.certificate_pem(), "localhost:9"};
  }

  pki::Authority authority_ = pki::Authority::Create("ca", absl::Now(), absl::Hours(48)).value();
};

class EnrolmentTest : public testing::Test {
 protected:
  EnrolmentTest() {
    std::string name = std::string(testing::TempDir()) + "/enrolment_XXXXXX";
    folder_ = mkdtemp(name.data());
    token_ = folder_ / "token";
    EXPECT_TRUE(WriteFileAtomically(token_, "token-1\n").ok());
    store_.emplace(folder_ / "identity");
  }
  EnrolmentPorts Ports() { return {control_plane_, *store_, clock::RealClock(), clock::CryptoRandom(), stop_}; }

  std::filesystem::path folder_;
  std::filesystem::path token_;
  FakeControlPlane control_plane_;
  std::optional<IdentityStore> store_;
  clock::StopSignal stop_;
};

TEST_F(EnrolmentTest, EnrolsOnceAndKeepsItsIdentity) {
  const auto identity = EnsureEnrolled(token_, Ports());
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->data_plane, "local");
  EXPECT_EQ(control_plane_.requests[0].token, "token-1");
  EXPECT_EQ(control_plane_.requests[0].sealing_public_key, identity->sealing_keys.public_key);
  struct stat facts;
  ASSERT_EQ(stat(identity->private_key_file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600);

  // Again, and after a restart without a token: the same one.
  store_.emplace(folder_ / "identity");
  const auto again = EnsureEnrolled("", Ports());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->sealing_keys.secret_key, identity->sealing_keys.secret_key);
  EXPECT_EQ(control_plane_.requests.size(), 1);
}

TEST_F(EnrolmentTest, SaysWhatIsMissing) {
  EXPECT_EQ(ErrorReason(EnsureEnrolled("", Ports()).status()), "ENROLMENT_TOKEN_MISSING");
  EXPECT_EQ(ErrorReason(EnsureEnrolled(folder_ / "nothing", Ports()).status()), "ENROLMENT_TOKEN_MISSING");
  ASSERT_TRUE(WriteFileAtomically(token_, " \n").ok());
  EXPECT_EQ(ErrorReason(EnsureEnrolled(token_, Ports()).status()), "ENROLMENT_TOKEN_MISSING");
}

TEST_F(EnrolmentTest, TriesAgainWithTheSameKeyOnlyWhatMayHeal) {
  control_plane_.failures = {absl::UnavailableError("away")};
  ASSERT_TRUE(EnsureEnrolled(token_, Ports()).ok());
  ASSERT_EQ(control_plane_.requests.size(), 2);

  store_.emplace(folder_ / "other");
  control_plane_.requests.clear();
  control_plane_.failures = {absl::PermissionDeniedError("used")};
  EXPECT_TRUE(absl::IsPermissionDenied(EnsureEnrolled(token_, Ports()).status()));
  EXPECT_EQ(control_plane_.requests.size(), 1);
}

TEST_F(EnrolmentTest, StopEndsTheWait) {
  control_plane_.failures = {absl::UnavailableError("away")};
  stop_.Stop();
  EXPECT_TRUE(absl::IsCancelled(EnsureEnrolled(token_, Ports()).status()));
}

TEST_F(EnrolmentTest, RenewsWithASignatureAndKeepsTheSealingKey) {
  const auto identity = EnsureEnrolled(token_, Ports()).value();
  const auto renewed = Renew(identity, Ports());
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  EXPECT_NE(renewed->certificate_file, identity.certificate_file);
  EXPECT_TRUE(std::filesystem::exists(identity.certificate_file));
  EXPECT_EQ(renewed->sealing_keys.secret_key, identity.sealing_keys.secret_key);
  EXPECT_EQ(store_->Load().value()->certificate_file, renewed->certificate_file);
  const auto third = Renew(*renewed, Ports());
  ASSERT_TRUE(third.ok());
  EXPECT_FALSE(std::filesystem::exists(identity.certificate_file));
}

TEST_F(EnrolmentTest, LoopRenewsAtTwoThirdsOfTheLife) {
  // Two thirds of it are over at once: a certificate begins a minute before it is made.
  control_plane_.lifetime = absl::Seconds(5);
  const auto identity = EnsureEnrolled(token_, Ports()).value();
  control_plane_.lifetime = absl::Hours(24);
  std::mutex mutex;
  std::condition_variable changed;
  std::string renewed;
  metrics::Registry metrics;
  {
    RenewalLoop loop(identity, Ports(), metrics, [&](const SatelliteIdentity& now) {
      std::lock_guard lock(mutex);
      renewed = now.certificate_file;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return !renewed.empty(); }));
    lock.unlock();
    stop_.Stop();
  }
  EXPECT_EQ(control_plane_.renewals, 1);
  EXPECT_NE(renewed, identity.certificate_file);
}

TEST_F(EnrolmentTest, DamagedIdentityIsSaid) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "identity" / "identity.json", "{}").ok());
  EXPECT_EQ(ErrorReason(EnsureEnrolled(token_, Ports()).status()), "IDENTITY_DAMAGED");
}

}  // namespace
}  // namespace sluice::satellite
