#include "libs/pki/authority.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "libs/base/error.h"
#include "libs/pki/certificate.h"
#include "libs/pki/pem.h"
#include "libs/pki/signing_request.h"

namespace sluice::pki {
namespace {

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2028, 2, 29, 23, 59, 30), absl::UTCTimeZone());

Authority NewAuthority(absl::Duration lifetime = absl::Hours(24 * 365)) {
  return Authority::Create("test-ca", kNow, lifetime).value();
}

Grant BrokerGrant() {
  return {.common_name = "broker-1",
          .hosts = {"localhost", "127.0.0.1", "::1", "*.cell.test"},
          .usage = Usage::kServerAndClient,
          .lifetime = absl::Hours(24)};
}

TEST(Authority, FactsOfAnIssuedCertificate) {
  const Authority authority = NewAuthority();
  const Identity identity = authority.Issue(BrokerGrant(), kNow).value();
  const CertificateFacts facts = Inspect(identity.certificate_pem).value();
  EXPECT_EQ(facts.common_name, "broker-1");
  EXPECT_EQ(facts.issuer_common_name, "test-ca");
  EXPECT_EQ(facts.hosts, (std::vector<std::string>{"localhost", "127.0.0.1", "::1", "*.cell.test"}));
  EXPECT_EQ(facts.not_before, kNow - absl::Minutes(1));
  EXPECT_EQ(facts.not_after, kNow + absl::Hours(24));
  EXPECT_FALSE(facts.is_authority);
  EXPECT_EQ(facts.serial.size(), 32u);
  EXPECT_EQ(facts.sha256.size(), 64u);
  EXPECT_TRUE(Inspect(authority.certificate_pem()).value().is_authority);
  EXPECT_NE(Inspect(authority.Issue(BrokerGrant(), kNow)->certificate_pem)->serial, facts.serial);
}

TEST(Authority, EndsNoLaterThanItself) {
  const Authority authority = NewAuthority(absl::Hours(1));
  const Identity identity = authority.Issue(BrokerGrant(), kNow).value();
  EXPECT_EQ(Inspect(identity.certificate_pem)->not_after, kNow + absl::Hours(1));
}

TEST(Authority, FromPemRoundTrip) {
  const Authority made = NewAuthority();
  const Authority read = Authority::FromPem(made.certificate_pem(), made.private_key_pem()).value();
  const Identity identity = read.Issue(BrokerGrant(), kNow).value();
  EXPECT_TRUE(Verify(identity.certificate_pem, made.certificate_pem(), Usage::kServer, kNow).ok());
}

TEST(Authority, FromPemRefusesAnothersKeyAndALeaf) {
  const Authority one = NewAuthority();
  const Authority other = NewAuthority();
  const Identity leaf = one.Issue(BrokerGrant(), kNow).value();
  EXPECT_EQ(ErrorReason(Authority::FromPem(one.certificate_pem(), other.private_key_pem()).status()),
            "CERTIFICATE_MALFORMED");
  EXPECT_EQ(ErrorReason(Authority::FromPem(leaf.certificate_pem, leaf.private_key_pem).status()),
            "CERTIFICATE_MALFORMED");
  EXPECT_EQ(ErrorReason(Authority::FromPem("no PEM", other.private_key_pem()).status()), "CERTIFICATE_MALFORMED");
}

struct VerifyCase {
  std::string name;
  Usage issued;
  Usage wanted;
  absl::Duration later;
  bool own_authority;
  std::string reason;  // "" when it is good
};

class VerifyTest : public testing::TestWithParam<VerifyCase> {};

TEST_P(VerifyTest, SaysWhy) {
  const VerifyCase& c = GetParam();
  const Authority authority = NewAuthority();
  const Authority foreign = NewAuthority();  // the same name, another key
  Grant grant = BrokerGrant();
  grant.usage = c.issued;
  const Identity identity = authority.Issue(grant, kNow).value();
  const std::string& trusted = c.own_authority ? authority.certificate_pem() : foreign.certificate_pem();
  EXPECT_EQ(ErrorReason(Verify(identity.certificate_pem, trusted, c.wanted, kNow + c.later)), c.reason);
}

