#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "google/longrunning/operations_proto.pb.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/server/server.h"
#include "services/provisioner/adapters/grpc/gate/authorizer.h"
#include "services/provisioner/app/kafka_key_commands.h"
#include "services/provisioner/app/queries.h"
#include "sluice/provisioner/v1/kafka_cluster_service.pb.h"

namespace sluice::provisioner {

// The keys of KafkaClusterService. Thread-safe.
class KafkaKeyHandlers {
 public:
  KafkaKeyHandlers(KafkaKeyCommands& commands, Queries& queries, Authorizer& access, const rpc::TokenSealer& pages)
      : commands_(commands), queries_(queries), access_(access), pages_(pages) {}

  std::vector<rpc::Method> Methods();

 private:
  absl::StatusOr<v1::CreateKafkaKeyResponse> Create(const rpc::Call&, const v1::CreateKafkaKeyRequest&);
  absl::StatusOr<v1::KafkaKey> Get(const rpc::Call&, const v1::GetKafkaKeyRequest&);
  absl::StatusOr<v1::ListKafkaKeysResponse> List(const rpc::Call&, const v1::ListKafkaKeysRequest&);
  absl::StatusOr<google::longrunning::Operation> Delete(const rpc::Call&, const v1::DeleteKafkaKeyRequest&);

  absl::Status AllowCluster(const rpc::Call& call, const std::string& name);
  absl::Status AllowKey(const rpc::Call& call, const std::string& name);

  KafkaKeyCommands& commands_;
  Queries& queries_;
  Authorizer& access_;
  const rpc::TokenSealer& pages_;
};

}  // namespace sluice::provisioner
