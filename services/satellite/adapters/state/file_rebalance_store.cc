#include "services/satellite/adapters/state/file_rebalance_store.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "libs/base/error.h"
#include "libs/log/log.h"
#include "services/satellite/adapters/state/atomic_file.h"

namespace sluice::satellite {
namespace {

using nlohmann::json;

constexpr auto kInvalidUtf8 = json::error_handler_t::replace;

op::RebalanceMemory Decode(const json& in) {
  return {.rebalance = in.at("rebalance").get<std::string>(),
          .begun = in.at("begun").get<bool>(),
          .batches_done = in.at("batches_done").get<int32_t>(),
          .moves_done = in.at("moves_done").get<int32_t>(),
          .moves_skipped = in.at("moves_skipped").get<int32_t>(),
          .bytes_done = in.at("bytes_done").get<int64_t>(),
          .ended = static_cast<op::RebalanceState>(in.at("ended").get<int>()),
          .ended_generation = in.at("ended_generation").get<int64_t>(),
          .reason = in.at("reason").get<std::string>(),
          .message = in.at("message").get<std::string>()};
}

}  // namespace

absl::StatusOr<std::vector<balancer_planner::v1::PlanDocument>> FileRebalanceStore::LoadPlans() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  std::vector<balancer_planner::v1::PlanDocument> plans;
  for (std::filesystem::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".pb") continue;
    const auto bytes = ReadWholeFile(entry->path());
    if (!bytes.ok()) return bytes.status();
    balancer_planner::v1::PlanDocument plan;
    if (plan.ParseFromString(*bytes)) {
      plans.push_back(std::move(plan));
    } else {
      log::Error("a stored plan does not decode", {{"file", entry->path().string()}});
    }
  }
  if (error) {
    return MakeError(absl::StatusCode::kInternal, "cannot list " + folder_.string() + ": " + error.message(),
                     {.reason = "STATE_READ_FAILED", .remedy = "Check who owns the state folder."});
  }
  return plans;
}

absl::Status FileRebalanceStore::SavePlan(const balancer_planner::v1::PlanDocument& plan) {
  return WriteFileAtomically(PlanOf(plan.key()), plan.SerializeAsString());
}

absl::Status FileRebalanceStore::RemovePlan(const std::string& cluster) { return RemoveFile(PlanOf(cluster)); }

absl::StatusOr<op::RebalanceMemory> FileRebalanceStore::LoadMemory(const std::string& cluster) {
  const absl::StatusOr<std::string> text = ReadWholeFile(MemoryOf(cluster));
  if (absl::IsNotFound(text.status())) return op::RebalanceMemory{};
  if (!text.ok()) return text.status();
  try {
    return Decode(json::parse(*text));
  } catch (const json::exception& fault) {
    log::Error("how far a rebalance is cannot be read", {{"cluster", cluster}, {"error", fault.what()}});
    return op::RebalanceMemory{};
  }
}

absl::Status FileRebalanceStore::SaveMemory(const std::string& cluster, const op::RebalanceMemory& memory) {
  const json out = {{"rebalance", memory.rebalance},
                    {"begun", memory.begun},
                    {"batches_done", memory.batches_done},
                    {"moves_done", memory.moves_done},
                    {"moves_skipped", memory.moves_skipped},
                    {"bytes_done", memory.bytes_done},
                    {"ended", static_cast<int>(memory.ended)},
                    {"ended_generation", memory.ended_generation},
                    {"reason", memory.reason},
                    {"message", memory.message}};
  return WriteFileAtomically(MemoryOf(cluster), out.dump(1, ' ', false, kInvalidUtf8));
}

absl::Status FileRebalanceStore::RemoveMemory(const std::string& cluster) { return RemoveFile(MemoryOf(cluster)); }

}  // namespace sluice::satellite