INSTANTIATE_TEST_SUITE_P(
    Table, VerifyTest,
    testing::Values(VerifyCase{"good", Usage::kServer, Usage::kServer, absl::ZeroDuration(), true, ""},
                    VerifyCase{"good_both", Usage::kServerAndClient, Usage::kServerAndClient, absl::Hours(1), true, ""},
                    VerifyCase{"clock_a_little_behind", Usage::kClient, Usage::kClient, -absl::Seconds(59), true, ""},
                    VerifyCase{"last_second", Usage::kClient, Usage::kClient, absl::Hours(24) - absl::Seconds(1), true,
                               ""},
                    VerifyCase{"expired", Usage::kClient, Usage::kClient, absl::Hours(24), true, "CERTIFICATE_EXPIRED"},
                    VerifyCase{"clock_an_hour_back", Usage::kClient, Usage::kClient, -absl::Hours(1), true,
                               "CERTIFICATE_NOT_YET_VALID"},
                    VerifyCase{"wrong_authority", Usage::kClient, Usage::kClient, absl::ZeroDuration(), false,
                               "CERTIFICATE_UNTRUSTED"},
                    VerifyCase{"client_as_server", Usage::kClient, Usage::kServer, absl::ZeroDuration(), true,
                               "CERTIFICATE_WRONG_USAGE"},
                    VerifyCase{"server_as_both", Usage::kServer, Usage::kServerAndClient, absl::ZeroDuration(), true,
                               "CERTIFICATE_WRONG_USAGE"}),
    [](const auto& info) { return info.param.name; });

TEST(Verify, OneOfSeveralAuthoritiesIsEnough) {
  const Authority old_one = NewAuthority();
  const Authority new_one = Authority::Create("next-ca", kNow, absl::Hours(48)).value();
  const Identity identity = new_one.Issue(BrokerGrant(), kNow).value();
  const std::string bundle = old_one.certificate_pem() + new_one.certificate_pem();
  EXPECT_TRUE(Verify(identity.certificate_pem, bundle, Usage::kServer, kNow).ok());
  EXPECT_EQ(ErrorReason(Verify(identity.certificate_pem, "", Usage::kServer, kNow)), "CERTIFICATE_MALFORMED");
}

TEST(VerifyHost, ByNameAddressAndWildcard) {
  const Identity identity = NewAuthority().Issue(BrokerGrant(), kNow).value();
  for (const char* host : {"localhost", "127.0.0.1", "::1", "b-1.cell.test"}) {
    EXPECT_TRUE(VerifyHost(identity.certificate_pem, host).ok()) << host;
  }
  for (const char* host : {"broker-1", "127.0.0.2", "a.b.cell.test", "localhost.test"}) {
    EXPECT_EQ(ErrorReason(VerifyHost(identity.certificate_pem, host)), "CERTIFICATE_HOST_MISMATCH") << host;
  }
}

TEST(Authority, BadGrants) {
  const Authority authority = NewAuthority();
  const auto reason = [&](auto change) {
    Grant grant = BrokerGrant();
    change(grant);
    return ErrorReason(authority.Issue(grant, kNow).status());
  };
  EXPECT_EQ(reason([](Grant& g) { g.common_name = ""; }), "GRANT_INVALID");
  EXPECT_EQ(reason([](Grant& g) { g.common_name = "a,O=b"; }), "GRANT_INVALID");
  EXPECT_EQ(reason([](Grant& g) { g.common_name = std::string(65, 'a'); }), "GRANT_INVALID");
  EXPECT_EQ(reason([](Grant& g) { g.lifetime = absl::ZeroDuration(); }), "GRANT_INVALID");
  EXPECT_EQ(reason([](Grant& g) { g.hosts = {"good", "evil,DNS:other"}; }), "GRANT_INVALID");
  EXPECT_EQ(reason([](Grant& g) { g.hosts.assign(65, "h"); }), "GRANT_INVALID");
  EXPECT_EQ(reason([](Grant& g) { g.common_name = std::string(64, 'a'); }), "");
}

