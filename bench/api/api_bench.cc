// What the API accepts: SERVERLESS creates by clients of several organizations, TLS and authentication on, then all
// clusters listed page by page. Server, clients and PostgreSQL (fsync on) share this machine; no Kafka is in it, so
// rows wait in the outbox. One JSON line a figure; bench/api/README.md has the command.

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/report/report.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "libs/clock/random.h"
#include "libs/grpc/error_status.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "sluice/provisioner/v1/kafka_cluster_service.grpc.pb.h"

namespace sluice::provisioner {
namespace {

struct Options {
  int clients = 16;
  int organizations = 4;
  int cells = 8;
  double seconds = 20;
  double warm_up_seconds = 5;
  int list = 10'000;
};

struct Client {
  std::string parent;
  std::shared_ptr<::grpc::Channel> channel;
  std::vector<double> times_ms;
  int created = 0;
  absl::Status failed;
};

void SetDeadline(::grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

// Creates until it has made `most`, or until `stop`.
void Create(Client& client, int number, int most, const std::atomic<bool>& measure, const std::atomic<bool>& stop) {
  auto stub = v1::KafkaClusterService::NewStub(client.channel);
  for (; !stop && client.created < most; ++client.created) {
    v1::CreateKafkaClusterRequest request;
    request.set_parent(client.parent);
    request.set_kafka_cluster_id(absl::StrCat("c", number, "-", client.created));
    request.mutable_kafka_cluster()->set_type(v1::KafkaCluster::SERVERLESS);
    request.set_request_id(clock::NewUuid4(clock::CryptoRandom()));
    ::grpc::ClientContext context;
    SetDeadline(context);
    google::longrunning::Operation operation;
    const absl::Time begun = absl::Now();
    const ::grpc::Status status = stub->CreateKafkaCluster(&context, request, &operation);
    if (!status.ok()) {
      client.failed = rpc::FromGrpcStatus(status);
      return;
    }
    if (measure) client.times_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - begun));
  }
}

absl::Status Creates(const Options& options, std::vector<Client>& clients) {
  std::atomic<bool> measure = false, stop = false;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    threads.emplace_back(
        [&, i] { Create(clients[i], static_cast<int>(i), std::numeric_limits<int>::max(), measure, stop); });
  }
  absl::SleepFor(absl::Seconds(options.warm_up_seconds));
  measure = true;
  const absl::Time begun = absl::Now();
  absl::SleepFor(absl::Seconds(options.seconds));
  measure = false;
  const absl::Duration length = absl::Now() - begun;
  stop = true;
  for (std::thread& thread : threads) thread.join();
  std::vector<double> times_ms;
  for (const Client& client : clients) {
    RETURN_IF_ERROR(client.failed);
    times_ms.insert(times_ms.end(), client.times_ms.begin(), client.times_ms.end());
  }
  if (times_ms.empty()) return absl::InternalError("nothing was created");
  bench::Print({{"bench", "api_creates"},
                {"clients", options.clients},
                {"organizations", options.organizations},
                {"cells", options.cells},
                {"creates", times_ms.size()},
                {"creates_per_second", static_cast<double>(times_ms.size()) / absl::ToDoubleSeconds(length)},
                {"p50_ms", bench::Quantile(times_ms, 0.5)},
                {"p99_ms", bench::Quantile(times_ms, 0.99)},
                {"max_ms", bench::Quantile(times_ms, 1)}});
  return absl::OkStatus();
}

// The first organization gets as many clusters as shall be listed.
absl::Status TopUp(const Options& options, std::vector<Client>& clients) {
  const auto of_first = static_cast<int>(clients.size()) / options.organizations;
  const std::atomic<bool> no = false;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < clients.size(); i += static_cast<std::size_t>(options.organizations)) {
    threads.emplace_back([&, i] { Create(clients[i], static_cast<int>(i), options.list / of_first + 1, no, no); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Client& client : clients) RETURN_IF_ERROR(client.failed);
  return absl::OkStatus();
}

absl::Status List(const Options& options, const Client& client) {
  auto stub = v1::KafkaClusterService::NewStub(client.channel);
  v1::ListKafkaClustersRequest request;
  request.set_parent(client.parent.substr(0, client.parent.rfind('/')) + "/-");
  request.set_page_size(1000);
  int listed = 0, pages = 0;
  const absl::Time begun = absl::Now();
  do {
    ::grpc::ClientContext context;
    SetDeadline(context);
    v1::ListKafkaClustersResponse response;
    const ::grpc::Status status = stub->ListKafkaClusters(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpcStatus(status);
    listed += response.kafka_clusters_size();
    ++pages;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && listed < options.list);
  bench::Print({{"bench", "api_list"},
                {"clusters", listed},
                {"pages", pages},
                {"seconds", absl::ToDoubleSeconds(absl::Now() - begun)}});
  return absl::OkStatus();
}

absl::Status Run(const Options& options) {
  ASSIGN_OR_RETURN(auto api, testing::ApiFixture::Start({.postgres = {.fsync = true}}));
  RETURN_IF_ERROR(api->AddCells(options.cells, 1'000'000));
  std::vector<Client> clients;
  std::vector<std::string> keys;
  for (int i = 0; i < options.organizations; ++i) {
    const std::string id = absl::StrCat("bench", i);
    ASSIGN_OR_RETURN(const std::string key, api->AddOrganization(id));
    RETURN_IF_ERROR(api->AddEnvironment(key, id, "prod").status());
    keys.push_back(key);
  }
  for (int i = 0; i < options.clients; ++i) {
    const int organization = i % options.organizations;
    clients.push_back({.parent = absl::StrCat("organizations/bench", organization, "/environments/prod"),
                       .channel = api->NewChannel(keys[static_cast<std::size_t>(organization)])});
  }
  RETURN_IF_ERROR(Creates(options, clients));
  RETURN_IF_ERROR(TopUp(options, clients));
  return List(options, clients.front());
}

}  // namespace
}  // namespace sluice::provisioner

int main(int argc, char** argv) {
  sluice::provisioner::Options options;
  CLI::App app("What the API accepts, over TLS with authentication");
  app.add_option("--clients", options.clients, "clients, each with a connection of its own")->capture_default_str();
  app.add_option("--organizations", options.organizations, "organizations that they belong to")->capture_default_str();
  app.add_option("--cells", options.cells, "cells to place on")->capture_default_str();
  app.add_option("--seconds", options.seconds, "length of the measurement")->capture_default_str();
  app.add_option("--warm-up-seconds", options.warm_up_seconds, "creates before that, not counted")
      ->capture_default_str();
  app.add_option("--list", options.list, "clusters of one organization to list")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = sluice::provisioner::Run(options);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
