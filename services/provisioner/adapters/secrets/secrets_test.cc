#include <gtest/gtest.h>

#include "libs/base/error.h"
#include "libs/sealed/sealed_scram_credential.h"
#include "services/provisioner/adapters/secrets/peppered_secrets.h"
#include "services/provisioner/adapters/secrets/scram_key_sealer.h"

namespace sluice::provisioner {
namespace {

TEST(PepperedSecrets, ASecretMatchesItsOwnHashUnderItsOwnPepperOnly) {
  PepperedSecrets secrets = *PepperedSecrets::Create(std::string(32, 'p'), clock::CryptoRandom());
  PepperedSecrets others = *PepperedSecrets::Create(std::string(32, 'q'), clock::CryptoRandom());
  const std::string secret = secrets.NewSecret();
  EXPECT_EQ(secret.size(), 43u);
  EXPECT_NE(secret, secrets.NewSecret());
  const std::string hash = secrets.KeyedHash(secret);
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_TRUE(secrets.Matches(secret, hash));
  EXPECT_FALSE(secrets.Matches(secret + "x", hash));
  EXPECT_FALSE(secrets.Matches(secret, ""));
  EXPECT_FALSE(others.Matches(secret, hash));
}

TEST(PepperedSecrets, AShortPepperIsRefused) {
  EXPECT_EQ(ErrorReason(PepperedSecrets::Create("short", clock::CryptoRandom()).status()), "PEPPER_TOO_SHORT");
}

TEST(Bearers, AreTakenApartAsTheyWerePutTogether) {
  const auto parsed = ParseBearer(BearerOf("ak-1", "se_cret"));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->first, "ak-1");
  EXPECT_EQ(parsed->second, "se_cret");
  for (const char* bad : {"", "sk_", "sk_ak-1", "sk_ak-1_", "sk__x", "ak-1_x"}) EXPECT_FALSE(ParseBearer(bad)) << bad;
}

TEST(ScramKeySealer, OnlyTheDataPlaneOpensIt) {
  ScramKeySealer sealer(clock::CryptoRandom());
  const sealed::SealingKeyPair keys = *sealed::NewSealingKeyPair();
  const auto bytes = sealer.Seal(keys.public_key, "lkc-1.key-1", "password");
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_NE(*bytes, *sealer.Seal(keys.public_key, "lkc-1.key-1", "password")) << "a fresh salt each time";
  EXPECT_TRUE(sealed::OpenScramCredential(keys, *bytes, "lkc-1.key-1").ok());
  EXPECT_FALSE(sealed::OpenScramCredential(keys, *bytes, "lkc-1.key-2").ok());
  EXPECT_FALSE(sealed::OpenScramCredential(*sealed::NewSealingKeyPair(), *bytes, "lkc-1.key-1").ok());
  EXPECT_FALSE(sealer.Seal("too short", "u", "p").ok());
}

}  // namespace
}  // namespace sluice::provisioner
