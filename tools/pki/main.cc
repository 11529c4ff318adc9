// Authorities and certificates from the command line, for tools/stack and for people who run a data plane by hand.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/pki/authority.h"
#include "libs/pki/certificate.h"
#include "libs/pki/pem_file.h"
#include "libs/pki/signing_request.h"

namespace sluice::pki {
namespace {

struct Arguments {
  std::string authority;  // path without its ".pem" and ".key"
  std::string out;        // the same
  std::string common_name;
  std::vector<std::string> hosts;
  std::string usage = "client";
  int days = 0;
  int seconds = 0;  // instead of days
  std::string file;
};

std::string CertificateFile(const std::string& stem) { return stem + ".pem"; }
std::string KeyFile(const std::string& stem) { return stem + ".key"; }

absl::Status Write(const std::string& stem, const std::string& certificate, const std::string& key) {
  // The key first: a certificate without its key would look whole to who waits for the certificate.
  RETURN_IF_ERROR(WritePemFile(KeyFile(stem), key, kSecretMode));
  return WritePemFile(CertificateFile(stem), certificate, kPublicMode);
}

absl::Status CreateAuthority(const Arguments& arguments) {
  ASSIGN_OR_RETURN(Authority authority,
                   Authority::Create(arguments.common_name, absl::Now(), absl::Hours(24) * arguments.days));
  return Write(arguments.out, authority.certificate_pem(), authority.private_key_pem());
}

absl::StatusOr<Authority> ReadAuthority(const std::string& stem) {
  ASSIGN_OR_RETURN(std::string certificate, ReadPemFile(CertificateFile(stem), kPublicMode));
  ASSIGN_OR_RETURN(std::string key, ReadPemFile(KeyFile(stem), kSecretMode));
  return Authority::FromPem(certificate, key);
}

Grant GrantOf(const Arguments& arguments) {
  const Usage usage = arguments.usage == "server"   ? Usage::kServer
                      : arguments.usage == "client" ? Usage::kClient
                                                    : Usage::kServerAndClient;
  return {.common_name = arguments.common_name,
          .hosts = arguments.hosts,
          .usage = usage,
          .lifetime = arguments.seconds > 0 ? absl::Seconds(arguments.seconds) : absl::Hours(24) * arguments.days};
}

absl::Status Issue(const Arguments& arguments) {
  ASSIGN_OR_RETURN(Authority authority, ReadAuthority(arguments.authority));
  ASSIGN_OR_RETURN(Identity identity, authority.Issue(GrantOf(arguments), absl::Now()));
  return Write(arguments.out, identity.certificate_pem, identity.private_key_pem);
}

absl::Status Request(const Arguments& arguments) {
  ASSIGN_OR_RETURN(SigningRequest request, NewSigningRequest(arguments.common_name));
  RETURN_IF_ERROR(WritePemFile(KeyFile(arguments.out), request.private_key_pem, kSecretMode));
  return WritePemFile(arguments.out + ".csr", request.request_pem, kPublicMode);
}

absl::Status Sign(const Arguments& arguments) {
  ASSIGN_OR_RETURN(Authority authority, ReadAuthority(arguments.authority));
  ASSIGN_OR_RETURN(std::string request, ReadPemFile(arguments.file, kPublicMode));
  ASSIGN_OR_RETURN(std::string certificate, authority.Sign(request, GrantOf(arguments), absl::Now()));
  return WritePemFile(CertificateFile(arguments.out), certificate, kPublicMode);
}

absl::Status InspectFile(const Arguments& arguments) {
  ASSIGN_OR_RETURN(std::string pem, ReadPemFile(arguments.file, kPublicMode));
  ASSIGN_OR_RETURN(CertificateFacts facts, Inspect(pem));
  std::cout << "common name  " << facts.common_name << "\nissuer       " << facts.issuer_common_name
            << "\nauthority    " << (facts.is_authority ? "yes" : "no") << "\nhosts        "
            << absl::StrJoin(facts.hosts, " ") << "\nserial       " << facts.serial << "\nnot before   "
            << absl::FormatTime(facts.not_before, absl::UTCTimeZone()) << "\nnot after    "
            << absl::FormatTime(facts.not_after, absl::UTCTimeZone()) << "\nsha256       " << facts.sha256 << "\n";
  return absl::OkStatus();
}

absl::Status VerifyFile(const Arguments& arguments) {
  ASSIGN_OR_RETURN(std::string authority, ReadPemFile(CertificateFile(arguments.authority), kPublicMode));
  ASSIGN_OR_RETURN(std::string pem, ReadPemFile(arguments.file, kPublicMode));
  RETURN_IF_ERROR(Verify(pem, authority, GrantOf(arguments).usage, absl::Now()));
  for (const std::string& host : arguments.hosts) RETURN_IF_ERROR(VerifyHost(pem, host));
  return absl::OkStatus();
}

void AddGrant(CLI::App* command, Arguments& arguments) {
  command->add_option("--ca", arguments.authority, "the authority: its path without .pem and .key")->required();
  command->add_option("--cn", arguments.common_name, "common name: the identity")->required();
  command->add_option("--host", arguments.hosts, "a host name or address it serves under (repeat)");
  command->add_option("--usage", arguments.usage, "what it is for")
      ->check(CLI::IsMember({"server", "client", "both"}))
      ->capture_default_str();
  CLI::Option_group* lifetime = command->add_option_group("lifetime");
  lifetime->add_option("--days", arguments.days, "lifetime")->check(CLI::Range(1, 36500));
  lifetime->add_option("--seconds", arguments.seconds, "a short lifetime, to see renewals")
      ->check(CLI::Range(1, 86400));
  lifetime->require_option(1);
  command->add_option("--out", arguments.out, "path without .pem and .key")->required();
}

int Run(int argc, char** argv) {
  CLI::App app("Authorities and certificates (ECDSA P-256). Keys are written 0600, files replaced in one step.");
  app.require_subcommand(1);
  Arguments arguments;
  absl::Status (*chosen)(const Arguments&) = nullptr;
  const auto command = [&](const char* name, const char* text, absl::Status (*run)(const Arguments&)) {
    CLI::App* added = app.add_subcommand(name, text);
    added->callback([&chosen, run] { chosen = run; });
    return added;
  };

  CLI::App* authority = command("create-ca", "a new self-signed authority", CreateAuthority);
  authority->add_option("--cn", arguments.common_name, "its name")->required();
  authority->add_option("--days", arguments.days, "lifetime")->required()->check(CLI::Range(1, 36500));
  authority->add_option("--out", arguments.out, "path without .pem and .key")->required();
  AddGrant(command("issue", "a new key and its certificate", Issue), arguments);
  CLI::App* request = command("request", "a new key and a signing request for it (.csr)", Request);
  request->add_option("--cn", arguments.common_name, "the name that is wished for")->required();
  request->add_option("--out", arguments.out, "path without .csr and .key")->required();
  CLI::App* sign = command("sign", "a certificate for a signing request", Sign);
  AddGrant(sign, arguments);
  sign->add_option("request", arguments.file, "the .csr")->required();
  command("inspect", "what a certificate says", InspectFile)
      ->add_option("certificate", arguments.file, "a PEM file")
      ->required();
  CLI::App* verify = command("verify", "is it signed by the authority, valid now, and for these hosts?", VerifyFile);
  verify->add_option("--ca", arguments.authority, "the authority: its path without .pem")->required();
  verify->add_option("--usage", arguments.usage, "what it is for")->check(CLI::IsMember({"server", "client", "both"}));
  verify->add_option("--host", arguments.hosts, "a host name or address (repeat)");
  verify->add_option("certificate", arguments.file, "a PEM file")->required();
  CLI11_PARSE(app, argc, argv);

  const absl::Status status = chosen(arguments);
  if (status.ok()) return 0;
  std::cerr << "pki: " << std::string(status.message()) << "\n";
  return 1;
}

}  // namespace
}  // namespace sluice::pki

int main(int argc, char** argv) { return sluice::pki::Run(argc, argv); }
