// A satellite's way in, over gRPC on the real server: enrolment, renewal, and tokens that are used up or too old.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/error.h"
#include "libs/pki/certificate.h"
#include "libs/pki/signature.h"
#include "libs/pki/signing_request.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "services/provisioner/app/family_changes.h"
#include "sluice/provisioner/v1/data_plane_service.pb.h"

namespace sluice::provisioner {
namespace {

using testing::ApiFixture;

constexpr char kDataPlanes[] = "/sluice.provisioner.v1.DataPlaneService/";

// The machine's clock, some time ahead of itself.
class ClockAhead final : public clock::Clock {
 public:
  absl::Time Now() const override { return clock::RealClock().Now() + absl::Seconds(ahead_s_.load()); }
  absl::Duration MonotonicNow() const override {
    return clock::RealClock().MonotonicNow() + absl::Seconds(ahead_s_.load());
  }
  void Advance(absl::Duration step) { ahead_s_ += absl::ToInt64Seconds(step); }

 private:
  std::atomic<int64_t> ahead_s_ = 0;
};

// What a satellite keeps.
struct Identity {
  std::string key_pem;
  v1::EnrolSatelliteResponse answer;
};

class EnrolmentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto api = ApiFixture::Start({.clock = &clock_});
    ASSERT_TRUE(api.ok()) << api.status();
    api_ = *std::move(api);
    v1::RegisterDataPlaneRequest request;
    request.set_data_plane_id("eu-1");
    request.mutable_data_plane()->set_region("eu");
    request.mutable_data_plane()->set_substrate(v1::DataPlane::LOCAL);
    const absl::Status registered = Call("RegisterDataPlane", request, registered_, api_->admin_key());
    ASSERT_TRUE(registered.ok()) << registered;
    // As the loop does once the data plane's topics are there.
    auto row = api_->store().FindByName(Kind::kDataPlane, "dataPlanes/eu-1");
    ASSERT_TRUE(row.ok() && *row);
    DataPlane data_plane = std::get<DataPlane>(**row);
    data_plane.bus_ready = true;
    ASSERT_TRUE(api_->store().Commit({.name = "Test", .writes = {UpdatedRow(data_plane, clock_.Now())}}).ok());
  }

  absl::Status Call(const std::string& method, const google::protobuf::Message& request,
                    google::protobuf::Message& response, const std::string& key = "") {
    return api_->Call(kDataPlanes + method, request, key, &response);
  }

  absl::StatusOr<Identity> Enrol(const std::string& token) {
    const auto csr = pki::NewSigningRequest("whoever");
    if (!csr.ok()) return csr.status();
    v1::EnrolSatelliteRequest request;
    request.set_enrolment_token(token);
    request.set_certificate_request_pem(csr->request_pem);
    request.set_sealing_public_key(std::string(32, 's'));
    request.set_satellite_version("1.2.3");
    Identity identity{.key_pem = csr->private_key_pem};
    absl::Status status = Call("EnrolSatellite", request, identity.answer);
    if (!status.ok()) return status;
    return identity;
  }

  // `signer` signs the new request; its certificate goes along.
  absl::StatusOr<Identity> Renew(const Identity& signer, const std::string& signed_too = "") {
    const auto csr = pki::NewSigningRequest("whoever");
    if (!csr.ok()) return csr.status();
    v1::RenewSatelliteRequest request;
    request.set_data_plane("dataPlanes/eu-1");
    request.set_current_certificate_pem(signer.answer.certificate_pem());
    request.set_certificate_request_pem(csr->request_pem);
    request.set_sealing_public_key(std::string(32, 'n'));
    request.set_signature(
        *pki::SignMessage(signer.key_pem, csr->request_pem + request.sealing_public_key() + signed_too));
    Identity identity{.key_pem = csr->private_key_pem};
    absl::Status status = Call("RenewSatellite", request, identity.answer);
    if (!status.ok()) return status;
    return identity;
  }

  std::string NewToken() {
    v1::CreateEnrolmentTokenRequest request;
    request.set_data_plane("dataPlanes/eu-1");
    v1::CreateEnrolmentTokenResponse response;
    const absl::Status status = Call("CreateEnrolmentToken", request, response, api_->admin_key());
    EXPECT_TRUE(status.ok()) << status;
    return response.enrolment_token();
  }

