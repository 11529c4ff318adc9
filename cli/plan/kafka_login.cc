#include "cli/plan/kafka_login.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/plan/kafka_properties.h"
#include "cli/plan/text_file.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::cli {
namespace {

using Properties = std::map<std::string, std::string>;

// What Debian, and most others, keep the public authorities in.
constexpr char kSystemAuthorities[] = "/etc/ssl/certs/ca-certificates.crt";

absl::Status Invalid(std::string message, std::string field, std::string remedy) {
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   {.reason = "KAFKA_CONFIG_INVALID", .field = std::move(field), .remedy = std::move(remedy)});
}

absl::Status Unsupported(std::string message, std::string field, std::string remedy) {
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   {.reason = "KAFKA_CONFIG_UNSUPPORTED", .field = std::move(field), .remedy = std::move(remedy)});
}

std::string Get(const Properties& properties, const std::string& name, const std::string& otherwise = "") {
  const auto found = properties.find(name);
  return found == properties.end() ? otherwise : std::string(absl::StripAsciiWhitespace(found->second));
}

absl::StatusOr<kafka_admin::BrokerAddress> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  int port = 0;
  if (colon == std::string_view::npos || colon == 0 || !absl::SimpleAtoi(std::string(text.substr(colon + 1)), &port) ||
      port < 1 || port > 65535) {
    return Invalid(absl::StrCat("\"", std::string(text), "\" is not HOST:PORT"), "--bootstrap",
                   "Write localhost:9092, or [::1]:9092.");
  }
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return kafka_admin::BrokerAddress{.host = std::string(host), .port = static_cast<uint16_t>(port)};
}

absl::Status CheckIsPem(const Properties& properties, const std::string& store) {
  const std::string type = Get(properties, absl::StrCat("ssl.", store, ".type"));
  const std::string path = Get(properties, absl::StrCat("ssl.", store, ".location"));
  if (absl::EqualsIgnoreCase(type, "PEM") || (type.empty() && path.empty())) return absl::OkStatus();
  if (type.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
    if (absl::StrContains(text, "-----BEGIN ")) return absl::OkStatus();
  }
  return Unsupported(
      absl::StrCat("ssl.", store, " is ", type.empty() ? "not PEM" : type, ", not PEM"),
      absl::StrCat("ssl.", store, ".type"),
      absl::StrCat("Export it: 'keytool -exportcert -rfc' for authorities, 'openssl pkcs12 -nodes' for a "
                   "key; then --ca-file, --certificate-file and --key-file."));
}

absl::StatusOr<kafka_admin::TlsOptions> TlsOf(const Properties& properties, PrivateTexts& texts) {
  kafka_admin::TlsOptions tls{.ca_file = kSystemAuthorities};
  if (properties.contains("ssl.endpoint.identification.algorithm") &&
      Get(properties, "ssl.endpoint.identification.algorithm").empty()) {
    return Unsupported("names in certificates are always checked", "ssl.endpoint.identification.algorithm",
                       "Dial the brokers by a name that their certificates have.");
  }
  if (!Get(properties, "ssl.key.password").empty()) {
    return Unsupported("the key is encrypted", "ssl.key.password", "Give one that is not: --key-file, mode 600.");
  }
  for (const char* store : {"truststore", "keystore"}) RETURN_IF_ERROR(CheckIsPem(properties, store));
  if (const std::string path = Get(properties, "ssl.truststore.location"); !path.empty()) {
    tls.ca_file = path;
  } else if (const std::string pem = Get(properties, "ssl.truststore.certificates"); !pem.empty()) {
    ASSIGN_OR_RETURN(tls.ca_file, texts.Put(pem + "\n"));
  }
  if (const std::string path = Get(properties, "ssl.keystore.location"); !path.empty()) {
    tls.certificate_file = tls.key_file = path;
  } else if (const std::string chain = Get(properties, "ssl.keystore.certificate.chain"); !chain.empty()) {
    ASSIGN_OR_RETURN(tls.certificate_file, texts.Put(chain + "\n"));
    ASSIGN_OR_RETURN(tls.key_file, texts.Put(Get(properties, "ssl.keystore.key") + "\n"));
  }
  return tls;
}

absl::StatusOr<kafka_admin::SaslCredentials> Credentials(const std::string& mechanism, std::string user,
                                                         std::string password, const std::string& field) {
  if (mechanism == "PLAIN") {
    return kafka_admin::PlainCredentials{.user = std::move(user), .password = {std::move(password)}};
  }
  kafka_admin::ScramCredentials scram{.user = std::move(user), .secret = kafka_admin::Password{std::move(password)}};
  if (mechanism == "SCRAM-SHA-256") {
    scram.mechanism = kafka_admin::ScramMechanism::kSha256;
  } else if (mechanism != "SCRAM-SHA-512") {
    return Unsupported(absl::StrCat("the mechanism \"", mechanism, "\" is not known here"), field,
                       "PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are.");
  }
  return scram;
}

