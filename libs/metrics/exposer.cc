#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/metrics/metrics.h"

namespace sluice::metrics {
namespace {

// {"healthy": false, "reason": "…", "message": "…", "wrong": {what: why}}
std::string HealthDocument(const absl::Status& status) {
  nlohmann::json document = {{"healthy", status.ok()}};
  if (!status.ok()) {
    document["message"] = std::string(status.message());
    const ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail{});
    if (!detail.reason.empty()) document["reason"] = detail.reason;
    if (!detail.metadata.empty()) document["wrong"] = detail.metadata;
  }
  // Messages may carry bytes from outside.
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

class HttpExposer final : public Exposer {
 public:
  HttpExposer(const Registry& registry, HealthCheck health) : registry_(registry), health_(std::move(health)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(2); };
    // An idle scraper must not hold one of the two threads.
    server_.set_keep_alive_max_count(1);
    server_.set_read_timeout(5);
    server_.set_write_timeout(5);
    server_.set_payload_max_length(1024);
    // The library sets SO_REUSEPORT by default: two processes on one port would each get half of the scrapes.
    server_.set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    server_.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(registry_.Render(), "text/plain; version=0.0.4; charset=utf-8");
    });
    server_.Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
      const absl::Status status = health_ ? health_() : absl::OkStatus();
      response.status = status.ok() ? 200 : 503;
      response.set_content(HealthDocument(status), "application/json");
    });
  }

  ~HttpExposer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  bool Listen(const std::string& host, int port) {
    if (port == 0) {
      port_ = server_.bind_to_any_port(host.c_str());
      if (port_ <= 0) return false;
    } else {
      if (!server_.bind_to_port(host.c_str(), port)) return false;
      port_ = port;
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() before the loop runs would be lost.
    while (!server_.is_running()) std::this_thread::yield();
    return true;
  }

  int port() const override { return port_; }

 private:
  const Registry& registry_;
  const HealthCheck health_;
  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Exposer>> Exposer::Start(std::string_view address, const Registry& registry,
                                                        HealthCheck health) {
  const std::size_t colon = address.rfind(':');
  int port = 0;
  if (colon == std::string_view::npos || !absl::SimpleAtoi(Absl(address.substr(colon + 1)), &port) || port < 0 ||
      port > 65535) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     "metrics address '" + std::string(address) + "' is not host:port",
                     {.reason = "ADDRESS_INVALID", .remedy = "write it as 127.0.0.1:9464"});
  }
  auto exposer = std::make_unique<HttpExposer>(registry, std::move(health));
  if (!exposer->Listen(std::string(address.substr(0, colon)), port)) {
    return MakeError(absl::StatusCode::kUnavailable, "cannot listen on " + std::string(address),
                     {.reason = "PORT_IN_USE", .remedy = "stop what uses it, or choose another port"});
  }
  return std::unique_ptr<Exposer>(std::move(exposer));
}

}  // namespace sluice::metrics
