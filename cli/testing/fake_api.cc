#include "cli/testing/fake_api.h"

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/util/time_util.h>

#include <chrono>
#include <string>
#include <utility>

#include "sluice/provisioner/v1/operation.pb.h"

namespace sluice::cli::testing {
namespace {

using google::longrunning::Operation;
using provisioner::v1::KafkaCluster;

grpc::Status NotFound(const std::string& name) {
  return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no " + name);
}

KafkaCluster Ready(const std::string& name) {
  KafkaCluster cluster;
  cluster.set_name(name);
  cluster.set_uid("lkc-7f3k2p9q");
  cluster.set_type(KafkaCluster::SERVERLESS);
  cluster.set_state(KafkaCluster::READY);
  cluster.set_bootstrap_servers("localhost:9092,localhost:9093");
  cluster.set_security_protocol("SASL_SSL");
  cluster.set_sasl_mechanism("SCRAM-SHA-512");
  cluster.set_prefix("lkc-7f3k2p9q.");
  cluster.set_ca_certificate_pem("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
  cluster.set_replication_factor(3);
  return cluster;
}

}  // namespace

FakeApi::FakeApi() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(static_cast<provisioner::v1::KafkaClusterService::Service*>(this));
  builder.RegisterService(static_cast<google::longrunning::Operations::Service*>(this));
  builder.RegisterService(static_cast<provisioner::v1::WatchService::Service*>(this));
  builder.RegisterService(&organizations_);
  builder.RegisterService(&data_planes_);
  builder.RegisterService(&rebalances_);
  server_ = builder.BuildAndStart();
}

FakeApi::~FakeApi() { server_->Shutdown(std::chrono::system_clock::now()); }

std::shared_ptr<grpc::Channel> FakeApi::NewChannel() const {
  return grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials());
}

void FakeApi::FailNext(const std::string& method, grpc::Status status) {
  std::lock_guard lock(mutex_);
  failures_[method].push_back(std::move(status));
}

void FakeApi::SetWaitsBeforeDone(int waits) {
  std::lock_guard lock(mutex_);
  waits_before_done_ = waits;
}

void FakeApi::SetOperationError(google::rpc::Status error) {
  std::lock_guard lock(mutex_);
  operation_error_ = std::move(error);
}

void FakeApi::AddWatch(WatchScript script) {
  std::lock_guard lock(mutex_);
  watches_.push_back(std::move(script));
}

void FakeApi::AddCluster(KafkaCluster cluster) {
  std::lock_guard lock(mutex_);
  clusters_[cluster.name()] = cluster;
}

std::vector<std::string> FakeApi::request_ids() const {
  std::lock_guard lock(mutex_);
  return request_ids_;
}

std::vector<std::string> FakeApi::resume_tokens() const {
  std::lock_guard lock(mutex_);
  return resume_tokens_;
}

std::vector<std::string> FakeApi::traceparents() const {
  std::lock_guard lock(mutex_);
  return traceparents_;
}

int FakeApi::calls(const std::string& method) const {
  std::lock_guard lock(mutex_);
  const auto found = calls_.find(method);
  return found == calls_.end() ? 0 : found->second;
}

provisioner::v1::CreateKafkaClusterRequest FakeApi::last_create() const {
  std::lock_guard lock(mutex_);
  return last_create_;
}

provisioner::v1::UpdateKafkaClusterRequest FakeApi::last_update() const {
  std::lock_guard lock(mutex_);
  return last_update_;
}

grpc::Status FakeApi::Enter(const grpc::ServerContext& context, const std::string& method) {
  ++calls_[method];
  const auto traceparent = context.client_metadata().find("traceparent");
  if (traceparent != context.client_metadata().end()) {
    traceparents_.emplace_back(traceparent->second.data(), traceparent->second.size());
  }
  std::deque<grpc::Status>& due = failures_[method];
  if (due.empty()) return grpc::Status::OK;
  grpc::Status status = due.front();
  due.pop_front();
  return status;
}

Operation FakeApi::Begin(const std::string& target, const std::string& verb, const google::protobuf::Message& outcome) {
  provisioner::v1::OperationMetadata metadata;
  metadata.set_target(target);
  metadata.set_verb(verb);
  *metadata.mutable_create_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  metadata.set_status_message("waits for the data plane");
  Pending pending;
  pending.operation.set_name("organizations/acme/operations/op-" + std::to_string(operations_.size() + 1));
  pending.operation.mutable_metadata()->PackFrom(metadata);
  const Operation shown = pending.operation;
  if (operation_error_.code() != 0) {
    *pending.operation.mutable_error() = operation_error_;
  } else {
    pending.operation.mutable_response()->PackFrom(outcome);
  }
  operations_[shown.name()] = pending;
  return shown;
}

grpc::Status FakeApi::CreateKafkaCluster(grpc::ServerContext* context,
                                         const provisioner::v1::CreateKafkaClusterRequest* request,
                                         Operation* response) {
  std::lock_guard lock(mutex_);
  request_ids_.push_back(request->request_id());
  last_create_ = *request;
  if (grpc::Status status = Enter(*context, "CreateKafkaCluster"); !status.ok()) return status;
  const std::string name = request->parent() + "/kafkaClusters/" + request->kafka_cluster_id();
  if (request->validate_only()) {
    provisioner::v1::Plan plan;
    plan.set_data_plane("dataPlanes/local");
    plan.set_physical_cluster("pkc-1");
    plan.add_placement_reasons("the less loaded of two");
    plan.add_steps()->set_description("make its users");
    response->set_done(true);
    response->mutable_response()->PackFrom(plan);
    return grpc::Status::OK;
  }
  clusters_[name] = Ready(name);
  *response = Begin(name, "create", clusters_[name]);
  return grpc::Status::OK;
}

