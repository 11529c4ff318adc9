#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/status.h"
#include "cli/output/document.h"
#include "cli/run/session.h"

namespace sluice::cli {

// --secret-file FILE
void AddSecretFile(CLI::App& verb, std::string& file);

// Shows what a command made and the secret that comes with it, shown this once: in the answer, or in `file` (0600) when
// one is given. `label` names the secret for people, `field` for programs.
absl::Status ShowWithSecret(Session& session, Document document, const std::string& label, const std::string& field,
                            const std::string& secret, const std::string& file);

}  // namespace sluice::cli
