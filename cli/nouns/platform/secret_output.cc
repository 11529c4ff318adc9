#include "cli/nouns/platform/secret_output.h"

#include <filesystem>

#include "cli/config/private_file.h"
#include "cli/output/table.h"
#include "libs/base/status.h"

namespace sluice::cli {

void AddSecretFile(CLI::App& verb, std::string& file) {
  verb.add_option("--secret-file", file, "Write the secret here (0600) instead of showing it")->option_text("FILE");
}

absl::Status ShowWithSecret(Session& session, Document document, const std::string& label, const std::string& field,
                            const std::string& secret, const std::string& file) {
  absl::Status written;
  std::string path;
  if (!file.empty()) {
    path = std::filesystem::absolute(file).string();
    written = WriteFileInOneStep(path, secret + "\n", FileMode::kOwnerOnly);
  }
  // A file that cannot be written must not swallow a secret that exists nowhere else.
  const bool in_file = !path.empty() && written.ok();
  if (in_file) {
    document[field + "_file"] = path;
  } else {
    document[field] = secret;
  }
  session.output().Show(document, [&](std::ostream& out, bool colour) {
    Sheet sheet;
    sheet.Add("name", {document.value("name", ""), Tone::kStrong});
    sheet.Add("id", document.value("id", ""));
    sheet.Add("principal", document.value("principal", ""));
    if (in_file) {
      sheet.Add(label, "in " + path);
    } else {
      sheet.Add(label, {secret, Tone::kStrong});
    }
    sheet.Print(out, colour);
    if (!in_file) out << "The " << label << " is shown this once.\n";
  });
  return written;
}

}  // namespace sluice::cli
