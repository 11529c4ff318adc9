#include "cli/run/run.h"

#include "cli/nouns/nouns.h"
#include "cli/output/error_report.h"
#include "cli/output/style.h"
#include "cli/run/command_tree.h"
#include "cli/run/complete.h"

namespace sluice::cli {
namespace {

// CLI11's own words, in our form; --help and --version come this way as well.
int ReportParseError(const CLI::ParseError& error, CommandTree& tree, World& world) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return tree.root().exit(error, world.out, world.err);
  }
  world.err << "sluice: " << error.what() << "\n";
  const CLI::App* deepest = &tree.root();
  std::string path = "sluice";
  while (!deepest->get_subcommands().empty()) {
    deepest = deepest->get_subcommands().front();
    path += " " + deepest->get_name();
  }
  world.err << "See '" << path << " --help'." << std::endl;
  return kUsage;
}

bool IsSettings(Format format) {
  return format == Format::kJavaProperties || format == Format::kLibrdkafkaProperties ||
         format == Format::kShellVariables;
}

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments, World& world) {
  CommandTree tree;
  AddAllNouns(tree);
  if (!arguments.empty() && arguments[0] == "__complete") {
    for (const std::string& name : Complete(tree, {arguments.begin() + 1, arguments.end()}, world)) {
      world.out << Printable(name) << "\n";
    }
    return kOk;
  }
  try {
    // CLI11 takes the arguments in reverse.
    tree.root().parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return ReportParseError(error, tree, world);
  }
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(world, tree.global_options());
  if (!session.ok()) {
    Output output(world.out, world.err, Format::kPeople, false);
    ReportError(output, session.status(), "");
    return ExitCodeOf(session.status());
  }
  if (IsSettings((*session)->output().format()) && !tree.chosen_shows_settings()) {
    world.err << "sluice: --output " << tree.global_options().output << " is for 'sluice key create' alone\n";
    return kUsage;
  }
  const absl::Status status = tree.chosen()(**session);
  if (!status.ok()) ReportError((*session)->output(), status, (*session)->trace_id());
  return ExitCodeOf(status);
}

}  // namespace sluice::cli
