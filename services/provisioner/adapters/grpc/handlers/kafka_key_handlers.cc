#include "services/provisioner/adapters/grpc/handlers/kafka_key_handlers.h"

#include "libs/base/status.h"
#include "services/provisioner/adapters/grpc/handlers/method_binding.h"
#include "services/provisioner/adapters/grpc/handlers/operation_conversion.h"
#include "services/provisioner/adapters/grpc/handlers/pages.h"
#include "services/provisioner/adapters/grpc/handlers/request_caller.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/core/access/resource_path.h"

namespace sluice::provisioner {

using rpc::Call;

std::vector<rpc::Method> KafkaKeyHandlers::Methods() {
  constexpr std::string_view s = "sluice.provisioner.v1.KafkaClusterService";
  using H = KafkaKeyHandlers;
  return {
      BindMethod(s, "CreateKafkaKey", this, &H::Create),
      BindMethod(s, "GetKafkaKey", this, &H::Get),
      BindMethod(s, "ListKafkaKeys", this, &H::List),
      BindMethod(s, "DeleteKafkaKey", this, &H::Delete),
  };
}

absl::Status KafkaKeyHandlers::AllowCluster(const Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const ResourcePath path,
                   ResourcePath::Parse(name, {"organizations", "environments", "kafkaClusters"}, "parent"));
  return access_.Allow(call, {path.organization(), path.environment()}, name);
}

absl::Status KafkaKeyHandlers::AllowKey(const Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const ResourcePath path,
                   ResourcePath::Parse(name, {"organizations", "environments", "kafkaClusters", "keys"}, "name"));
  return access_.Allow(call, {path.organization(), path.environment()}, name);
}

absl::StatusOr<v1::CreateKafkaKeyResponse> KafkaKeyHandlers::Create(const Call& call,
                                                                    const v1::CreateKafkaKeyRequest& request) {
  RETURN_IF_ERROR(AllowCluster(call, request.parent()));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(
      const CreatedKafkaKey created,
      commands_.Create(
          caller, {.cluster = request.parent(), .id = request.key_id(), .display_name = request.key().display_name()}));
  v1::CreateKafkaKeyResponse response;
  *response.mutable_key() = records::ToApi(created.key);
  response.set_password(created.password);
  if (created.operation.plan) *response.mutable_plan() = records::ToApi(*created.operation.plan);
  *response.mutable_operation() = OperationWithoutResult(created.operation);
  return response;
}

absl::StatusOr<v1::KafkaKey> KafkaKeyHandlers::Get(const Call& call, const v1::GetKafkaKeyRequest& request) {
  RETURN_IF_ERROR(AllowKey(call, request.name()));
  ASSIGN_OR_RETURN(const KafkaKey key, queries_.GetKafkaKey(request.name()));
  return records::ToApi(key);
}

absl::StatusOr<v1::ListKafkaKeysResponse> KafkaKeyHandlers::List(const Call& call,
                                                                 const v1::ListKafkaKeysRequest& request) {
  RETURN_IF_ERROR(AllowCluster(call, request.parent()));
  const PageBinding binding(pages_, {call.method, request.parent()});
  ASSIGN_OR_RETURN(const PageRequest page, binding.Open(request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(const auto found, queries_.ListKafkaKeys(request.parent(), page));
  v1::ListKafkaKeysResponse response;
  response.set_next_page_token(binding.Seal(FillPage(
      found, response.mutable_keys(), [](const KafkaKey& key) { return std::optional(records::ToApi(key)); },
      [](const KafkaKey& key) { return PositionByName(key.meta); })));
  return response;
}

absl::StatusOr<google::longrunning::Operation> KafkaKeyHandlers::Delete(const Call& call,
                                                                        const v1::DeleteKafkaKeyRequest& request) {
  RETURN_IF_ERROR(AllowKey(call, request.name()));
  ASSIGN_OR_RETURN(const Caller caller, CallerOf(call, request));
  ASSIGN_OR_RETURN(const auto operation, commands_.Delete(caller, {.name = request.name(), .etag = request.etag()}));
  return OperationToApi(operation, queries_);
}

}  // namespace sluice::provisioner
