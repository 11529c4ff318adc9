#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "cli/run/session.h"

namespace sluice::cli {

// The commands, nouns first: `sluice kafka create`. Parsing a line chooses one of them.
class CommandTree {
 public:
  using Run = std::function<absl::Status(Session&)>;

  CommandTree();

  CLI::App& root() { return root_; }
  const GlobalOptions& global_options() const { return global_; }

  // `kafka`
  CLI::App& AddNoun(const std::string& name, const std::string& about);
  // `create` of `kafka`; `examples` are shown below its help, one a line. Options are added to what it gives back.
  CLI::App& AddVerb(CLI::App& noun, const std::string& name, const std::string& about, const std::string& examples);
  // A verb that stands alone: `watch`.
  CLI::App& AddAlone(const std::string& name, const std::string& about, const std::string& examples);
  // What the verb does once the line is parsed. `run` keeps the verb's options alive. A verb that `shows_settings`
  // can print a Kafka client's settings as well (-o java, librdkafka, env).
  void SetRun(CLI::App& verb, Run run, bool shows_settings = false);

  // The chosen command's; empty before a parse.
  const Run& chosen() const { return chosen_; }
  bool chosen_shows_settings() const { return chosen_shows_settings_; }

 private:
  CLI::App& Dress(CLI::App& verb, const std::string& examples);

  CLI::App root_;
  GlobalOptions global_;
  Run chosen_;
  bool chosen_shows_settings_ = false;
};

}  // namespace sluice::cli
