#include "libs/kafka_admin/transport/broker_connection.h"

#include <algorithm>

#include "libs/base/strings.h"
#include "libs/kafka_admin/message/request_header.h"
#include "libs/kafka_admin/message/sasl_authenticate.h"
#include "libs/kafka_admin/message/sasl_handshake.h"
#include "libs/kafka_admin/transport/scram_client.h"
#include "libs/kafka_admin/transport/tcp.h"
#include "libs/kafka_admin/transport/tls.h"
#include "libs/kafka_admin/wire/error_code.h"

namespace sluice::kafka_admin {
namespace {

// A login is given up at this part of its lifetime, so that no request meets its end.
constexpr double kLoginUsedUp = 0.85;

absl::Status WithAddress(const absl::Status& status, const BrokerAddress& address) {
  absl::Status named(status.code(), absl::StrCat(address.host, ":", address.port, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { named.SetPayload(url, payload); });
  return named;
}

}  // namespace

absl::StatusOr<std::shared_ptr<BrokerConnection>> BrokerConnection::Open(const BrokerAddress& address,
                                                                         const ConnectionOptions& options,
                                                                         Deadline deadline) {
  deadline = deadline.Sooner(options.connect_timeout);
  auto open = [&]() -> absl::StatusOr<std::shared_ptr<BrokerConnection>> {
    ASSIGN_OR_RETURN(Socket socket, Dial(address, deadline));
    std::unique_ptr<Stream> stream;
    if (options.tls) {
      ASSIGN_OR_RETURN(stream, StartTls(std::move(socket), *options.tls, address.host, deadline));
    } else {
      stream = NewTcpStream(std::move(socket));
    }
    std::shared_ptr<BrokerConnection> connection(
        new BrokerConnection(address, options.client_id, std::move(stream), options.limits));
    RETURN_IF_ERROR(connection->LearnVersions(deadline));
    if (options.sasl) RETURN_IF_ERROR(connection->LogIn(*options.sasl, deadline));
    return connection;
  };
  absl::StatusOr<std::shared_ptr<BrokerConnection>> connection = open();
  if (!connection.ok()) return WithAddress(connection.status(), address);
  return connection;
}

absl::Status BrokerConnection::LearnVersions(Deadline deadline) {
  message::ApiVersionsRequest request;
  request.client_software_name = kClientSoftwareName;
  request.client_software_version = kClientSoftwareVersion;
  int16_t version = message::ApiVersionsRequest::kMaxVersion;
  for (int attempt = 0; attempt < 2; ++attempt) {
    ASSIGN_OR_RETURN(SentRequest sent, SendVersion(request, version, deadline));
    ASSIGN_OR_RETURN(std::string bytes, channel_.Await(sent.correlation_id, deadline));
    // A broker that does not know our version answers in version 0, with the one it knows (KIP-511).
    bool refused = wire::Reader(bytes).ReadInt16() == kUnsupportedVersion;
    ASSIGN_OR_RETURN(api_versions_, Decode<message::ApiVersionsResponse>(bytes, refused ? int16_t{0} : version,
                                                                         /*flexible_header=*/false));
    for (const auto& api : api_versions_.api_keys) versions_[api.api_key] = {api.min_version, api.max_version};
    if (!refused) return KafkaStatus(api_versions_.error_code);
    auto known = versions_.find(kApiVersionsKey);
    version = known == versions_.end() ? int16_t{0} : std::min(version, known->second.last);
  }
  return KafkaStatus(kUnsupportedVersion, "the broker refuses every version of ApiVersions");
}

absl::StatusOr<int16_t> BrokerConnection::Negotiate(const char* name, int16_t api_key, wire::VersionRange ours) const {
  auto theirs = versions_.find(api_key);
  if (theirs == versions_.end()) {
    return KafkaStatus(kUnsupportedVersion, absl::StrCat("the broker does not offer ", name, " on this listener"));
  }
  int16_t version = std::min(ours.last, theirs->second.last);
  if (version < ours.first || version < theirs->second.first) {
    return KafkaStatus(kUnsupportedVersion,
                       absl::StrCat("the broker speaks ", name, " in versions ", theirs->second.first, " to ",
                                    theirs->second.last, ", this client in ", ours.first, " to ", ours.last));
  }
  return version;
}

absl::Status BrokerConnection::WriteHeader(wire::Writer& writer, int16_t api_key, int16_t version, bool flexible,
                                           int32_t correlation_id) const {
  message::RequestHeader header;
  header.request_api_key = api_key;
  header.request_api_version = version;
  header.correlation_id = correlation_id;
  header.client_id = client_id_;
  return header.Encode(flexible ? 2 : 1, writer);
}

absl::Status BrokerConnection::SkipResponseTags(wire::Reader& reader) {
  // The channel has taken the correlation id; what is left of a flexible header is its tagged fields.
  uint32_t count = reader.ReadUnsignedVarint();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    reader.ReadUnsignedVarint();
    reader.ReadRaw(reader.ReadUnsignedVarint());
  }
  return reader.status();
}

absl::Status BrokerConnection::LogIn(const SaslCredentials& credentials, Deadline deadline) {
  const auto* scram = std::get_if<ScramCredentials>(&credentials);
  message::SaslHandshakeRequest handshake;
  handshake.mechanism = scram != nullptr ? std::string(ScramMechanismName(scram->mechanism)) : "PLAIN";
  ASSIGN_OR_RETURN(auto response, Call<message::SaslHandshakeResponse>(handshake, deadline));
  RETURN_IF_ERROR(KafkaStatus(response.error_code, absl::StrCat(handshake.mechanism, " is not enabled on the broker")));
  if (scram != nullptr) return LogInByScram(*scram, deadline);
  const auto& plain = std::get<PlainCredentials>(credentials);
  std::string token;
  token.append(1, '\0').append(plain.user).append(1, '\0').append(plain.password.value);
  return ExchangeToken(std::move(token), deadline).status();
}

absl::Status BrokerConnection::LogInByScram(const ScramCredentials& credentials, Deadline deadline) {
  ASSIGN_OR_RETURN(std::string nonce, RandomScramNonce());
  ScramClient client(credentials, std::move(nonce));
  ASSIGN_OR_RETURN(std::string challenge, ExchangeToken(client.ClientFirst(), deadline));
  ASSIGN_OR_RETURN(std::string proof, client.ClientFinal(challenge));
  ASSIGN_OR_RETURN(std::string verdict, ExchangeToken(std::move(proof), deadline));
  return client.CheckServerFinal(verdict);
}

absl::StatusOr<std::string> BrokerConnection::ExchangeToken(std::string token, Deadline deadline) {
  message::SaslAuthenticateRequest request;
  request.auth_bytes.data = std::move(token);
  ASSIGN_OR_RETURN(auto response, Call<message::SaslAuthenticateResponse>(request, deadline));
  RETURN_IF_ERROR(KafkaStatus(response.error_code, response.error_message.value_or("")));
  if (response.session_lifetime_ms > 0) {
    login_ends_ = Deadline::After(absl::Milliseconds(response.session_lifetime_ms) * kLoginUsedUp);
  }
  return std::move(response.auth_bytes.data);
}

bool BrokerConnection::Usable() { return (!login_ends_ || !login_ends_->Expired()) && channel_.Healthy(); }

}  // namespace sluice::kafka_admin
