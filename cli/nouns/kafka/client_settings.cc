#include "cli/nouns/kafka/client_settings.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::cli {
namespace {

// Within a quoted value of sasl.jaas.config, which itself is a value in a Java properties file: each reader takes one
// level of backslashes away.
std::string JaasQuoted(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\\\\\"}, {"\"", "\\\\\""}});
}

std::string JavaValue(const std::string& text) { return absl::StrReplaceAll(text, {{"\\", "\\\\"}}); }

// Single-quoted for a POSIX shell.
std::string ShellQuoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string Java(const ClientSettings& settings) {
  return absl::StrCat("bootstrap.servers=", settings.bootstrap_servers, "\n",  //
                      "security.protocol=", settings.security_protocol, "\n",  //
                      "sasl.mechanism=", settings.sasl_mechanism, "\n",        //
                      "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=\"",
                      JaasQuoted(settings.username), "\" password=\"", JaasQuoted(settings.password), "\";\n",
                      "ssl.truststore.type=PEM\n",  //
                      "ssl.truststore.location=", JavaValue(settings.ca_file), "\n");
}

std::string Librdkafka(const ClientSettings& settings) {
  return absl::StrCat("bootstrap.servers=", settings.bootstrap_servers, "\n",  //
                      "security.protocol=", settings.security_protocol, "\n",  //
                      "sasl.mechanism=", settings.sasl_mechanism, "\n",        //
                      "sasl.username=", settings.username, "\n",               //
                      "sasl.password=", settings.password, "\n",               //
                      "ssl.ca.location=", settings.ca_file, "\n");
}

std::string Shell(const ClientSettings& settings) {
  return absl::StrCat("export KAFKA_BOOTSTRAP_SERVERS=", ShellQuoted(settings.bootstrap_servers), "\n",
                      "export KAFKA_SECURITY_PROTOCOL=", ShellQuoted(settings.security_protocol), "\n",
                      "export KAFKA_SASL_MECHANISM=", ShellQuoted(settings.sasl_mechanism), "\n",
                      "export KAFKA_SASL_USERNAME=", ShellQuoted(settings.username), "\n",
                      "export KAFKA_SASL_PASSWORD=", ShellQuoted(settings.password), "\n",
                      "export KAFKA_CA_FILE=", ShellQuoted(settings.ca_file), "\n",
                      "export KAFKA_PREFIX=", ShellQuoted(settings.prefix), "\n");
}

}  // namespace

std::string ClientSettingsText(const ClientSettings& settings, Format format) {
  switch (format) {
    case Format::kShellVariables:
      return Shell(settings);
    case Format::kLibrdkafkaProperties:
      return Librdkafka(settings);
    default:
      return Java(settings);
  }
}

}  // namespace sluice::cli
