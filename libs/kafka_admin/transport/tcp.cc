#include "libs/kafka_admin/transport/tcp.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/kafka_admin/client_error.h"

namespace sluice::kafka_admin {
namespace {

constexpr int kMaxLookups = 16;
// The kernel gives up a connection whose data nobody has acknowledged for this long.
constexpr int kUnacknowledgedLimitMs = 10'000;

std::atomic<int> lookups_under_way{0};

struct Endpoint {
  sockaddr_storage address;
  socklen_t size;
};

struct Lookup {
  std::mutex mutex;
  std::condition_variable done;
  std::optional<int> result;
  std::vector<Endpoint> endpoints;
};

int Resolve(const BrokerAddress& address, int flags, std::vector<Endpoint>& endpoints) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  int result = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list);
  if (result != 0) return result;
  for (addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Endpoint endpoint = {.address = {}, .size = entry->ai_addrlen};
    std::memcpy(&endpoint.address, entry->ai_addr, entry->ai_addrlen);
    endpoints.push_back(endpoint);
  }
  freeaddrinfo(list);
  return 0;
}

absl::StatusOr<std::vector<Endpoint>> LookUp(const BrokerAddress& address, Deadline deadline) {
  std::vector<Endpoint> numeric;
  if (Resolve(address, AI_NUMERICHOST, numeric) == 0) return numeric;
  if (lookups_under_way.fetch_add(1) >= kMaxLookups) {
    lookups_under_way.fetch_sub(1);
    return ConnectionError("too many name look-ups are under way: the name servers do not answer");
  }
  auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, address] {
    std::vector<Endpoint> endpoints;
    int result = Resolve(address, AI_ADDRCONFIG, endpoints);
    std::lock_guard lock(lookup->mutex);
    lookup->endpoints = std::move(endpoints);
    lookup->result = result;
    lookup->done.notify_all();
    lookups_under_way.fetch_sub(1);
  }).detach();
  std::unique_lock lock(lookup->mutex);
  if (!lookup->done.wait_until(lock, deadline.at(), [&] { return lookup->result.has_value(); })) {
    return TimeoutError(absl::StrCat("no answer in time to the look-up of ", address.host));
  }
  if (*lookup->result != 0) {
    return ConnectionError(absl::StrCat("cannot look up ", address.host, ": ", gai_strerror(*lookup->result)));
  }
  return lookup->endpoints;
}

absl::Status SocketError(const BrokerAddress& address, int error) {
  return ConnectionError(absl::StrCat(address.host, ":", address.port, ": ", std::strerror(error)));
}

absl::StatusOr<Socket> DialEndpoint(const BrokerAddress& address, const Endpoint& endpoint, Deadline deadline) {
  Socket socket(::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.descriptor() < 0) return SocketError(address, errno);
  int on = 1;
  setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket.descriptor(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  int limit_ms = kUnacknowledgedLimitMs;
  setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof limit_ms);
  if (connect(socket.descriptor(), reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.size) != 0) {
    if (errno != EINPROGRESS) return SocketError(address, errno);
    RETURN_IF_ERROR(WaitFor(socket.descriptor(), POLLOUT, deadline));
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return SocketError(address, error);
  }
  return socket;
}

class TcpStream : public Stream {
 public:
  explicit TcpStream(Socket socket) : socket_(std::move(socket)) {}

  absl::StatusOr<Progress> TryRead(char* to, size_t size) override {
    ssize_t count = recv(socket_.descriptor(), to, size, 0);
    if (count == 0) return ConnectionError("the broker closed the connection");
    return Moved(count, POLLIN);
  }

  absl::StatusOr<Progress> TryWrite(const char* from, size_t size) override {
    return Moved(send(socket_.descriptor(), from, size, MSG_NOSIGNAL), POLLOUT);
  }

  bool HasBuffered() const override { return false; }
  int descriptor() const override { return socket_.descriptor(); }

 private:
  static absl::StatusOr<Progress> Moved(ssize_t count, short wait_for) {
    if (count >= 0) return Progress{.bytes = static_cast<size_t>(count)};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return Progress{.wait_for = wait_for};
    return ConnectionError(absl::StrCat("the connection broke: ", std::strerror(errno)));
  }

  Socket socket_;
};

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<Socket> Dial(const BrokerAddress& address, Deadline deadline) {
  ASSIGN_OR_RETURN(std::vector<Endpoint> endpoints, LookUp(address, deadline));
  absl::Status last = ConnectionError(absl::StrCat(address.host, " has no address"));
  for (const Endpoint& endpoint : endpoints) {
    absl::StatusOr<Socket> socket = DialEndpoint(address, endpoint, deadline);
    if (socket.ok()) return socket;
    last = socket.status();
  }
  return last;
}

std::unique_ptr<Stream> NewTcpStream(Socket socket) { return std::make_unique<TcpStream>(std::move(socket)); }

absl::Status WaitFor(int descriptor, short events, Deadline deadline) {
  while (true) {
    pollfd entry = {.fd = descriptor, .events = events, .revents = 0};
    int ready = poll(&entry, 1, deadline.RemainingForPollMs());
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return ConnectionError(absl::StrCat("poll: ", std::strerror(errno)));
    if (deadline.Expired()) return TimeoutError("the broker did not answer in time");
  }
}

}  // namespace sluice::kafka_admin
