#pragma once

#include <ostream>
#include <vector>

#include "absl/time/time.h"
#include "cli/output/document.h"
#include "sluice/provisioner/v1/data_plane.pb.h"
#include "sluice/provisioner/v1/organization.pb.h"

namespace sluice::cli {

// Organizations, environments, API keys, role bindings and data planes for programs (field names: docs/cli.md) and for
// people.

Document OrganizationDocument(const provisioner::v1::Organization& organization);
void PrintOrganizations(std::ostream& out, bool colour, const std::vector<provisioner::v1::Organization>& all,
                        absl::Time now);

Document EnvironmentDocument(const provisioner::v1::Environment& environment);
void PrintEnvironments(std::ostream& out, bool colour, const std::vector<provisioner::v1::Environment>& all,
                       absl::Time now);

Document ApiKeyDocument(const provisioner::v1::ApiKey& key);
void PrintApiKeys(std::ostream& out, bool colour, const std::vector<provisioner::v1::ApiKey>& all, absl::Time now);

Document RoleBindingDocument(const provisioner::v1::RoleBinding& binding);
void PrintRoleBindings(std::ostream& out, bool colour, const std::vector<provisioner::v1::RoleBinding>& all);

Document DataPlaneDocument(const provisioner::v1::DataPlane& data_plane);
void PrintDataPlanes(std::ostream& out, bool colour, const std::vector<provisioner::v1::DataPlane>& all,
                     absl::Time now);
void PrintDataPlane(std::ostream& out, bool colour, const provisioner::v1::DataPlane& data_plane, absl::Time now);

}  // namespace sluice::cli