TEST(Authority, NotAfterItsEnd) {
  const Authority authority = NewAuthority(absl::Hours(1));
  EXPECT_EQ(ErrorReason(authority.Issue(BrokerGrant(), kNow + absl::Hours(2)).status()), "AUTHORITY_EXPIRED");
  EXPECT_EQ(ErrorReason(authority.Issue(BrokerGrant(), kNow - absl::Hours(2)).status()), "AUTHORITY_EXPIRED");
}

TEST(Sign, TheSignerDecidesTheName) {
  const Authority authority = NewAuthority();
  const SigningRequest request = NewSigningRequest("sluice-provisioner").value();
  const std::string pem =
      authority.Sign(request.request_pem, {.common_name = "satellite-local", .lifetime = absl::Hours(1)}, kNow).value();
  EXPECT_EQ(Inspect(pem)->common_name, "satellite-local");
  EXPECT_TRUE(Verify(pem, authority.certificate_pem(), Usage::kClient, kNow).ok());
  X509Handle certificate = CertificateFromPem(pem).value();
  KeyHandle key = KeyFromPem(request.private_key_pem).value();
  EXPECT_EQ(X509_check_private_key(certificate.get(), key.get()), 1);
}

TEST(Sign, RenewalKeepsTheKey) {
  const SigningRequest first = NewSigningRequest("a").value();
  const std::string again = SigningRequestFor(first.private_key_pem, "a").value();
  RequestHandle one = RequestFromPem(first.request_pem).value();
  RequestHandle two = RequestFromPem(again).value();
  EXPECT_EQ(EVP_PKEY_eq(X509_REQ_get0_pubkey(one.get()), X509_REQ_get0_pubkey(two.get())), 1);
}

std::string RequestBy(EVP_PKEY* key, const EVP_MD* digest, EVP_PKEY* named = nullptr) {
  RequestHandle request(X509_REQ_new());
  X509_REQ_set_pubkey(request.get(), named != nullptr ? named : key);
  X509_REQ_sign(request.get(), key, digest);
  return ToPem(request.get()).value();
}

TEST(Sign, WeakAndForgedRequests) {
  const Authority authority = NewAuthority();
  const Grant grant{.common_name = "satellite-local", .lifetime = absl::Hours(1)};
  const auto reason = [&](const std::string& pem) { return ErrorReason(authority.Sign(pem, grant, kNow).status()); };

  KeyHandle p256(EVP_EC_gen("P-256")), other(EVP_EC_gen("P-256")), p384(EVP_EC_gen("P-384"));
  KeyHandle p224(EVP_EC_gen("P-224")), rsa1024(EVP_RSA_gen(1024)), rsa2048(EVP_RSA_gen(2048));
  EXPECT_EQ(reason(RequestBy(p256.get(), EVP_sha256())), "");
  EXPECT_EQ(reason(RequestBy(p384.get(), EVP_sha384())), "");
  EXPECT_EQ(reason(RequestBy(rsa2048.get(), EVP_sha256())), "");
  EXPECT_EQ(reason(RequestBy(rsa1024.get(), EVP_sha256())), "SIGNING_REQUEST_WEAK");
  EXPECT_EQ(reason(RequestBy(p224.get(), EVP_sha256())), "SIGNING_REQUEST_WEAK");
  EXPECT_EQ(reason(RequestBy(p256.get(), EVP_sha1())), "SIGNING_REQUEST_WEAK");
  EXPECT_EQ(reason(RequestBy(other.get(), EVP_sha256(), p256.get())), "SIGNING_REQUEST_INVALID");
  EXPECT_EQ(reason("nonsense"), "SIGNING_REQUEST_INVALID");
  EXPECT_EQ(reason(std::string(17 * 1024, 'x')), "SIGNING_REQUEST_INVALID");
  EXPECT_EQ(reason(authority.certificate_pem()), "SIGNING_REQUEST_INVALID");
}

TEST(RenewAt, TwoThirdsThrough) {
  CertificateFacts facts;
  facts.not_before = kNow;
  facts.not_after = kNow + absl::Hours(30);
  EXPECT_EQ(RenewAt(facts), kNow + absl::Hours(20));
}

}  // namespace
}  // namespace sluice::pki
