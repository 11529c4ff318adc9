#include "cli/plan/kafka_login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/plan/kafka_properties.h"
#include "cli/plan/text_file.h"
#include "libs/base/error.h"

namespace sluice::cli {
namespace {

using kafka_admin::PlainCredentials;
using kafka_admin::ScramCredentials;
using kafka_admin::ScramMechanism;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Properties, AreReadAsJavaDoes) {
  EXPECT_THAT(ParseProperties("# a comment\n"
                              "! another = one\n"
                              "  a=1\r\n"
                              "b: 2 \n"
                              "c 3\n"
                              "d\n"
                              "long = first, \\\n   second\n"
                              "es\\=caped = tab\\tu\\u00e9\\\\n\n"
                              "twice=1\n"
                              "twice=2"),
              ElementsAre(Pair("a", "1"), Pair("b", "2 "), Pair("c", "3"), Pair("d", ""),
                          Pair("es=caped", "tab\tu\xC3\xA9\\n"), Pair("long", "first, second"), Pair("twice", "2")));
  EXPECT_THAT(ParseProperties("\n\n#x"), IsEmpty());
}

TEST(Properties, TextThatBreaksOffIsTakenAsItIs) {
  for (const char* text : {"a\\", "a=\\", "a=\\u12", "\\", "=", ":", "a=b\\\n", "\\\n\\\n"}) ParseProperties(text);
}

TEST(Jaas, GivesTheModuleAndItsOptions) {
  const auto module = ParseJaasConfig("a.b.ScramLoginModule required username=\"x y\" password=\"q\\\"u;o\" z=1;");
  ASSERT_TRUE(module.ok()) << module.status();
  EXPECT_EQ(module->name, "a.b.ScramLoginModule");
  EXPECT_THAT(module->options, ElementsAre(Pair("password", "q\"u;o"), Pair("username", "x y"), Pair("z", "1")));
  for (const char* text : {"", "Module", "Module required", "Module required x=\"1;", ";"}) {
    EXPECT_EQ(ErrorReason(ParseJaasConfig(text).status()), "KAFKA_CONFIG_INVALID") << text;
  }
}

std::string File(const std::string& text, const std::string& name = "client.properties") {
  const std::string path = ::testing::TempDir() + name;
  EXPECT_TRUE(WriteTextFile(path, text).ok());
  return path;
}

absl::StatusOr<KafkaLogin> From(const std::string& properties, KafkaLoginFlags flags = {}) {
  flags.command_config = File(properties);
  if (flags.bootstrap.empty()) flags.bootstrap = "localhost:9092";
  return MakeKafkaLogin(flags);
}

TEST(KafkaLogin, DialsWithoutTlsWhenNothingSaysOtherwise) {
  const auto login = MakeKafkaLogin({.bootstrap = "one:9092, [::1]:9093"});
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_THAT(login->options.bootstrap,
              ElementsAre(kafka_admin::BrokerAddress{"one", 9092}, kafka_admin::BrokerAddress{"::1", 9093}));
  EXPECT_FALSE(login->options.tls.has_value());
  EXPECT_FALSE(login->options.sasl.has_value());
}

TEST(KafkaLogin, TakesWhatKafkasToolsTake) {
  const auto login = From(
      "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-256\nclient.id=me\nrequest.timeout.ms=7000\n"
      "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n"
      "  username=\"ann\" password=\"s3\";\n"
      "ssl.truststore.type=PEM\nssl.truststore.location=/tls/ca.pem\nssl.keystore.type=PEM\n"
      "ssl.keystore.location=/tls/me.pem\n");
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->options.client_id, "me");
  EXPECT_EQ(login->options.request_timeout, absl::Seconds(7));
  EXPECT_EQ(login->options.tls->ca_file, "/tls/ca.pem");
  EXPECT_EQ(login->options.tls->certificate_file, "/tls/me.pem");
  EXPECT_EQ(login->options.tls->key_file, "/tls/me.pem");
  const auto& scram = std::get<ScramCredentials>(*login->options.sasl);
  EXPECT_EQ(scram.mechanism, ScramMechanism::kSha256);
  EXPECT_EQ(scram.user, "ann");
  EXPECT_EQ(std::get<kafka_admin::Password>(scram.secret).value, "s3");
}

