#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/kafka_admin/client_error.h"
#include "libs/kafka_admin/cluster.h"
#include "libs/kafka_admin/message/api_versions.h"
#include "libs/kafka_admin/security.h"
#include "libs/kafka_admin/transport/frame_channel.h"
#include "libs/kafka_admin/wire/field_spec.h"
#include "libs/kafka_admin/wire/reader.h"
#include "libs/kafka_admin/wire/writer.h"

namespace sluice::kafka_admin {

// How this client calls itself: letters, digits, dots and dashes only (KIP-511).
inline constexpr char kClientSoftwareName[] = "sluice-kafka-admin";
inline constexpr char kClientSoftwareVersion[] = "1";

struct ConnectionOptions {
  std::string client_id;
  std::optional<TlsOptions> tls;
  std::optional<SaslCredentials> sasl;
  absl::Duration connect_timeout = absl::Seconds(5);
  FrameChannel::Limits limits;
};

// A request that has been sent on a connection, and the version that its response will have.
struct SentRequest {
  int32_t correlation_id = 0;
  int16_t version = 0;
};

// One broker, connected, its versions known, logged in. All methods may be called from any thread.
class BrokerConnection {
 public:
  // Dials, shakes hands, asks for the versions, logs in: all within the deadline and options.connect_timeout.
  static absl::StatusOr<std::shared_ptr<BrokerConnection>> Open(const BrokerAddress& address,
                                                                const ConnectionOptions& options, Deadline deadline);

  // The highest version that both sides speak, at most `cap`. Unimplemented (KAFKA_UNSUPPORTED_VERSION) if none.
  template <typename Request>
  absl::StatusOr<int16_t> VersionOf(int16_t cap = Request::kMaxVersion) const {
    return Negotiate(Request::kName, Request::kApiKey, {Request::kMinVersion, std::min(cap, Request::kMaxVersion)});
  }

  // Sends without waiting, for pipelining; each must be awaited once.
  template <typename Request>
  absl::StatusOr<SentRequest> Send(const Request& request, Deadline deadline, int16_t cap = Request::kMaxVersion) {
    ASSIGN_OR_RETURN(int16_t version, VersionOf<Request>(cap));
    return SendVersion(request, version, deadline);
  }

  template <typename Response>
  absl::StatusOr<Response> Await(SentRequest sent, Deadline deadline) {
    ASSIGN_OR_RETURN(std::string bytes, channel_.Await(sent.correlation_id, deadline));
    // ApiVersions' answer keeps the old header, since its reader cannot know the version yet (KIP-511).
    bool flexible_header = Response::kFlexible.Contains(sent.version) && Response::kApiKey != kApiVersionsKey;
    return Decode<Response>(bytes, sent.version, flexible_header);
  }

  // Send and Await.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(const Request& request, Deadline deadline, int16_t cap = Request::kMaxVersion) {
    ASSIGN_OR_RETURN(SentRequest sent, Send(request, deadline, cap));
    return Await<Response>(sent, deadline);
  }

  // Whether another request may be sent: not broken, and its login not about to end (KIP-368).
  bool Usable();

  const BrokerAddress& address() const { return address_; }
  // What the broker told when it was connected, its features among it.
  const message::ApiVersionsResponse& api_versions() const { return api_versions_; }

 private:
  static constexpr int16_t kApiVersionsKey = message::ApiVersionsRequest::kApiKey;

  BrokerConnection(BrokerAddress address, std::string client_id, std::unique_ptr<Stream> stream,
                   FrameChannel::Limits limits)
      : address_(std::move(address)), client_id_(std::move(client_id)), channel_(std::move(stream), limits) {}

  absl::Status LearnVersions(Deadline deadline);
  absl::Status LogIn(const SaslCredentials& credentials, Deadline deadline);
  absl::Status LogInByScram(const ScramCredentials& credentials, Deadline deadline);
  // One round of the mechanism: what the broker answers to `token`.
  absl::StatusOr<std::string> ExchangeToken(std::string token, Deadline deadline);
  absl::StatusOr<int16_t> Negotiate(const char* name, int16_t api_key, wire::VersionRange ours) const;
  absl::Status WriteHeader(wire::Writer& writer, int16_t api_key, int16_t version, bool flexible,
                           int32_t correlation_id) const;
  static absl::Status SkipResponseTags(wire::Reader& reader);
  static absl::Status Malformed(const absl::Status& status) { return MalformedResponseError(status.ToString()); }

  template <typename Request>
  absl::StatusOr<SentRequest> SendVersion(const Request& request, int16_t version, Deadline deadline) {
    auto make_frame = [&](int32_t correlation_id) -> absl::StatusOr<std::string> {
      wire::Writer writer;
      RETURN_IF_ERROR(
          WriteHeader(writer, Request::kApiKey, version, Request::kFlexible.Contains(version), correlation_id));
      RETURN_IF_ERROR(request.Encode(version, writer));
      return std::move(writer).Take();
    };
    ASSIGN_OR_RETURN(int32_t correlation_id, channel_.Send(make_frame, deadline));
    return SentRequest{.correlation_id = correlation_id, .version = version};
  }

  template <typename Response>
  static absl::StatusOr<Response> Decode(const std::string& bytes, int16_t version, bool flexible_header) {
    wire::Reader reader(bytes);
    if (flexible_header) {
      absl::Status header = SkipResponseTags(reader);
      if (!header.ok()) return Malformed(header);
    }
    Response response;
    absl::Status decoded = response.Decode(version, reader);
    if (!decoded.ok()) return Malformed(decoded);
    if (reader.remaining() != 0) {
      return MalformedResponseError(absl::StrCat(Response::kName, " has ", reader.remaining(), " bytes too many"));
    }
    return response;
  }

  const BrokerAddress address_;
  const std::string client_id_;
  FrameChannel channel_;
  // Set while opening, then only read.
  message::ApiVersionsResponse api_versions_;
  absl::flat_hash_map<int16_t, wire::VersionRange> versions_;
  std::optional<Deadline> login_ends_;
};

}  // namespace sluice::kafka_admin
