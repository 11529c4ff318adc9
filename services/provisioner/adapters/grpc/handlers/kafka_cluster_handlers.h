#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "google/longrunning/operations_proto.pb.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/server/server.h"
#include "services/provisioner/adapters/grpc/gate/authorizer.h"
#include "services/provisioner/app/kafka_cluster_commands.h"
#include "services/provisioner/app/queries.h"
#include "sluice/provisioner/v1/kafka_cluster_service.pb.h"

namespace sluice::provisioner {

// The clusters of KafkaClusterService. Thread-safe.
class KafkaClusterHandlers {
 public:
  KafkaClusterHandlers(KafkaClusterCommands& commands, Queries& queries, Authorizer& access,
                       const rpc::TokenSealer& pages)
      : commands_(commands), queries_(queries), access_(access), pages_(pages) {}

  std::vector<rpc::Method> Methods();

 private:
  using Operation = google::longrunning::Operation;

  absl::StatusOr<Operation> Create(const rpc::Call&, const v1::CreateKafkaClusterRequest&);
  absl::StatusOr<v1::KafkaCluster> Get(const rpc::Call&, const v1::GetKafkaClusterRequest&);
  absl::StatusOr<v1::ListKafkaClustersResponse> List(const rpc::Call&, const v1::ListKafkaClustersRequest&);
  absl::StatusOr<Operation> Update(const rpc::Call&, const v1::UpdateKafkaClusterRequest&);
  absl::StatusOr<Operation> Delete(const rpc::Call&, const v1::DeleteKafkaClusterRequest&);
  absl::StatusOr<Operation> Undelete(const rpc::Call&, const v1::UndeleteKafkaClusterRequest&);

  absl::Status AllowCluster(const rpc::Call& call, const std::string& name, std::string_view field);

  KafkaClusterCommands& commands_;
  Queries& queries_;
  Authorizer& access_;
  const rpc::TokenSealer& pages_;
};

}  // namespace sluice::provisioner
