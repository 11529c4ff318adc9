#include "libs/sealed/sealed_scram_credential.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "libs/kafka_admin/security.h"

namespace sluice::sealed {
namespace {

constexpr char kUser[] = "lkc-aaaa1111.key-bbbb2222";
const std::string kSalt(kScramSaltBytes, 's');

SealingKeyPair Keys() { return NewSealingKeyPair().value(); }

TEST(SealedScramCredentialTest, OpensForItsUser) {
  const SealingKeyPair keys = Keys();
  const std::string sealed = SealScramCredential(keys.public_key, kUser, "pencil", kSalt).value();
  EXPECT_EQ(sealed.find("pencil"), std::string::npos);
  const auto opened = OpenScramCredential(keys, sealed, kUser);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->salt(), kSalt);
  EXPECT_EQ(opened->iterations(), 4096);
  EXPECT_EQ(opened->salted_password(),
            kafka_admin::SaltPassword(kafka_admin::ScramMechanism::kSha512, "pencil", kSalt, 4096)->value);
}

TEST(SealedScramCredentialTest, NotForAnotherUser) {
  const SealingKeyPair keys = Keys();
  const std::string sealed = SealScramCredential(keys.public_key, kUser, "pencil", kSalt).value();
  EXPECT_EQ(ErrorReason(OpenScramCredential(keys, sealed, "lkc-aaaa1111.key-other").status()),
            "SEALED_CREDENTIAL_INVALID");
}

TEST(SealedScramCredentialTest, NotWithAnotherKeyNorWhenChanged) {
  const SealingKeyPair keys = Keys();
  std::string sealed = SealScramCredential(keys.public_key, kUser, "pencil", kSalt).value();
  EXPECT_EQ(ErrorReason(OpenScramCredential(Keys(), sealed, kUser).status()), "SEALED_BOX_UNREADABLE");
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  EXPECT_EQ(ErrorReason(OpenScramCredential(keys, sealed, kUser).status()), "SEALED_BOX_UNREADABLE");
  EXPECT_EQ(ErrorReason(OpenScramCredential(keys, "short", kUser).status()), "SEALED_BOX_UNREADABLE");
}

TEST(SealedScramCredentialTest, RefusesWhatIsNoCredential) {
  const SealingKeyPair keys = Keys();
  const std::string sealed = Seal(keys.public_key, "not a credential").value();
  EXPECT_EQ(ErrorReason(OpenScramCredential(keys, sealed, kUser).status()), "SEALED_CREDENTIAL_INVALID");
}

TEST(SealedScramCredentialTest, RefusesBadInput) {
  const SealingKeyPair keys = Keys();
  EXPECT_EQ(ErrorReason(SealScramCredential("short", kUser, "pencil", kSalt).status()), "SEALING_KEY_INVALID");
  EXPECT_EQ(ErrorReason(SealScramCredential(keys.public_key, "", "pencil", kSalt).status()),
            "SEALED_CREDENTIAL_INVALID");
  EXPECT_EQ(ErrorReason(SealScramCredential(keys.public_key, kUser, "pencil", "salt").status()),
            "SEALED_CREDENTIAL_INVALID");
  EXPECT_FALSE(SealScramCredential(keys.public_key, kUser, "", kSalt).ok());
  EXPECT_EQ(ErrorReason(SealScramCredential(keys.public_key, kUser, "pencil", kSalt, 100).status()),
            "SEALED_CREDENTIAL_INVALID");
}

TEST(SealedBoxTest, TwoSealsOfOneTextDiffer) {
  const SealingKeyPair keys = Keys();
  EXPECT_NE(Seal(keys.public_key, "x").value(), Seal(keys.public_key, "x").value());
  EXPECT_EQ(Open(keys, Seal(keys.public_key, "").value()).value(), "");
}

}  // namespace
}  // namespace sluice::sealed
