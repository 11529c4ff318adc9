#include "cli/nouns/nouns.h"

#include "cli/plan/plan_command.h"

namespace sluice::cli {

void AddAllNouns(CommandTree& tree) {
  CLI::App& kafka = tree.AddNoun("kafka", "Kafka clusters: make, look at, change, delete");
  AddKafkaChanges(tree, kafka);
  AddKafkaReads(tree, kafka);
  AddKafkaUpdate(tree, kafka);
  AddKeyCommands(tree);
  AddTopicCommands(tree);
  AddOperationCommands(tree);
  AddWatchCommand(tree);
  AddRebalanceCommands(tree);
  AddPlanCommand(tree);
  AddEnvironmentCommands(tree);
  AddOrganizationCommands(tree);
  AddApiKeyCommands(tree);
  AddRoleCommands(tree);
  AddDataPlaneCommands(tree);
  AddContextCommands(tree);
  AddCompletionCommands(tree);
  AddVersionCommand(tree);
}

}  // namespace sluice::cli