grpc::Status FakeApi::GetKafkaCluster(grpc::ServerContext* context,
                                      const provisioner::v1::GetKafkaClusterRequest* request, KafkaCluster* response) {
  std::lock_guard lock(mutex_);
  if (grpc::Status status = Enter(*context, "GetKafkaCluster"); !status.ok()) return status;
  const auto found = clusters_.find(request->name());
  if (found == clusters_.end()) return NotFound(request->name());
  *response = found->second;
  return grpc::Status::OK;
}

grpc::Status FakeApi::ListKafkaClusters(grpc::ServerContext* context,
                                        const provisioner::v1::ListKafkaClustersRequest* request,
                                        provisioner::v1::ListKafkaClustersResponse* response) {
  std::lock_guard lock(mutex_);
  if (grpc::Status status = Enter(*context, "ListKafkaClusters"); !status.ok()) return status;
  // One a page, the token being the last name: so that every list is read page by page.
  auto next = clusters_.upper_bound(request->page_token());
  if (next == clusters_.end()) return grpc::Status::OK;
  *response->add_kafka_clusters() = next->second;
  if (std::next(next) != clusters_.end()) response->set_next_page_token(next->first);
  return grpc::Status::OK;
}

grpc::Status FakeApi::UpdateKafkaCluster(grpc::ServerContext* context,
                                         const provisioner::v1::UpdateKafkaClusterRequest* request,
                                         Operation* response) {
  std::lock_guard lock(mutex_);
  last_update_ = *request;
  if (grpc::Status status = Enter(*context, "UpdateKafkaCluster"); !status.ok()) return status;
  *response = Begin(request->kafka_cluster().name(), "update", clusters_[request->kafka_cluster().name()]);
  return grpc::Status::OK;
}

grpc::Status FakeApi::DeleteKafkaCluster(grpc::ServerContext* context,
                                         const provisioner::v1::DeleteKafkaClusterRequest* request,
                                         Operation* response) {
  std::lock_guard lock(mutex_);
  if (grpc::Status status = Enter(*context, "DeleteKafkaCluster"); !status.ok()) return status;
  if (clusters_.erase(request->name()) == 0) return NotFound(request->name());
  *response = Begin(request->name(), "delete", google::protobuf::Empty());
  return grpc::Status::OK;
}

grpc::Status FakeApi::CreateKafkaKey(grpc::ServerContext* context,
                                     const provisioner::v1::CreateKafkaKeyRequest* request,
                                     provisioner::v1::CreateKafkaKeyResponse* response) {
  std::lock_guard lock(mutex_);
  request_ids_.push_back(request->request_id());
  if (grpc::Status status = Enter(*context, "CreateKafkaKey"); !status.ok()) return status;
  provisioner::v1::KafkaKey& key = *response->mutable_key();
  key.set_name(request->parent() + "/keys/" + (request->key_id().empty() ? "made-up" : request->key_id()));
  key.set_uid("key-1");
  key.set_username("lkc-7f3k2p9q.key-1");
  key.set_state(provisioner::v1::KafkaKey::PROVISIONING);
  response->set_password("s3cret\"\\'");
  provisioner::v1::KafkaKey ready = key;
  ready.set_state(provisioner::v1::KafkaKey::READY);
  *response->mutable_operation() = Begin(key.name(), "create", ready);
  return grpc::Status::OK;
}

grpc::Status FakeApi::WaitOperation(grpc::ServerContext* context,
                                    const google::longrunning::WaitOperationRequest* request, Operation* response) {
  std::lock_guard lock(mutex_);
  if (grpc::Status status = Enter(*context, "WaitOperation"); !status.ok()) return status;
  const auto found = operations_.find(request->name());
  if (found == operations_.end()) return NotFound(request->name());
  Pending& pending = found->second;
  *response = pending.operation;
  if (++pending.looks >= waits_before_done_) {
    response->set_done(true);
    pending.operation.set_done(true);
  } else {
    response->clear_result();
  }
  return grpc::Status::OK;
}

grpc::Status FakeApi::GetOperation(grpc::ServerContext* context,
                                   const google::longrunning::GetOperationRequest* request, Operation* response) {
  std::lock_guard lock(mutex_);
  if (grpc::Status status = Enter(*context, "GetOperation"); !status.ok()) return status;
  const auto found = operations_.find(request->name());
  if (found == operations_.end()) return NotFound(request->name());
  *response = found->second.operation;
  if (!response->done()) response->clear_result();
  return grpc::Status::OK;
}

grpc::Status FakeApi::ListOperations(grpc::ServerContext* context, const google::longrunning::ListOperationsRequest*,
                                     google::longrunning::ListOperationsResponse* response) {
  std::lock_guard lock(mutex_);
  if (grpc::Status status = Enter(*context, "ListOperations"); !status.ok()) return status;
  for (const auto& [name, pending] : operations_) {
    Operation* operation = response->add_operations();
    *operation = pending.operation;
    if (!operation->done()) operation->clear_result();
  }
  return grpc::Status::OK;
}

grpc::Status FakeApi::Watch(grpc::ServerContext* context, const provisioner::v1::WatchRequest* request,
                            grpc::ServerWriter<provisioner::v1::WatchResponse>* writer) {
  WatchScript script;
  {
    std::lock_guard lock(mutex_);
    resume_tokens_.push_back(request->resume_token());
    if (grpc::Status status = Enter(*context, "Watch"); !status.ok()) return status;
    if (watches_.empty()) return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "no more watches");
    script = watches_.front();
    watches_.pop_front();
  }
  for (const auto& response : script.responses) {
    if (!writer->Write(response)) return grpc::Status::CANCELLED;
  }
  return script.end;
}

}  // namespace sluice::cli::testing
