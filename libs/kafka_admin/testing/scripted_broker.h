#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/kafka_admin/cluster.h"
#include "libs/kafka_admin/message/api_versions.h"
#include "libs/kafka_admin/wire/writer.h"

namespace sluice::kafka_admin::testing {

struct ScriptedRequest {
  int16_t api_key = -1;
  int16_t version = -1;
  int32_t correlation_id = -1;
  std::string body;  // after the header

  template <typename Request>
  Request As() const {
    Request request;
    wire::Reader reader(body);
    if (!request.Decode(version, reader).ok()) std::abort();
    return request;
  }
};

struct ScriptedAnswer {
  std::string bytes;  // sent as they are, frames and all; nothing: silence
  bool close = false;
};

// A listening socket that answers as a test says: for what a real broker does not do on demand. It takes connections
// one after the other, each in a thread. Plain TCP.
class ScriptedBroker {
 public:
  using Script = std::function<ScriptedAnswer(const ScriptedRequest&)>;

  // ApiVersions is answered by `versions` unless the script gives an answer for it.
  explicit ScriptedBroker(Script script);
  ~ScriptedBroker();

  BrokerAddress address() const { return {.host = "127.0.0.1", .port = port_}; }
  // How many requests of an API have come in.
  int CountOf(int16_t api_key);
  int connections() const { return connections_; }
  void CloseConnections();

  static std::string Frame(int32_t correlation_id, const std::string& content);

  // A well-formed answer to `request`.
  template <typename Response>
  static ScriptedAnswer Answer(const ScriptedRequest& request, const Response& response) {
    wire::Writer writer;
    bool api_versions = Response::kApiKey == message::ApiVersionsResponse::kApiKey;
    if (Response::kFlexible.Contains(request.version) && !api_versions) writer.WriteUnsignedVarint(0);
    if (!response.Encode(request.version, writer).ok()) std::abort();
    return {.bytes = Frame(request.correlation_id, writer.buffer())};
  }

  // Every API in every version that this client has.
  static message::ApiVersionsResponse AllVersions();

 private:
  void Accept();
  void Serve(int descriptor);
  bool ReadRequest(int descriptor, ScriptedRequest& request);

  const Script script_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::map<int16_t, int> counts_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

}  // namespace sluice::kafka_admin::testing
