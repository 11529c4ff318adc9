#include "libs/pki/signature.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "libs/pki/authority.h"

namespace sluice::pki {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);

Identity NewIdentity() {
  const Authority authority = Authority::Create("ca", kNow, absl::Hours(24)).value();
  return authority.Issue({.common_name = "satellite-local", .lifetime = absl::Hours(1)}, kNow).value();
}

TEST(SignatureTest, OnlyTheCertificatesOwnKeyOverTheSameMessage) {
  const Identity identity = NewIdentity();
  const std::string signature = SignMessage(identity.private_key_pem, "message").value();
  EXPECT_TRUE(VerifyMessage(identity.certificate_pem, "message", signature).ok());
  EXPECT_EQ(ErrorReason(VerifyMessage(identity.certificate_pem, "messagf", signature)), "SIGNATURE_INVALID");
  EXPECT_EQ(ErrorReason(VerifyMessage(NewIdentity().certificate_pem, "message", signature)), "SIGNATURE_INVALID");
  EXPECT_EQ(ErrorReason(VerifyMessage(identity.certificate_pem, "message", "")), "SIGNATURE_INVALID");
}

TEST(SignatureTest, NoKeyNoSignature) {
  EXPECT_FALSE(SignMessage("no key", "message").ok());
  EXPECT_FALSE(VerifyMessage("no certificate", "message", "x").ok());
}

}  // namespace
}  // namespace sluice::pki