  void ExpectGood(const v1::EnrolSatelliteResponse& answer) {
    EXPECT_EQ(answer.data_plane(), "dataPlanes/eu-1");
    EXPECT_EQ(answer.bus_bootstrap_servers(), "localhost:9092");
    EXPECT_EQ(answer.certificate_lifetime().seconds(), 24 * 3600);
    EXPECT_TRUE(
        pki::Verify(answer.certificate_pem(), answer.ca_certificate_pem(), pki::Usage::kClient, clock_.Now()).ok());
    EXPECT_EQ(pki::Inspect(answer.certificate_pem())->common_name, "satellite-eu-1");
  }

  ClockAhead clock_;
  std::unique_ptr<ApiFixture> api_;
  v1::RegisterDataPlaneResponse registered_;
};

TEST_F(EnrolmentTest, ATokenEnrolsOnceAndTheIdentityRenewsItself) {
  const auto enrolled = Enrol(registered_.enrolment_token());
  ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  ExpectGood(enrolled->answer);
  v1::GetDataPlaneRequest get;
  get.set_name("dataPlanes/eu-1");
  v1::DataPlane seen;
  ASSERT_TRUE(Call("GetDataPlane", get, seen, api_->admin_key()).ok());
  EXPECT_EQ(seen.satellite_version(), "1.2.3");

  const absl::Status again = Enrol(registered_.enrolment_token()).status();
  EXPECT_EQ(again.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ErrorReason(again), "ENROLMENT_TOKEN_INVALID");

  // After two thirds of its life.
  clock_.Advance(absl::Hours(16));
  const auto renewed = Renew(*enrolled);
  ASSERT_TRUE(renewed.ok()) << renewed.status();
  ExpectGood(renewed->answer);
  EXPECT_NE(renewed->answer.certificate_pem(), enrolled->answer.certificate_pem());
  // An answer that was lost: the one before is good once more, and the new one as well.
  EXPECT_TRUE(Renew(*enrolled).ok());
  const absl::Status forged = Renew(*enrolled, "more than was sent").status();
  EXPECT_EQ(forged.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ErrorReason(forged), "SIGNATURE_INVALID");

  clock_.Advance(absl::Hours(9));
  const absl::Status late = Renew(*enrolled).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ErrorReason(late), "CERTIFICATE_EXPIRED");
}

TEST_F(EnrolmentTest, ATokenIsGoodForTenMinutes) {
  const std::string early = NewToken();
  EXPECT_EQ(ErrorReason(Enrol(registered_.enrolment_token()).status()), "ENROLMENT_TOKEN_INVALID")
      << "a newer token replaces it";
  clock_.Advance(absl::Minutes(9));
  EXPECT_TRUE(Enrol(early).ok());

  const std::string late = NewToken();
  clock_.Advance(absl::Minutes(10) + absl::Seconds(1));
  const absl::Status expired = Enrol(late).status();
  EXPECT_EQ(expired.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ErrorReason(expired), "ENROLMENT_TOKEN_INVALID");
  EXPECT_EQ(ErrorReason(Enrol("eu-1.made-up").status()), "ENROLMENT_TOKEN_INVALID");
  EXPECT_EQ(ErrorReason(Enrol("no-such-plane.made-up").status()), "ENROLMENT_TOKEN_INVALID");
}

TEST_F(EnrolmentTest, OfTwoAtOnceOneEnrols) {
  std::atomic<int> enrolled = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> satellites;
  for (int i = 0; i < 4; ++i) {
    satellites.emplace_back([&] {
      const auto identity = Enrol(registered_.enrolment_token());
      if (identity.ok()) ++enrolled;
      if (ErrorReason(identity.status()) == "ENROLMENT_TOKEN_INVALID") ++refused;
    });
  }
  for (std::thread& satellite : satellites) satellite.join();
  EXPECT_EQ(enrolled, 1);
  EXPECT_EQ(refused, 3);
}

TEST_F(EnrolmentTest, ASatelliteThatWasReplacedTwiceIsUnknown) {
  const auto first = Enrol(registered_.enrolment_token());
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(Enrol(NewToken()).ok());
  const auto third = Enrol(NewToken());
  ASSERT_TRUE(third.ok());
  const absl::Status replaced = Renew(*first).status();
  EXPECT_EQ(replaced.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrorReason(replaced), "SATELLITE_IDENTITY_UNKNOWN");
  EXPECT_TRUE(Renew(*third).ok());
}

}  // namespace
}  // namespace sluice::provisioner
