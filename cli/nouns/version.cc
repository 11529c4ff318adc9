#include "cli/version.h"

#include "cli/nouns/nouns.h"

namespace sluice::cli {

void AddVersionCommand(CommandTree& tree) {
  CLI::App& version = tree.AddAlone("version", "This command's version", "  sluice version -o json\n");
  tree.SetRun(version, [](Session& session) {
    const std::string text = kVersion;
    session.output().Show({{"version", text}}, [&](std::ostream& out, bool) { out << "sluice " << text << "\n"; });
    return absl::OkStatus();
  });
}

}  // namespace sluice::cli
