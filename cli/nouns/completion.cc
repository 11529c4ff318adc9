#include <memory>
#include <string>

#include "cli/nouns/nouns.h"

namespace sluice::cli {
namespace {

// Each asks the command itself what may come next, so that names of clusters and topics complete too.
constexpr char kBash[] = R"(_sluice() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _sluice sluice ./sluice
)";

constexpr char kZsh[] = R"(#compdef sluice
_sluice() {
  local -a candidates
  candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a candidates
}
compdef _sluice sluice
)";

constexpr char kFish[] = R"(function __sluice_complete
  set -l line (commandline -opc) (commandline -ct | string collect --allow-empty)
  $line[1] __complete $line[2..-1] 2>/dev/null
end
complete -c sluice -f -a '(__sluice_complete)'
)";

}  // namespace

void AddCompletionCommands(CommandTree& tree) {
  CLI::App& completion = tree.AddNoun("completion", "Completion for your shell");
  const auto add = [&](const char* shell, const char* script, const char* example) {
    CLI::App& verb = tree.AddVerb(completion, shell, std::string("Completion for ") + shell, example);
    tree.SetRun(verb, [script](Session& session) {
      session.output().out() << script << std::flush;
      return absl::OkStatus();
    });
  };
  add("bash", kBash, "  source <(sluice completion bash)\n");
  add("zsh", kZsh, "  source <(sluice completion zsh)\n");
  add("fish", kFish, "  sluice completion fish > ~/.config/fish/completions/sluice.fish\n");
}

}  // namespace sluice::cli
