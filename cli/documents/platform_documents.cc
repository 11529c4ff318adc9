#include "cli/documents/platform_documents.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/config/resource_names.h"
#include "cli/documents/fields.h"
#include "cli/output/figures.h"
#include "cli/output/table.h"

namespace sluice::cli {
namespace {

using provisioner::v1::ApiKey;
using provisioner::v1::DataPlane;
using provisioner::v1::Environment;
using provisioner::v1::Organization;
using provisioner::v1::PhysicalCluster;
using provisioner::v1::RoleBinding;

// What resources of all kinds begin with.
template <typename Resource>
Document Begin(const Resource& resource) {
  Document document;
  document["name"] = LastSegment(resource.name());
  document["id"] = resource.uid();
  document["resource_name"] = resource.name();
  return document;
}

template <typename Resource>
void AddLabels(const Resource& resource, Document& document) {
  document["display_name"] = resource.display_name();
  document["labels"] = LabelsField(resource.labels());
}

template <typename Resource>
void AddVersion(const Resource& resource, Document& document) {
  document["generation"] = resource.generation();
  document["etag"] = resource.etag();
  document["create_time"] = TimeField(resource.create_time());
}

Document PhysicalClusterDocument(const PhysicalCluster& cluster) {
  Document document;
  document["id"] = cluster.id();
  document["shared"] = cluster.shared();
  document["state"] = PhysicalCluster::State_Name(cluster.state());
  document["brokers"] = cluster.brokers();
  document["brokers_ready"] = cluster.brokers_ready();
  document["kafka_version"] = cluster.kafka_version();
  document["logical_clusters"] = cluster.logical_clusters();
  document["partitions"] = cluster.partitions();
  document["conditions"] = ConditionsField(cluster.conditions());
  document["generation"] = cluster.generation();
  document["observed_generation"] = cluster.observed_generation();
  return document;
}

Cell StateCell(const std::string& state) { return {state, ToneOfState(state)}; }

}  // namespace

Document OrganizationDocument(const Organization& organization) {
  Document document = Begin(organization);
  AddLabels(organization, document);
  AddVersion(organization, document);
  document["update_time"] = TimeField(organization.update_time());
  return document;
}

void PrintOrganizations(std::ostream& out, bool colour, const std::vector<Organization>& all, absl::Time now) {
  Table table({"NAME", "ID", "DISPLAY NAME", "LABELS", "CREATED"}, "No organizations that this key may see.");
  for (const Organization& one : all) {
    table.Add({{LastSegment(one.name()), Tone::kStrong},
               one.uid(),
               one.display_name(),
               LabelsForPeople(one.labels()),
               TimeForPeople(ToTime(one.create_time()), now)});
  }
  table.Print(out, colour);
}

Document EnvironmentDocument(const Environment& environment) {
  Document document = Begin(environment);
  AddLabels(environment, document);
  AddVersion(environment, document);
  document["update_time"] = TimeField(environment.update_time());
  document["delete_time"] = TimeField(environment.delete_time());
  return document;
}

void PrintEnvironments(std::ostream& out, bool colour, const std::vector<Environment>& all, absl::Time now) {
  Table table({"NAME", "ID", "DISPLAY NAME", "LABELS", "CREATED"}, "No environments. Make one: sluice env create NAME");
  for (const Environment& one : all) {
    table.Add({{LastSegment(one.name()), Tone::kStrong},
               one.uid(),
               one.display_name(),
               LabelsForPeople(one.labels()),
               TimeForPeople(ToTime(one.create_time()), now)});
  }
  table.Print(out, colour);
}

Document ApiKeyDocument(const ApiKey& key) {
  Document document = Begin(key);
  document["principal"] = absl::StrCat("apiKeys/", key.uid());
  document["display_name"] = key.display_name();
  document["expire_time"] = TimeField(key.expire_time());
  AddVersion(key, document);
  document["delete_time"] = TimeField(key.delete_time());
  return document;
}

void PrintApiKeys(std::ostream& out, bool colour, const std::vector<ApiKey>& all, absl::Time now) {
  Table table({"NAME", "PRINCIPAL", "DISPLAY NAME", "EXPIRES", "CREATED", "REVOKED"}, "No API keys.");
  for (const ApiKey& one : all) {
    const std::string expires = TimeForPeople(ToTime(one.expire_time()), now);
    table.Add({{LastSegment(one.name()), Tone::kStrong},
               absl::StrCat("apiKeys/", one.uid()),
               one.display_name(),
               expires.empty() ? "never" : expires,
               TimeForPeople(ToTime(one.create_time()), now),
               {TimeForPeople(ToTime(one.delete_time()), now), Tone::kBad}});
  }
  table.Print(out, colour);
}

Document RoleBindingDocument(const RoleBinding& binding) {
  Document document = Begin(binding);
  document["principal"] = binding.principal();
  document["role"] = RoleBinding::Role_Name(binding.role());
  document["scope"] = binding.scope();
  AddVersion(binding, document);
  document["delete_time"] = TimeField(binding.delete_time());
  return document;
}

void PrintRoleBindings(std::ostream& out, bool colour, const std::vector<RoleBinding>& all) {
  Table table({"NAME", "PRINCIPAL", "ROLE", "SCOPE"}, "No role bindings.");
  for (const RoleBinding& one : all) {
    table.Add(
        {{LastSegment(one.name()), Tone::kStrong}, one.principal(), RoleBinding::Role_Name(one.role()), one.scope()});
  }
  table.Print(out, colour);
}

Document DataPlaneDocument(const DataPlane& data_plane) {
  Document document = Begin(data_plane);
  document["region"] = data_plane.region();
  document["substrate"] = DataPlane::Substrate_Name(data_plane.substrate());
  document["state"] = DataPlane::State_Name(data_plane.state());
  AddLabels(data_plane, document);
  document["warm_cells"] = data_plane.warm_cells();
  document["max_brokers"] = data_plane.max_brokers();
  document["max_logical_clusters_per_cell"] = data_plane.max_logical_clusters_per_cell();
  document["kafka_versions"] = Document::array();
  for (const std::string& version : data_plane.kafka_versions()) document["kafka_versions"].push_back(version);
  document["satellite_version"] = data_plane.satellite_version();
  document["last_seen_time"] = TimeField(data_plane.last_seen_time());
  document["physical_clusters"] = Document::array();
  for (const PhysicalCluster& cluster : data_plane.physical_clusters()) {
    document["physical_clusters"].push_back(PhysicalClusterDocument(cluster));
  }
  document["conditions"] = ConditionsField(data_plane.conditions());
  AddVersion(data_plane, document);
  document["delete_time"] = TimeField(data_plane.delete_time());
  return document;
}

void PrintDataPlanes(std::ostream& out, bool colour, const std::vector<DataPlane>& all, absl::Time now) {
  Table table({"NAME", "REGION", "SUBSTRATE", "STATE", "CLUSTERS", "SEEN"},
              "No data planes. Make one: sluice dataplane register NAME --region REGION --substrate local");
  for (const DataPlane& one : all) {
    table.Add({{LastSegment(one.name()), Tone::kStrong},
               one.region(),
               DataPlane::Substrate_Name(one.substrate()),
               StateCell(DataPlane::State_Name(one.state())),
               std::to_string(one.physical_clusters_size()),
               TimeForPeople(ToTime(one.last_seen_time()), now)});
  }
  table.Print(out, colour);
}

void PrintDataPlane(std::ostream& out, bool colour, const DataPlane& data_plane, absl::Time now) {
  out << Paint({LastSegment(data_plane.name()), Tone::kStrong}, colour) << "  "
      << Paint(StateCell(DataPlane::State_Name(data_plane.state())), colour) << "\n";
  Sheet sheet;
  sheet.Add("id", data_plane.uid());
  sheet.Add("display name", data_plane.display_name());
  sheet.Add("labels", LabelsForPeople(data_plane.labels()));
  sheet.Add("region", data_plane.region());
  sheet.Add("substrate", DataPlane::Substrate_Name(data_plane.substrate()));
  sheet.Add("satellite", data_plane.satellite_version());
  sheet.Add("seen", TimeForPeople(ToTime(data_plane.last_seen_time()), now));
  sheet.Add("Kafka", absl::StrJoin(data_plane.kafka_versions(), ", "));
  sheet.Add("warm cells", std::to_string(data_plane.warm_cells()));
  if (data_plane.max_brokers() > 0) sheet.Add("brokers at most", std::to_string(data_plane.max_brokers()));
  sheet.Print(out, colour, 2);
  out << "\n";
  Table clusters({"CLUSTER", "USE", "STATE", "BROKERS", "KAFKA", "TENANTS", "PARTITIONS"}, "No physical clusters yet.");
  for (const PhysicalCluster& one : data_plane.physical_clusters()) {
    clusters.Add({{one.id(), Tone::kStrong},
                  one.shared() ? "shared cell" : "dedicated",
                  StateCell(PhysicalCluster::State_Name(one.state())),
                  absl::StrCat(one.brokers_ready(), " of ", one.brokers()),
                  one.kafka_version(),
                  std::to_string(one.logical_clusters()),
                  std::to_string(one.partitions())});
  }
  clusters.Print(out, colour);
  PrintConditions(out, colour, data_plane.conditions(), now);
  for (const PhysicalCluster& one : data_plane.physical_clusters()) {
    if (one.conditions().empty()) continue;
    out << "\n" << Paint({one.id(), Tone::kStrong}, colour) << "\n";
    PrintConditions(out, colour, one.conditions(), now);
  }
}

}  // namespace sluice::cli
