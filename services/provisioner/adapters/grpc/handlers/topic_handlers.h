#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "google/longrunning/operations_proto.pb.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/server/server.h"
#include "services/provisioner/adapters/grpc/gate/authorizer.h"
#include "services/provisioner/app/queries.h"
#include "services/provisioner/app/topic_commands.h"
#include "sluice/provisioner/v1/kafka_cluster_service.pb.h"

namespace sluice::provisioner {

// The topics of KafkaClusterService. Thread-safe.
class TopicHandlers {
 public:
  TopicHandlers(TopicCommands& commands, Queries& queries, Authorizer& access, const rpc::TokenSealer& pages)
      : commands_(commands), queries_(queries), access_(access), pages_(pages) {}

  std::vector<rpc::Method> Methods();

 private:
  using Operation = google::longrunning::Operation;

  absl::StatusOr<Operation> Create(const rpc::Call&, const v1::CreateTopicRequest&);
  absl::StatusOr<v1::Topic> Get(const rpc::Call&, const v1::GetTopicRequest&);
  absl::StatusOr<v1::ListTopicsResponse> List(const rpc::Call&, const v1::ListTopicsRequest&);
  absl::StatusOr<Operation> Update(const rpc::Call&, const v1::UpdateTopicRequest&);
  absl::StatusOr<Operation> Delete(const rpc::Call&, const v1::DeleteTopicRequest&);

  absl::Status AllowCluster(const rpc::Call& call, const std::string& name);
  absl::Status AllowTopic(const rpc::Call& call, const std::string& name, std::string_view field);

  TopicCommands& commands_;
  Queries& queries_;
  Authorizer& access_;
  const rpc::TokenSealer& pages_;
};

}  // namespace sluice::provisioner
