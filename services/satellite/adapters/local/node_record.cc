#include "services/satellite/adapters/local/node_record.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "libs/base/error.h"

namespace sluice::satellite {
namespace {

constexpr int kFormat = 1;

}  // namespace

std::string NodeRecordToJson(const NodeRecord& r) {
  nlohmann::json json = {
      {"format", kFormat},
      {"node_id", r.node_id},
      {"role", std::string(op::Name(r.role))},
      {"ports",
       {{"client", r.ports.client},
        {"internal", r.ports.internal},
        {"controller", r.ports.controller},
        {"metrics", r.ports.metrics}}},
      {"rack", r.rack},
      {"run", r.run},
      {"intent_run", r.intent_run},
      {"version", r.version},
      {"digest", r.digest},
      {"certificate_fingerprint", r.certificate_fingerprint},
      {"boot_id", r.boot_id},
      {"started_at_ms", r.started_at_ms},
      {"stop_asked_at_ms", r.stop_asked_at_ms},
      {"exited_at_ms", r.exited_at_ms},
      {"exit_wanted", r.exit_wanted},
      {"exit_description", r.exit_description},
      {"restarts", r.restarts},
  };
  if (r.process) json["process"] = {{"pid", r.process->pid}, {"start_ticks", r.process->start_ticks}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

absl::StatusOr<NodeRecord> NodeRecordFromJson(const std::string& text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    NodeRecord r;
    if (json.at("format").get<int>() != kFormat) throw std::runtime_error("unknown format");
    json.at("node_id").get_to(r.node_id);
    r.role = json.at("role").get<std::string>() == "controller" ? op::NodeRole::kController : op::NodeRole::kBroker;
    const nlohmann::json& ports = json.at("ports");
    ports.at("client").get_to(r.ports.client);
    ports.at("internal").get_to(r.ports.internal);
    ports.at("controller").get_to(r.ports.controller);
    ports.at("metrics").get_to(r.ports.metrics);
    // Records of satellites that knew no racks have none.
    r.rack = json.value("rack", "");
    json.at("run").get_to(r.run);
    json.at("intent_run").get_to(r.intent_run);
    json.at("version").get_to(r.version);
    json.at("digest").get_to(r.digest);
    json.at("certificate_fingerprint").get_to(r.certificate_fingerprint);
    json.at("boot_id").get_to(r.boot_id);
    json.at("started_at_ms").get_to(r.started_at_ms);
    json.at("stop_asked_at_ms").get_to(r.stop_asked_at_ms);
    json.at("exited_at_ms").get_to(r.exited_at_ms);
    json.at("exit_wanted").get_to(r.exit_wanted);
    json.at("exit_description").get_to(r.exit_description);
    json.at("restarts").get_to(r.restarts);
    if (json.contains("process")) {
      r.process = ProcessId{json["process"].at("pid").get<pid_t>(), json["process"].at("start_ticks").get<uint64_t>()};
    }
    return r;
  } catch (const std::exception& e) {
    return MakeError(absl::StatusCode::kDataLoss, std::string("the node's record cannot be read: ") + e.what(),
                     {.reason = "RECORD_CORRUPT"});
  }
}

std::string BootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

}  // namespace sluice::satellite
