#include "cli/run/command_tree.h"

#include <utility>

namespace sluice::cli {

CommandTree::CommandTree() : root_("Sluice: serverless Apache Kafka, asked for and used from here.", "sluice") {
  root_.require_subcommand(1);
  // Global options may stand behind the verb too.
  root_.fallthrough();
  root_
      .add_option("-o,--output", global_.output,
                  "table for people; json or yaml for programs; for 'key create' also java, librdkafka, env")
      ->check(CLI::IsMember({"table", "json", "yaml", "java", "properties", "librdkafka", "env"}))
      ->option_text("FORMAT");
  root_.add_option("--context", global_.context, "Context to use instead of the current one")->option_text("NAME");
  root_.add_option("--org", global_.organization, "Organization instead of the context's")->option_text("NAME");
  root_.add_option("--env", global_.environment, "Environment instead of the context's")->option_text("NAME");
  root_.add_option("--timeout", global_.timeout, "Longest wait: 90s, 10m (default: 20s a call, 10m an operation)")
      ->option_text("DURATION");
  root_
      .add_option("--config", global_.config, "Context file (default: $SLUICE_CONFIG or ~/.config/sluice/config.yaml)")
      ->option_text("FILE");
  root_.add_flag("--no-color,--no-colour", global_.no_colour, "No colour on a terminal either (also: NO_COLOR=1)");
  root_.footer(
      "First steps:\n"
      "  sluice kafka create orders --type serverless\n"
      "  sluice key create --cluster orders\n"
      "  sluice topic create clicks --cluster orders --partitions 6\n"
      "\n"
      "Exit codes: 0 done, 1 error, 2 usage, 3 not found, 4 conflict or state does not allow it, 5 not permitted,\n"
      "6 out of reach or too slow, 7 the operation failed, 130 interrupted.");
}

CLI::App& CommandTree::AddNoun(const std::string& name, const std::string& about) {
  CLI::App* noun = root_.add_subcommand(name, about);
  noun->require_subcommand(1);
  noun->footer("See 'sluice " + name + " VERB --help' for a verb's options and examples.");
  return *noun;
}

CLI::App& CommandTree::Dress(CLI::App& verb, const std::string& examples) {
  verb.footer("Examples:\n" + examples +
              "\nOptions of every command (-o, --context, --org, --env, --timeout, …): 'sluice --help'.");
  return verb;
}

CLI::App& CommandTree::AddVerb(CLI::App& noun, const std::string& name, const std::string& about,
                               const std::string& examples) {
  return Dress(*noun.add_subcommand(name, about), examples);
}

CLI::App& CommandTree::AddAlone(const std::string& name, const std::string& about, const std::string& examples) {
  return Dress(*root_.add_subcommand(name, about), examples);
}

void CommandTree::SetRun(CLI::App& verb, Run run, bool shows_settings) {
  verb.callback([this, run = std::move(run), shows_settings] {
    chosen_ = run;
    chosen_shows_settings_ = shows_settings;
  });
}

}  // namespace sluice::cli
