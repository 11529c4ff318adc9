#pragma once

#include "cli/run/command_tree.h"

namespace sluice::cli {

// One function a noun, each in a file of its name.
void AddKafkaReads(CommandTree& tree, CLI::App& kafka);
void AddKafkaChanges(CommandTree& tree, CLI::App& kafka);
void AddKafkaUpdate(CommandTree& tree, CLI::App& kafka);
void AddKeyCommands(CommandTree& tree);
void AddTopicCommands(CommandTree& tree);
void AddOperationCommands(CommandTree& tree);
void AddDataPlaneCommands(CommandTree& tree);
void AddOrganizationCommands(CommandTree& tree);
void AddEnvironmentCommands(CommandTree& tree);
void AddApiKeyCommands(CommandTree& tree);
void AddRoleCommands(CommandTree& tree);
void AddWatchCommand(CommandTree& tree);
void AddRebalanceCommands(CommandTree& tree);
void AddContextCommands(CommandTree& tree);
void AddCompletionCommands(CommandTree& tree);
void AddVersionCommand(CommandTree& tree);

// In the order of the help.
void AddAllNouns(CommandTree& tree);

}  // namespace sluice::cli
