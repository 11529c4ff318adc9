#include "services/satellite/adapters/kafka_probe/tcp_probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"

namespace sluice::satellite {
namespace {

absl::Status Refused(const kafka_admin::BrokerAddress& address, const char* why) {
  return absl::UnavailableError(absl::StrCat(address.host, ":", address.port, " takes no connections: ", why));
}

int ErrorOf(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

absl::Status Connects(const kafka_admin::BrokerAddress& address, absl::Duration timeout) {
  addrinfo hints = {};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0) {
    return Refused(address, "unknown host");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Refused(address, strerror(errno));
  int error = connect(fd, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd wait = {fd, POLLOUT, 0};
    const auto timeout_ms = static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(timeout), 1, 60'000));
    error = poll(&wait, 1, timeout_ms) == 1 ? ErrorOf(fd) : ETIMEDOUT;
  }
  close(fd);
  return error == 0 ? absl::OkStatus() : Refused(address, strerror(error));
}

}  // namespace sluice::satellite
