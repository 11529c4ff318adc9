#include "cli/documents/kafka_documents.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cli/config/resource_names.h"
#include "cli/documents/fields.h"
#include "cli/output/figures.h"
#include "cli/output/table.h"

namespace sluice::cli {
namespace {

using provisioner::v1::KafkaCluster;
using provisioner::v1::KafkaKey;
using provisioner::v1::KafkaLimits;
using provisioner::v1::Topic;

Document LimitsField(const KafkaLimits& limits) {
  Document field;
  field["ingress_bytes_per_second"] = limits.ingress_bytes_per_second();
  field["egress_bytes_per_second"] = limits.egress_bytes_per_second();
  field["request_percent"] = limits.request_percent();
  field["controller_mutations_per_second"] = limits.controller_mutations_per_second();
  field["partitions"] = limits.partitions();
  return field;
}

std::string LimitsForPeople(const KafkaLimits& limits) {
  return absl::StrCat(BytesForPeople(limits.ingress_bytes_per_second()), "/s in, ",
                      BytesForPeople(limits.egress_bytes_per_second()), "/s out, ", limits.request_percent(),
                      " % of request threads, ", limits.controller_mutations_per_second(), " partition changes/s");
}

std::string Placement(const KafkaCluster& cluster) {
  if (cluster.physical_cluster().empty()) return "not placed yet";
  return absl::StrCat(cluster.physical_cluster(), " on ", LastSegment(cluster.data_plane()));
}

std::string Generations(const KafkaCluster& cluster) {
  return cluster.generation() == cluster.observed_generation()
             ? absl::StrCat(cluster.generation(), ", in effect")
             : absl::StrCat(cluster.generation(), " wished, ", cluster.observed_generation(), " in effect");
}

// "3 topics, 12 of 1000 partitions"
std::string Contents(const KafkaCluster& cluster) {
  return absl::StrCat(cluster.topic_count(), cluster.topic_count() == 1 ? " topic, " : " topics, ",
                      cluster.partition_count(), " of ", cluster.effective_limits().partitions(), " partitions");
}

Cell StateCell(const std::string& state) { return {state, ToneOfState(state)}; }

}  // namespace

Document KafkaClusterDocument(const KafkaCluster& cluster, const std::string& ca_file) {
  Document document;
  document["name"] = LastSegment(cluster.name());
  document["id"] = cluster.uid();
  document["resource_name"] = cluster.name();
  document["display_name"] = cluster.display_name();
  document["type"] = KafkaCluster::Type_Name(cluster.type());
  document["state"] = KafkaCluster::State_Name(cluster.state());
  document["reconciling"] = cluster.reconciling();
  document["bootstrap_servers"] = cluster.bootstrap_servers();
  document["security_protocol"] = cluster.security_protocol();
  document["sasl_mechanism"] = cluster.sasl_mechanism();
  if (!ca_file.empty()) document["ca_file"] = ca_file;
  document["topic_prefix"] = cluster.prefix();
  document["group_prefix"] = cluster.prefix();
  document["transactional_id_prefix"] = cluster.prefix();
  document["replication_factor"] = cluster.replication_factor();
  document["min_insync_replicas"] = cluster.min_insync_replicas();
  document["region"] = cluster.region();
  document["data_plane"] = LastSegment(cluster.data_plane());
  document["physical_cluster"] = cluster.physical_cluster();
  document["brokers"] = cluster.brokers();
  document["effective_brokers"] = cluster.effective_brokers();
  document["broker_disk_mib"] = cluster.broker_disk_mib();
  document["kafka_version"] = cluster.kafka_version();
  document["effective_kafka_version"] = cluster.effective_kafka_version();
  document["limits"] = LimitsField(cluster.limits());
  document["effective_limits"] = LimitsField(cluster.effective_limits());
  document["topic_count"] = cluster.topic_count();
  document["partition_count"] = cluster.partition_count();
  document["deletion_protection"] = cluster.deletion_protection();
  document["labels"] = LabelsField(cluster.labels());
  document["conditions"] = ConditionsField(cluster.conditions());
  document["generation"] = cluster.generation();
  document["observed_generation"] = cluster.observed_generation();
  document["etag"] = cluster.etag();
  document["create_time"] = TimeField(cluster.create_time());
  document["update_time"] = TimeField(cluster.update_time());
  document["delete_time"] = TimeField(cluster.delete_time());
  document["purge_time"] = TimeField(cluster.purge_time());
  return document;
}

void PrintKafkaClusters(std::ostream& out, bool colour, const std::vector<KafkaCluster>& clusters, absl::Time now) {
  Table table({"NAME", "ID", "TYPE", "STATE", "PLACED", "TOPICS", "PARTITIONS", "CREATED"},
              "No Kafka clusters. Make one: sluice kafka create NAME --type serverless");
  for (const KafkaCluster& cluster : clusters) {
    table.Add({{LastSegment(cluster.name()), Tone::kStrong},
               cluster.uid(),
               KafkaCluster::Type_Name(cluster.type()),
               StateCell(KafkaCluster::State_Name(cluster.state())),
               cluster.physical_cluster(),
               std::to_string(cluster.topic_count()),
               std::to_string(cluster.partition_count()),
               TimeForPeople(ToTime(cluster.create_time()), now)});
  }
  table.Print(out, colour);
}

void PrintKafkaCluster(std::ostream& out, bool colour, const KafkaCluster& cluster, const std::string& ca_file,
                       absl::Time now) {
  const std::string state = KafkaCluster::State_Name(cluster.state());
  out << Paint({LastSegment(cluster.name()), Tone::kStrong}, colour) << "  " << Paint(StateCell(state), colour)
      << (cluster.reconciling() ? "  (a change is under way)" : "") << "\n";
  Sheet sheet;
  sheet.Add("id", cluster.uid());
  sheet.Add("resource name", cluster.name());
  sheet.Add("display name", cluster.display_name());
  sheet.Add("labels", LabelsForPeople(cluster.labels()));
  sheet.Add("type", KafkaCluster::Type_Name(cluster.type()));
  sheet.Add("placed", Placement(cluster));
  sheet.Add("region", cluster.region());
  sheet.Add("bootstrap", cluster.bootstrap_servers());
  if (!cluster.security_protocol().empty()) {
    sheet.Add("security", absl::StrCat(cluster.security_protocol(), ", ", cluster.sasl_mechanism()));
  }
  sheet.Add("CA file", ca_file);
  if (!cluster.prefix().empty()) {
    sheet.Add("prefix", absl::StrCat(cluster.prefix(), "  (starts each topic, group and transactional id)"));
  }
  if (cluster.replication_factor() > 0) {
    sheet.Add("replicas",
              absl::StrCat(cluster.replication_factor(), ", ", cluster.min_insync_replicas(), " in sync at least"));
  }
  if (cluster.type() == KafkaCluster::DEDICATED) {
    sheet.Add("brokers", absl::StrCat(cluster.effective_brokers(), " of ", cluster.brokers(), ", ",
                                      BytesForPeople(cluster.broker_disk_mib() * 1024 * 1024), " each"));
  }
  sheet.Add("Kafka", cluster.effective_kafka_version());
  sheet.Add("limits", LimitsForPeople(cluster.effective_limits()));
  sheet.Add("holds", Contents(cluster));
  sheet.Add("protected", cluster.deletion_protection() ? "against deletion" : "");
  sheet.Add("generation", Generations(cluster));
  sheet.Add("created", TimeForPeople(ToTime(cluster.create_time()), now));
  sheet.Add("deleted", {TimeForPeople(ToTime(cluster.delete_time()), now), Tone::kBad});
  sheet.Add("data goes", {TimeForPeople(ToTime(cluster.purge_time()), now), Tone::kBad});
  sheet.Print(out, colour, 2);
  PrintConditions(out, colour, cluster.conditions(), now);
}

Document KafkaKeyDocument(const KafkaKey& key) {
  Document document;
  document["name"] = LastSegment(key.name());
  document["id"] = key.uid();
  document["resource_name"] = key.name();
  document["cluster"] = LastSegment(ParentOf(key.name()));
  document["display_name"] = key.display_name();
  document["username"] = key.username();
  document["state"] = KafkaKey::State_Name(key.state());
  document["conditions"] = ConditionsField(key.conditions());
  document["generation"] = key.generation();
  document["etag"] = key.etag();
  document["create_time"] = TimeField(key.create_time());
  document["delete_time"] = TimeField(key.delete_time());
  return document;
}

void PrintKafkaKeys(std::ostream& out, bool colour, const std::vector<KafkaKey>& keys, absl::Time now) {
  Table table({"NAME", "USER NAME", "STATE", "CREATED"}, "No keys. Make one: sluice key create --cluster NAME");
  for (const KafkaKey& key : keys) {
    table.Add({{LastSegment(key.name()), Tone::kStrong},
               key.username(),
               StateCell(KafkaKey::State_Name(key.state())),
               TimeForPeople(ToTime(key.create_time()), now)});
  }
  table.Print(out, colour);
}

Document TopicDocument(const Topic& topic) {
  Document document;
  document["name"] = LastSegment(topic.name());
  document["kafka_name"] = topic.kafka_name();
  document["resource_name"] = topic.name();
  document["cluster"] = LastSegment(ParentOf(topic.name()));
  document["state"] = Topic::State_Name(topic.state());
  document["state_message"] = topic.state_message();
  document["partitions"] = topic.partitions();
  document["replication_factor"] = topic.replication_factor();
  document["configs"] = LabelsField(topic.configs());
  document["etag"] = topic.etag();
  return document;
}

void PrintTopics(std::ostream& out, bool colour, const std::vector<Topic>& topics) {
  Table table({"NAME", "NAME IN KAFKA", "STATE", "PARTITIONS", "REPLICAS", "CONFIGS"},
              "No topics. Make one: sluice topic create NAME --cluster CLUSTER");
  for (const Topic& topic : topics) {
    table.Add({{LastSegment(topic.name()), Tone::kStrong},
               topic.kafka_name(),
               StateCell(Topic::State_Name(topic.state())),
               std::to_string(topic.partitions()),
               std::to_string(topic.replication_factor()),
               LabelsForPeople(topic.configs())});
  }
  table.Print(out, colour);
}

void PrintTopic(std::ostream& out, bool colour, const Topic& topic) {
  out << Paint({LastSegment(topic.name()), Tone::kStrong}, colour) << "  "
      << Paint(StateCell(Topic::State_Name(topic.state())), colour) << "\n";
  Sheet sheet;
  sheet.Add("name in Kafka", topic.kafka_name());
  sheet.Add("resource name", topic.name());
  sheet.Add("partitions", std::to_string(topic.partitions()));
  sheet.Add("replicas", std::to_string(topic.replication_factor()));
  sheet.Add("configs", LabelsForPeople(topic.configs()));
  sheet.Add("waits for", {topic.state_message(), Tone::kBusy});
  sheet.Print(out, colour, 2);
}

}  // namespace sluice::cli
