#include "services/provisioner/adapters/grpc/handlers/satellite_signer.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/base/error.h"
#include "libs/pki/certificate.h"
#include "libs/pki/signature.h"
#include "libs/pki/signing_request.h"

namespace sluice::provisioner {
namespace {

class SatelliteSignerTest : public ::testing::Test {
 protected:
  // A satellite's identity by its first enrolment.
  struct Identity {
    std::string key_pem;
    SatelliteCertificate certificate;
  };
  Identity Enrol(const std::string& data_plane) {
    const auto request = pki::NewSigningRequest("admin");
    EXPECT_TRUE(request.ok()) << request.status();
    const auto certificate = signer_.Sign(request->request_pem, data_plane);
    EXPECT_TRUE(certificate.ok()) << certificate.status();
    return {request->private_key_pem, *certificate};
  }
  static std::string Signed(const Identity& identity, const std::string& bytes) {
    return *pki::SignMessage(identity.key_pem, bytes);
  }

  clock::FakeClock clock_;
  SatelliteSigner signer_{*pki::Authority::Create("ca", clock_.Now(), absl::Hours(240)), absl::Hours(24), clock_};
};

TEST_F(SatelliteSignerTest, NamesTheSatelliteWhateverItWishes) {
  const Identity identity = Enrol("eu-1");
  const auto facts = pki::Inspect(identity.certificate.certificate_pem);
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->common_name, "satellite-eu-1");
  EXPECT_EQ(identity.certificate.key_fingerprint.size(), 32u);
  EXPECT_TRUE(
      pki::Verify(identity.certificate.certificate_pem, signer_.ca_certificate_pem(), pki::Usage::kClient, clock_.Now())
          .ok());
  const absl::Status status = signer_.Sign("no request", "eu-1").status();
  EXPECT_EQ(ErrorReason(status), "SIGNING_REQUEST_INVALID");
  EXPECT_EQ(GetErrorDetail(status)->field, "certificate_request_pem");
}

TEST_F(SatelliteSignerTest, KnowsItsOwnByTheirSignature) {
  const Identity identity = Enrol("eu-1");
  const std::string bytes = "request and sealing key";
  const auto fingerprint =
      signer_.CheckCurrent(identity.certificate.certificate_pem, "eu-1", bytes, Signed(identity, bytes));
  ASSERT_TRUE(fingerprint.ok()) << fingerprint.status();
  EXPECT_EQ(*fingerprint, identity.certificate.key_fingerprint);
}

TEST_F(SatelliteSignerTest, RefusesWhatDoesNotHold) {
  const Identity mine = Enrol("eu-1");
  const Identity other = Enrol("eu-10");
  const std::string bytes = "request and sealing key";
  const auto reason = [&](const std::string& certificate, const std::string& data_plane, const std::string& signature) {
    const absl::Status status = signer_.CheckCurrent(certificate, data_plane, bytes, signature).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
    return ErrorReason(status);
  };
  const std::string& certificate = mine.certificate.certificate_pem;
  EXPECT_EQ(reason(certificate, "eu-1", Signed(mine, "other bytes")), "SIGNATURE_INVALID");
  EXPECT_EQ(reason(certificate, "eu-1", Signed(other, bytes)), "SIGNATURE_INVALID");
  EXPECT_EQ(reason(certificate, "eu-10", Signed(mine, bytes)), "CERTIFICATE_UNTRUSTED") << "another's name";
  EXPECT_EQ(reason("nonsense", "eu-1", Signed(mine, bytes)), "CERTIFICATE_MALFORMED");
  const SatelliteSigner stranger(*pki::Authority::Create("ca", clock_.Now(), absl::Hours(1)), absl::Hours(1), clock_);
  const auto foreign = stranger.Sign(pki::NewSigningRequest("x")->request_pem, "eu-1");
  EXPECT_EQ(reason(foreign->certificate_pem, "eu-1", Signed(mine, bytes)), "CERTIFICATE_UNTRUSTED");
  clock_.Advance(absl::Hours(25));
  EXPECT_EQ(reason(certificate, "eu-1", Signed(mine, bytes)), "CERTIFICATE_EXPIRED");
}

}  // namespace
}  // namespace sluice::provisioner
