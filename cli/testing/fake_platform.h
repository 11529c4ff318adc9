#pragma once

#include <grpcpp/grpcpp.h>

#include "sluice/provisioner/v1/data_plane_service.grpc.pb.h"
#include "sluice/provisioner/v1/organization_service.grpc.pb.h"

namespace sluice::cli::testing {

// Organizations, roles and data planes for tests of the CLI: answers with what it was asked for, and keeps the request.
// Requests are read after the call that made them.
class FakeOrganizations final : public provisioner::v1::OrganizationService::Service {
 public:
  grpc::Status CreateOrganization(grpc::ServerContext*, const provisioner::v1::CreateOrganizationRequest* request,
                                  provisioner::v1::CreateOrganizationResponse* response) override {
    response->mutable_organization()->set_name("organizations/" + request->organization_id());
    response->mutable_admin_key()->set_uid("ak-1");
    response->set_secret("sk_ak-1_topsecret");
    return grpc::Status::OK;
  }
  grpc::Status CreateEnvironment(grpc::ServerContext*, const provisioner::v1::CreateEnvironmentRequest* request,
                                 provisioner::v1::Environment* response) override {
    response->set_name(request->parent() + "/environments/" + request->environment_id());
    return grpc::Status::OK;
  }
  grpc::Status CreateApiKey(grpc::ServerContext*, const provisioner::v1::CreateApiKeyRequest* request,
                            provisioner::v1::CreateApiKeyResponse* response) override {
    create_api_key = *request;
    response->mutable_api_key()->set_name(request->parent() + "/apiKeys/" + request->api_key_id());
    response->mutable_api_key()->set_uid("ak-2");
    response->set_secret("sk_ak-2_topsecret");
    return grpc::Status::OK;
  }
  grpc::Status GetApiKey(grpc::ServerContext*, const provisioner::v1::GetApiKeyRequest* request,
                         provisioner::v1::ApiKey* response) override {
    response->set_name(request->name());
    response->set_uid("ak-2");
    return grpc::Status::OK;
  }
  grpc::Status CreateRoleBinding(grpc::ServerContext*, const provisioner::v1::CreateRoleBindingRequest* request,
                                 provisioner::v1::RoleBinding* response) override {
    create_role_binding = *request;
    *response = request->role_binding();
    response->set_name(request->parent() + "/roleBindings/rb-1");
    return grpc::Status::OK;
  }
  grpc::Status WhoAmI(grpc::ServerContext*, const provisioner::v1::WhoAmIRequest*,
                      provisioner::v1::WhoAmIResponse* response) override {
    response->set_principal("apiKeys/ak-1");
    auto* binding = response->add_role_bindings();
    binding->set_role(provisioner::v1::RoleBinding::ORGANIZATION_ADMIN);
    binding->set_scope("organizations/acme");
    return grpc::Status::OK;
  }

  provisioner::v1::CreateApiKeyRequest create_api_key;
  provisioner::v1::CreateRoleBindingRequest create_role_binding;
};

class FakeDataPlanes final : public provisioner::v1::DataPlaneService::Service {
 public:
  grpc::Status RegisterDataPlane(grpc::ServerContext*, const provisioner::v1::RegisterDataPlaneRequest* request,
                                 provisioner::v1::RegisterDataPlaneResponse* response) override {
    *response->mutable_data_plane() = request->data_plane();
    response->mutable_data_plane()->set_name("dataPlanes/" + request->data_plane_id());
    response->set_enrolment_token("once");
    return grpc::Status::OK;
  }
  grpc::Status GetDataPlane(grpc::ServerContext*, const provisioner::v1::GetDataPlaneRequest* request,
                            provisioner::v1::DataPlane* response) override {
    response->set_name(request->name());
    response->set_state(provisioner::v1::DataPlane::CONNECTED);
    auto* cell = response->add_physical_clusters();
    cell->set_id("pkc-1");
    cell->set_shared(true);
    cell->set_state(provisioner::v1::PhysicalCluster::DEGRADED);
    cell->set_brokers(3);
    cell->set_brokers_ready(2);
    auto* condition = cell->add_conditions();
    condition->set_type("Available");
    condition->set_status(provisioner::v1::Condition::FALSE);
    condition->set_reason("BrokerDown");
    condition->set_message("broker 2 is backing off");
    return grpc::Status::OK;
  }
};

}  // namespace sluice::cli::testing