TEST(KafkaLogin, PemInThePropertiesLivesInAPrivateFileForAsLongAsItIsUsed) {
  std::string path;
  {
    const auto login = From(
        "security.protocol=SSL\nssl.truststore.type=PEM\n"
        "ssl.truststore.certificates=-----BEGIN CERTIFICATE-----\\nabc\\n-----END CERTIFICATE-----\n");
    ASSERT_TRUE(login.ok()) << login.status();
    path = login->options.tls->ca_file;
    EXPECT_EQ(*ReadTextFile(path), "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n");
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(KafkaLogin, OptionsWinOverTheFile) {
  const auto login =
      From("security.protocol=SSL\nbootstrap.servers=other:1\n", {.bootstrap = "mine:2",
                                                                  .ca_file = "/my/ca",
                                                                  .certificate_file = "/my/crt",
                                                                  .key_file = "/my/key",
                                                                  .sasl_mechanism = "PLAIN",
                                                                  .sasl_user = "bob",
                                                                  .sasl_password_file = File("secret\n", "password")});
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->options.bootstrap[0].host, "mine");
  EXPECT_EQ(login->options.tls->ca_file, "/my/ca");
  EXPECT_EQ(login->options.tls->key_file, "/my/key");
  EXPECT_EQ(std::get<PlainCredentials>(*login->options.sasl).password.value, "secret");
}

struct BadLogin {
  const char* sentence;
  const char* properties;
  KafkaLoginFlags flags;
  const char* reason;
  const char* field;
};

class BadKafkaLogin : public ::testing::TestWithParam<BadLogin> {};

TEST_P(BadKafkaLogin, IsRefusedByName) {
  const absl::Status status = From(GetParam().properties, GetParam().flags).status();
  EXPECT_EQ(ErrorReason(status), GetParam().reason) << status;
  EXPECT_EQ(GetErrorDetail(status)->field, GetParam().field) << GetParam().sentence;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadKafkaLogin,
    ::testing::Values(
        BadLogin{"a protocol of no meaning", "security.protocol=TLS", {}, "KAFKA_CONFIG_INVALID", "security.protocol"},
        BadLogin{"a Java key store",
                 "security.protocol=SSL\nssl.truststore.type=JKS\nssl.truststore.location=/x",
                 {},
                 "KAFKA_CONFIG_UNSUPPORTED",
                 "ssl.truststore.type"},
        BadLogin{"names that are not checked",
                 "security.protocol=SSL\nssl.endpoint.identification.algorithm=",
                 {},
                 "KAFKA_CONFIG_UNSUPPORTED",
                 "ssl.endpoint.identification.algorithm"},
        BadLogin{"an encrypted key",
                 "security.protocol=SSL\nssl.key.password=x",
                 {},
                 "KAFKA_CONFIG_UNSUPPORTED",
                 "ssl.key.password"},
        BadLogin{"Kerberos",
                 "security.protocol=SASL_SSL\nsasl.jaas.config=M required username=a password=b;",
                 {},
                 "KAFKA_CONFIG_UNSUPPORTED",
                 "sasl.mechanism"},
        BadLogin{"a login without a password",
                 "security.protocol=SASL_SSL\nsasl.jaas.config=M required username=a;",
                 {},
                 "KAFKA_CONFIG_INVALID",
                 "sasl.jaas.config"},
        BadLogin{
            "a timeout that is no number", "request.timeout.ms=soon", {}, "KAFKA_CONFIG_INVALID", "request.timeout.ms"},
        BadLogin{"an address without a port", "", {.bootstrap = "localhost"}, "KAFKA_CONFIG_INVALID", "--bootstrap"},
        BadLogin{"a certificate without its key", "", {.certificate_file = "/x"}, "KAFKA_CONFIG_INVALID", "--key-file"},
        BadLogin{
            "a user without a password", "", {.sasl_user = "ann"}, "KAFKA_CONFIG_INVALID", "--sasl-password-file"}));

TEST(KafkaLogin, SaysThatTheFileIsNotThere) {
  const absl::Status status =
      MakeKafkaLogin({.bootstrap = "x:1", .command_config = ::testing::TempDir() + "none.properties"}).status();
  EXPECT_EQ(ErrorReason(status), "FILE_NOT_FOUND");
}

}  // namespace
}  // namespace sluice::cli
