#include "libs/kafka_admin/transport/scram_client.h"

#include <gtest/gtest.h>

#include "libs/base/error.h"

namespace sluice::kafka_admin {
namespace {

constexpr char kNonce[] = "rOprNGfwEbeRWgbNEkqO";

// The example of RFC 7677.
constexpr char kRfcServerFirst[] =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr char kRfcClientFinal[] =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr char kRfcServerFinal[] = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

ScramClient RfcClient() {
  return ScramClient({.mechanism = ScramMechanism::kSha256, .user = "user", .secret = Password{"pencil"}}, kNonce);
}

TEST(ScramClientTest, FollowsTheExampleOfRfc7677) {
  ScramClient client = RfcClient();
  EXPECT_EQ(client.ClientFirst(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  auto final_message = client.ClientFinal(kRfcServerFirst);
  ASSERT_TRUE(final_message.ok()) << final_message.status();
  EXPECT_EQ(*final_message, kRfcClientFinal);
  EXPECT_TRUE(client.CheckServerFinal(kRfcServerFinal).ok());
}

TEST(ScramClientTest, TakesASaltedPasswordInPlaceOfThePassword) {
  auto salted = SaltPassword(ScramMechanism::kSha256, "pencil",
                             "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81", 4096);
  ASSERT_TRUE(salted.ok()) << salted.status();
  ScramClient client({.mechanism = ScramMechanism::kSha256, .user = "user", .secret = *salted}, kNonce);
  auto final_message = client.ClientFinal(kRfcServerFirst);
  ASSERT_TRUE(final_message.ok()) << final_message.status();
  EXPECT_EQ(*final_message, kRfcClientFinal);
}

// Worked out with Python's hashlib and hmac; the user's name needs its escapes.
TEST(ScramClientTest, SpeaksSha512) {
  ScramClient client({.mechanism = ScramMechanism::kSha512, .user = "lkc-1,a=b", .secret = Password{"pencil"}}, kNonce);
  EXPECT_EQ(client.ClientFirst(), "n,,n=lkc-1=2Ca=3Db,r=rOprNGfwEbeRWgbNEkqO");
  auto final_message =
      client.ClientFinal("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4096");
  ASSERT_TRUE(final_message.ok()) << final_message.status();
  EXPECT_EQ(
      *final_message,
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=ZGS9t4G+sSnmQBnI5AcJsijlq8T7Lol0908tvUhu2ZxaR"
      "5JP/cV4JZZgI5xx5hjCmUygkmp0dAOBZIt800jNbA==");
  EXPECT_TRUE(client
                  .CheckServerFinal("v=RIEvrorlXThhkIY087/Rr6pAA4v7udBhaSqhicvNDbbq/jeuvv2Lf/c3ThR11tifJwaq/"
                                    "NqbwcMfQLVmudz2aQ==")
                  .ok());
}

TEST(ScramClientTest, RefusesBadChallenges) {
  for (const char* challenge : {
           "",
           "r=rOprNGfwEbeRWgbNEkqOxyz,s=W22ZaJ0SNY7soEsUEjb6gQ==",            // no iterations
           "r=rOprNGfwEbeRWgbNEkqOxyz,s=,i=4096",                             // no salt
           "r=rOprNGfwEbeRWgbNEkqOxyz,s=!!!!,i=4096",                         // not base64
           "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",        // nothing of the server's own
           "r=another-nonce-altogether,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",    // another login
           "r=rOprNGfwEbeRWgbNEkqOxyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1",        // weakened
           "r=rOprNGfwEbeRWgbNEkqOxyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=9000000",  // would keep us busy
           "r=rOprNGfwEbeRWgbNEkqOxyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=many",
       }) {
    auto final_message = RfcClient().ClientFinal(challenge);
    EXPECT_EQ(ErrorReason(final_message.status()), "KAFKA_SASL_AUTHENTICATION_FAILED") << challenge;
  }
}

TEST(ScramClientTest, WantsTheServersProof) {
  ScramClient client = RfcClient();
  EXPECT_FALSE(client.CheckServerFinal(kRfcServerFinal).ok()) << "nothing has been exchanged yet";
  ASSERT_TRUE(client.ClientFinal(kRfcServerFirst).ok());
  for (const char* verdict : {"", "v=", "v=AAAA", "e=unknown-user", "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}) {
    EXPECT_EQ(client.CheckServerFinal(verdict).code(), absl::StatusCode::kUnauthenticated) << verdict;
  }
}

TEST(ScramClientTest, MakesAFreshNonceEachTime) {
  auto one = RandomScramNonce();
  auto other = RandomScramNonce();
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(*one, *other);
  EXPECT_EQ(one->size(), 32u);
  EXPECT_EQ(one->find(','), std::string::npos);
}

}  // namespace
}  // namespace sluice::kafka_admin
