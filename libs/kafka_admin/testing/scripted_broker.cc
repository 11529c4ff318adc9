#include "libs/kafka_admin/testing/scripted_broker.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "libs/kafka_admin/message/all_messages.h"
#include "libs/kafka_admin/message/request_header.h"
#include "libs/kafka_admin/wire/reader.h"

namespace sluice::kafka_admin::testing {
namespace {

bool ReadExactly(int descriptor, std::string& bytes, size_t size) {
  bytes.resize(size);
  size_t done = 0;
  while (done < size) {
    ssize_t count = recv(descriptor, bytes.data() + done, size - done, 0);
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

// Whether the request's header is of the flexible kind.
bool FlexibleHeader(int16_t api_key, int16_t version) {
  bool flexible = false;
  message::ForEachMessage([&]<typename Message>() {
    if constexpr (requires { Message::kApiKey; }) {
      if (Message::kApiKey == api_key) flexible = Message::kFlexible.Contains(version);
    }
  });
  return flexible;
}

}  // namespace

ScriptedBroker::ScriptedBroker(Script script) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { Accept(); });
}

ScriptedBroker::~ScriptedBroker() {
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  close(listener_);
  CloseConnections();
  for (std::thread& thread : threads_) thread.join();
}

void ScriptedBroker::CloseConnections() {
  std::lock_guard lock(mutex_);
  for (int descriptor : open_) shutdown(descriptor, SHUT_RDWR);
}

int ScriptedBroker::CountOf(int16_t api_key) {
  std::lock_guard lock(mutex_);
  return counts_[api_key];
}

void ScriptedBroker::Accept() {
  while (true) {
    int descriptor = accept(listener_, nullptr, nullptr);
    if (descriptor < 0) return;
    ++connections_;
    std::lock_guard lock(mutex_);
    open_.push_back(descriptor);
    threads_.emplace_back([this, descriptor] { Serve(descriptor); });
  }
}

void ScriptedBroker::Serve(int descriptor) {
  ScriptedRequest request;
  while (ReadRequest(descriptor, request)) {
    {
      std::lock_guard lock(mutex_);
      ++counts_[request.api_key];
    }
    ScriptedAnswer answer = script_(request);
    bool silent = answer.bytes.empty() && !answer.close;
    if (silent && request.api_key == message::ApiVersionsRequest::kApiKey) answer = Answer(request, AllVersions());
    if (!answer.bytes.empty()) send(descriptor, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
    if (answer.close) break;
  }
  std::lock_guard lock(mutex_);
  std::erase(open_, descriptor);
  close(descriptor);
}

bool ScriptedBroker::ReadRequest(int descriptor, ScriptedRequest& request) {
  std::string bytes;
  if (!ReadExactly(descriptor, bytes, sizeof(int32_t))) return false;
  if (!ReadExactly(descriptor, bytes, static_cast<size_t>(wire::Reader(bytes).ReadInt32()))) return false;
  wire::Reader peek(bytes);
  request.api_key = peek.ReadInt16();
  request.version = peek.ReadInt16();
  message::RequestHeader header;
  wire::Reader reader(bytes);
  if (!header.Decode(FlexibleHeader(request.api_key, request.version) ? 2 : 1, reader).ok()) return false;
  request.correlation_id = header.correlation_id;
  request.body = std::string(reader.ReadRaw(reader.remaining()));
  return true;
}

std::string ScriptedBroker::Frame(int32_t correlation_id, const std::string& content) {
  wire::Writer writer;
  writer.WriteInt32(static_cast<int32_t>(content.size() + sizeof(int32_t)));
  writer.WriteInt32(correlation_id);
  writer.WriteRaw(content);
  return std::move(writer).Take();
}

message::ApiVersionsResponse ScriptedBroker::AllVersions() {
  message::ApiVersionsResponse response;
  message::ForEachMessage([&]<typename Message>() {
    if constexpr (requires { Message::kApiKey; }) {
      bool seen = std::any_of(response.api_keys.begin(), response.api_keys.end(),
                              [](const auto& api) { return api.api_key == Message::kApiKey; });
      if (!seen) response.api_keys.push_back({Message::kApiKey, Message::kMinVersion, Message::kMaxVersion});
    }
  });
  return response;
}

}  // namespace sluice::kafka_admin::testing