absl::StatusOr<kafka_admin::SaslCredentials> SaslOf(const Properties& properties) {
  ASSIGN_OR_RETURN(const JaasModule module, ParseJaasConfig(Get(properties, "sasl.jaas.config")));
  const std::string user = Get(module.options, "username");
  if (user.empty() || !module.options.contains("password")) {
    return Invalid("sasl.jaas.config has no username and password", "sasl.jaas.config", "Put both into it.");
  }
  // Kafka's own default is GSSAPI.
  return Credentials(Get(properties, "sasl.mechanism", "GSSAPI"), user, module.options.at("password"),
                     "sasl.mechanism");
}

absl::Status ApplyProperties(const Properties& properties, KafkaLogin& login) {
  kafka_admin::AdminClientOptions& options = login.options;
  options.client_id = Get(properties, "client.id", options.client_id);
  if (const std::string text = Get(properties, "request.timeout.ms"); !text.empty()) {
    int64_t timeout_ms = 0;
    if (!absl::SimpleAtoi(text, &timeout_ms) || timeout_ms < 1) {
      return Invalid("request.timeout.ms is no number above 0", "request.timeout.ms", "Write 30000.");
    }
    options.request_timeout = absl::Milliseconds(timeout_ms);
  }
  const std::string protocol = absl::AsciiStrToUpper(Get(properties, "security.protocol", "PLAINTEXT"));
  if (protocol != "PLAINTEXT" && protocol != "SSL" && protocol != "SASL_PLAINTEXT" && protocol != "SASL_SSL") {
    return Invalid(absl::StrCat("security.protocol is \"", protocol, "\""), "security.protocol",
                   "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.");
  }
  if (absl::EndsWith(protocol, "SSL")) {
    ASSIGN_OR_RETURN(options.tls, TlsOf(properties, login.texts));
  }
  if (absl::StartsWith(protocol, "SASL")) {
    ASSIGN_OR_RETURN(options.sasl, SaslOf(properties));
  }
  return absl::OkStatus();
}

absl::Status ApplyFlags(const KafkaLoginFlags& flags, kafka_admin::AdminClientOptions& options) {
  if (flags.certificate_file.empty() != flags.key_file.empty()) {
    return Invalid("a certificate needs its key, and a key its certificate",
                   flags.key_file.empty() ? "--key-file" : "--certificate-file", "Give both.");
  }
  if (!flags.ca_file.empty() || !flags.certificate_file.empty()) {
    if (!options.tls) options.tls = kafka_admin::TlsOptions{.ca_file = kSystemAuthorities};
    if (!flags.ca_file.empty()) options.tls->ca_file = flags.ca_file;
    if (!flags.certificate_file.empty()) {
      options.tls->certificate_file = flags.certificate_file;
      options.tls->key_file = flags.key_file;
    }
  }
  if (flags.sasl_user.empty()) return absl::OkStatus();
  if (flags.sasl_password_file.empty()) {
    return Invalid("a user needs a password", "--sasl-password-file", "Give the file that holds it.");
  }
  ASSIGN_OR_RETURN(const std::string password, ReadTextFile(flags.sasl_password_file));
  ASSIGN_OR_RETURN(options.sasl,
                   Credentials(flags.sasl_mechanism, flags.sasl_user,
                               std::string(absl::StripTrailingAsciiWhitespace(password)), "--sasl-mechanism"));
  return absl::OkStatus();
}

}  // namespace

PrivateTexts::~PrivateTexts() {
  for (const std::string& path : paths_) unlink(path.c_str());
}

absl::StatusOr<std::string> PrivateTexts::Put(const std::string& text) {
  std::error_code failed;
  std::string path = (std::filesystem::temp_directory_path(failed) / "sluice-XXXXXX").string();
  const int file = mkstemp(path.data());  // 0600
  if (file < 0) {
    return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("cannot write ", path),
                     {.reason = "FILE_NOT_WRITABLE", .field = path, .remedy = "Set TMPDIR to a folder of yours."});
  }
  paths_.push_back(path);
  const bool whole = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(file) == 0 && whole) return path;
  return MakeError(absl::StatusCode::kFailedPrecondition, absl::StrCat("cannot write ", path),
                   {.reason = "FILE_NOT_WRITABLE", .field = path, .remedy = "Make room there."});
}

absl::StatusOr<KafkaLogin> MakeKafkaLogin(const KafkaLoginFlags& flags) {
  KafkaLogin login;
  login.options.client_id = "sluice-plan";
  std::string bootstrap = flags.bootstrap;
  if (!flags.command_config.empty()) {
    ASSIGN_OR_RETURN(const std::string text, ReadTextFile(flags.command_config));
    const Properties properties = ParseProperties(text);
    RETURN_IF_ERROR(ApplyProperties(properties, login));
    if (bootstrap.empty()) bootstrap = Get(properties, "bootstrap.servers");
  }
  RETURN_IF_ERROR(ApplyFlags(flags, login.options));
  for (const absl::string_view address : absl::StrSplit(bootstrap, ',', absl::SkipWhitespace())) {
    ASSIGN_OR_RETURN(kafka_admin::BrokerAddress parsed, ParseAddress(std::string(absl::StripAsciiWhitespace(address))));
    login.options.bootstrap.push_back(std::move(parsed));
  }
  if (login.options.bootstrap.empty()) {
    return Invalid("no broker to begin with", "--bootstrap", "Give --bootstrap HOST:PORT.");
  }
  return login;
}

}  // namespace sluice::cli
