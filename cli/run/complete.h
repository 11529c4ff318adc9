#pragma once

#include <string>
#include <vector>

#include "cli/run/command_tree.h"

namespace sluice::cli {

// What may stand in place of the last of `words` (what is typed behind `sluice`, the last one unfinished): verbs,
// options, an option's values, or names that the API lists within two seconds. Never an error: no name is an answer.
std::vector<std::string> Complete(CommandTree& tree, const std::vector<std::string>& words, World& world);

}  // namespace sluice::cli
