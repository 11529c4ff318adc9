#pragma once

#include <grpcpp/grpcpp.h>

#include <string>
#include <vector>

#include "libs/base/error.h"
#include "libs/grpc/error_status.h"
#include "sluice/balancer_planner/v1/rebalance_service.grpc.pb.h"

namespace sluice::cli::testing {

// Rebalances for tests of the CLI: answers with what it was given, and keeps the requests. Read after the call that
// made them.
class FakeRebalances final : public balancer_planner::v1::RebalanceService::Service {
 public:
  using Rebalance = balancer_planner::v1::Rebalance;
  using ChangeRequest = balancer_planner::v1::ChangeRebalanceRequest;

  grpc::Status PreviewRebalance(grpc::ServerContext*, const balancer_planner::v1::PreviewRebalanceRequest* request,
                                balancer_planner::v1::PreviewRebalanceResponse* response) override {
    previewed = *request;
    *response = preview;
    return grpc::Status::OK;
  }
  grpc::Status StartRebalance(grpc::ServerContext*, const balancer_planner::v1::StartRebalanceRequest* request,
                              Rebalance* response) override {
    if (load_unknown > 0) {
      --load_unknown;
      return rpc::ToGrpcStatus(MakeError(absl::StatusCode::kUnavailable, "nothing was heard of it",
                                         {.reason = "LOAD_UNKNOWN", .retry_after = absl::Seconds(15)}));
    }
    started = *request;
    *response = rebalances.front();
    return grpc::Status::OK;
  }
  grpc::Status GetRebalance(grpc::ServerContext*, const balancer_planner::v1::GetRebalanceRequest* request,
                            Rebalance* response) override {
    for (const Rebalance& rebalance : rebalances) {
      if (rebalance.name() != request->name()) continue;
      *response = rebalance;
      return grpc::Status::OK;
    }
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no " + request->name());
  }
  grpc::Status ListRebalances(grpc::ServerContext*, const balancer_planner::v1::ListRebalancesRequest* request,
                              balancer_planner::v1::ListRebalancesResponse* response) override {
    listed = *request;
    if (begins_after_lists > 0 && --begins_after_lists == 0) rebalances.insert(rebalances.begin(), begins);
    for (const Rebalance& rebalance : rebalances) *response->add_rebalances() = rebalance;
    response->set_verdict("it is balanced");
    return grpc::Status::OK;
  }
  grpc::Status ApproveRebalance(grpc::ServerContext*, const ChangeRequest* request, Rebalance* response) override {
    return Changed("approve", request, response);
  }
  grpc::Status PauseRebalance(grpc::ServerContext*, const ChangeRequest* request, Rebalance* response) override {
    return Changed("pause", request, response);
  }
  grpc::Status ResumeRebalance(grpc::ServerContext*, const ChangeRequest* request, Rebalance* response) override {
    return Changed("resume", request, response);
  }
  grpc::Status CancelRebalance(grpc::ServerContext*, const ChangeRequest* request, Rebalance* response) override {
    return Changed("cancel", request, response);
  }
  // The first stream breaks after its first message; the next ones send all.
  grpc::Status WatchRebalance(grpc::ServerContext*, const balancer_planner::v1::WatchRebalanceRequest* request,
                              grpc::ServerWriter<balancer_planner::v1::WatchRebalanceResponse>* writer) override {
    ++watches;
    watched_name = request->name();
    for (const Rebalance& rebalance : watched) {
      balancer_planner::v1::WatchRebalanceResponse response;
      *response.mutable_rebalance() = rebalance;
      writer->Write(response);
      if (watches == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the balancer restarts");
    }
    return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "it has ended");
  }

  balancer_planner::v1::PreviewRebalanceResponse preview;
  std::vector<Rebalance> rebalances;
  std::vector<Rebalance> watched;
  balancer_planner::v1::PreviewRebalanceRequest previewed;
  balancer_planner::v1::StartRebalanceRequest started;
  balancer_planner::v1::ListRebalancesRequest listed;
  std::vector<std::pair<std::string, ChangeRequest>> changes;
  int watches = 0;
  std::string watched_name;
  // After so many lists this one is there as well.
  int begins_after_lists = 0;
  Rebalance begins;
  // So many calls for a start find no sample yet.
  int load_unknown = 0;

 private:
  grpc::Status Changed(const char* how, const ChangeRequest* request, Rebalance* response) {
    changes.push_back({how, *request});
    *response = rebalances.front();
    return grpc::Status::OK;
  }
};

}  // namespace sluice::cli::testing
