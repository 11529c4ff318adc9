#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/testing/fake_platform.h"
#include "cli/testing/fake_rebalances.h"
#include "google/longrunning/operations_proto.grpc.pb.h"
#include "sluice/provisioner/v1/kafka_cluster_service.grpc.pb.h"
#include "sluice/provisioner/v1/watch_service.grpc.pb.h"

namespace sluice::cli::testing {

// What one opening of the watch sends, and how it ends.
struct WatchScript {
  std::vector<provisioner::v1::WatchResponse> responses;
  grpc::Status end;
};

// A small API in this process, on a port of its own, that does as it is told. Its clusters are ready after
// `waits_before_done` looks. Thread-safe.
class FakeApi final : public provisioner::v1::KafkaClusterService::Service,
                      public google::longrunning::Operations::Service,
                      public provisioner::v1::WatchService::Service {
 public:
  FakeApi();
  ~FakeApi() override;

  std::shared_ptr<grpc::Channel> NewChannel() const;

  // The next call of `method` ends with `status` before it has any effect; several are used up in order.
  void FailNext(const std::string& method, grpc::Status status);
  void SetWaitsBeforeDone(int waits);
  // What creates end with instead of a cluster.
  void SetOperationError(google::rpc::Status error);
  void AddWatch(WatchScript script);
  void AddCluster(provisioner::v1::KafkaCluster cluster);

  FakeOrganizations& organizations() { return organizations_; }
  FakeRebalances& rebalances() { return rebalances_; }

  // Requests seen, in order.
  std::vector<std::string> request_ids() const;
  std::vector<std::string> resume_tokens() const;
  std::vector<std::string> traceparents() const;
  int calls(const std::string& method) const;
  provisioner::v1::CreateKafkaClusterRequest last_create() const;
  provisioner::v1::UpdateKafkaClusterRequest last_update() const;

  // KafkaClusterService
  grpc::Status CreateKafkaCluster(grpc::ServerContext*, const provisioner::v1::CreateKafkaClusterRequest*,
                                  google::longrunning::Operation*) override;
  grpc::Status GetKafkaCluster(grpc::ServerContext*, const provisioner::v1::GetKafkaClusterRequest*,
                               provisioner::v1::KafkaCluster*) override;
  grpc::Status ListKafkaClusters(grpc::ServerContext*, const provisioner::v1::ListKafkaClustersRequest*,
                                 provisioner::v1::ListKafkaClustersResponse*) override;
  grpc::Status UpdateKafkaCluster(grpc::ServerContext*, const provisioner::v1::UpdateKafkaClusterRequest*,
                                  google::longrunning::Operation*) override;
  grpc::Status DeleteKafkaCluster(grpc::ServerContext*, const provisioner::v1::DeleteKafkaClusterRequest*,
                                  google::longrunning::Operation*) override;
  grpc::Status CreateKafkaKey(grpc::ServerContext*, const provisioner::v1::CreateKafkaKeyRequest*,
                              provisioner::v1::CreateKafkaKeyResponse*) override;
  // Operations
  grpc::Status WaitOperation(grpc::ServerContext*, const google::longrunning::WaitOperationRequest*,
                             google::longrunning::Operation*) override;
  grpc::Status GetOperation(grpc::ServerContext*, const google::longrunning::GetOperationRequest*,
                            google::longrunning::Operation*) override;
  grpc::Status ListOperations(grpc::ServerContext*, const google::longrunning::ListOperationsRequest*,
                              google::longrunning::ListOperationsResponse*) override;
  // WatchService
  grpc::Status Watch(grpc::ServerContext*, const provisioner::v1::WatchRequest*,
                     grpc::ServerWriter<provisioner::v1::WatchResponse>*) override;

 private:
  struct Pending {
    google::longrunning::Operation operation;
    int looks = 0;
  };

  // Notes the call; the failure that is due, or OK.
  grpc::Status Enter(const grpc::ServerContext& context, const std::string& method);
  google::longrunning::Operation Begin(const std::string& target, const std::string& verb,
                                       const google::protobuf::Message& outcome);

  FakeOrganizations organizations_;
  FakeDataPlanes data_planes_;
  FakeRebalances rebalances_;
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<grpc::Status>> failures_;
  std::map<std::string, int> calls_;
  std::map<std::string, provisioner::v1::KafkaCluster> clusters_;
  std::map<std::string, Pending> operations_;
  std::deque<WatchScript> watches_;
  google::rpc::Status operation_error_;
  int waits_before_done_ = 1;
  std::vector<std::string> request_ids_;
  std::vector<std::string> resume_tokens_;
  std::vector<std::string> traceparents_;
  provisioner::v1::CreateKafkaClusterRequest last_create_;
  provisioner::v1::UpdateKafkaClusterRequest last_update_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::cli::testing
