#include "libs/postgres/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <pqxx/pqxx>
#include <utility>

#include "libs/clock/backoff.h"
#include "libs/clock/clock.h"
#include "libs/postgres/guarded_connection.h"

namespace sluice::postgres {
namespace {

// Opens LISTEN on the channel for as long as it lives; get_notifs() calls it for each notification.
class Receiver final : public pqxx::notification_receiver {
 public:
  using pqxx::notification_receiver::notification_receiver;
  void operator()(const std::string&, int) override { ++heard; }
  int heard = 0;
};

constexpr absl::Duration kFirstReconnect = absl::Milliseconds(50);
constexpr absl::Duration kLongestReconnect = absl::Seconds(2);

}  // namespace

class Listener::Impl {
 public:
  Impl(ConnectOptions options, std::string channel, clock::Random& random)
      : options_(std::move(options)),
        channel_(std::move(channel)),
        backoff_(random, kFirstReconnect, kLongestReconnect),
        doorbell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    options_.application_name += "-listen";
  }

  ~Impl() {
    Disconnect();
    close(doorbell_);
  }

  void Wake() {
    const std::uint64_t one = 1;
    // Fails only when it is rung 2^64 times already.
    [[maybe_unused]] const ssize_t written = write(doorbell_, &one, sizeof one);
  }

  Heard WaitFor(absl::Duration timeout) {
    const absl::Duration now = clock::RealClock().MonotonicNow();
    if (connection_ == nullptr) {
      if (now >= next_connect_ && Connect()) return Heard::kReconnected;
      const absl::Duration wait = std::min(timeout, std::max(next_connect_ - now, absl::Milliseconds(1)));
      return PollFor(wait, -1) ? Heard::kWoken : Heard::kDisconnected;
    }
    try {
      // What is buffered already does not make the socket readable, so this comes first.
      if (TakeNotifications()) return Heard::kNotification;
      const bool woken = PollFor(timeout, connection_->get().sock());
      const bool notified = TakeNotifications();
      if (woken) return Heard::kWoken;
      return notified ? Heard::kNotification : Heard::kNothing;
    } catch (const std::exception&) {
      Disconnect();
      next_connect_ = now + backoff_.Next();
      return Heard::kDisconnected;
    }
  }

 private:
  bool Connect() {
    const absl::StatusOr<std::string> text = ConnectionString(options_);
    try {
      if (text.ok()) {
        connection_ = std::make_unique<GuardedConnection>(*text);
        receiver_ = std::make_unique<Receiver>(connection_->get(), channel_);
        backoff_.Reset();
        return true;
      }
    } catch (const std::exception&) {
      Disconnect();
    }
    next_connect_ = clock::RealClock().MonotonicNow() + backoff_.Next();
    return false;
  }

  void Disconnect() {
    try {
      receiver_.reset();
    } catch (const std::exception&) {
      // UNLISTEN on a connection that is gone.
    }
    connection_.reset();
  }

  bool TakeNotifications() {
    receiver_->heard = 0;
    // On a closed connection get_notifs() says 0 for ever instead of failing.
    if (!connection_->get().is_open()) throw pqxx::broken_connection("the server closed the connection");
    connection_->get().get_notifs();
    return receiver_->heard > 0;
  }

  // True when the doorbell rang. A negative socket is ignored by poll.
  bool PollFor(absl::Duration timeout, int socket) {
    pollfd descriptors[2] = {{doorbell_, POLLIN, 0}, {socket, POLLIN, 0}};
    const timespec wait = absl::ToTimespec(std::max(timeout, absl::ZeroDuration()));
    if (ppoll(descriptors, 2, &wait, nullptr) <= 0 || (descriptors[0].revents & POLLIN) == 0) return false;
    std::uint64_t rung = 0;
    return read(doorbell_, &rung, sizeof rung) == sizeof rung;
  }

  ConnectOptions options_;
  const std::string channel_;
  clock::BackOff backoff_;
  const int doorbell_;
  absl::Duration next_connect_;
  std::unique_ptr<GuardedConnection> connection_;
  std::unique_ptr<Receiver> receiver_;
};

Listener::Listener(ConnectOptions options, std::string channel, clock::Random& random)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(channel), random)) {}

Listener::~Listener() = default;

Listener::Heard Listener::WaitFor(absl::Duration timeout) { return impl_->WaitFor(timeout); }

void Listener::Wake() { impl_->Wake(); }

}  // namespace sluice::postgres
