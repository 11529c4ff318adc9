#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/operator/cluster_state.h"
#include "libs/operator/physical_spec.h"

namespace sluice::op {

// Where a node is and what it is given; the substrate fills it in.
struct NodePlace {
  int32_t node_id = 0;
  NodeRole role = NodeRole::kBroker;
  // CN of the certificates of this cluster's nodes, of no other cluster's: "pkc-1.node".
  std::string certificate_name;
  // What clients dial; the certificate names it.
  std::string host = "localhost";
  // CLIENT and INTERNAL of a broker, CONTROLLER of a controller.
  int32_t client_port = 0;
  int32_t internal_port = 0;
  int32_t controller_port = 0;
  // "host:port" of all controllers.
  std::vector<std::string> controllers;
  std::string rack;
  std::string data_folder;
  // PEM: the node's key and chain, and the CA that its peers' certificates come from.
  std::string keystore_file;
  std::string truststore_file;
  int32_t heap_mib = 0;
};

// CN of the satellite's own certificate: with the nodes themselves the super users of each cluster.
inline constexpr char kAdminName[] = "sluice-satellite";

using Properties = std::map<std::string, std::string>;

// The static configuration of one node: listeners of their own for tenants (CLIENT: SASL_SSL, SCRAM-SHA-512), for the
// cell itself and the satellite (INTERNAL: SSL, client certificate required) and for the quorum (CONTROLLER: the same).
// The quorum is dynamic (KIP-853): a controller's address may change later. Dynamic keys are not here: see
// DynamicConfigsOf in broker_config.h. The same input gives the same properties.
Properties ServerProperties(const PhysicalSpec& spec, const NodePlace& place);

// As java.util.Properties reads it, sorted by key.
std::string RenderProperties(const Properties& properties);
// The reverse, for what RenderProperties wrote.
Properties ParseProperties(const std::string& text);

// Sixteen hex digits (FNV-1a 64): tells one configuration from another, guards against nobody.
std::string Digest(const std::string& text);

}  // namespace sluice::op
