#include "libs/bus/outbox/relay_wakeup.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "libs/clock/clock.h"
#include "libs/postgres/pool.h"

namespace sluice::bus {

class RelayWakeup::Impl {
 public:
  Impl(postgres::ConnectOptions options, clock::Random& random)
      : pool_({.connect = Named(std::move(options)), .size = 1}, clock::RealClock(), random, nullptr),
        thread_([this] { Run(); }) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void Committed() {
    {
      std::lock_guard lock(mutex_);
      if (ring_ != nullptr) {
        ring_(relay_);
        return;
      }
      if (wanted_) return;
      wanted_ = true;
    }
    changed_.notify_one();
  }

  void SetLocal(void (*ring)(void*), void* relay) {
    std::lock_guard lock(mutex_);
    ring_ = ring;
    relay_ = relay;
  }

 private:
  static postgres::ConnectOptions Named(postgres::ConnectOptions options) {
    options.application_name += "-notify";
    return options;
  }

  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return wanted_ || stopping_; });
      if (stopping_) return;
      wanted_ = false;
      lock.unlock();
      // A failure is no loss: the relay's sweep finds the rows.
      (void)pool_.InTransaction({.timeout = absl::Seconds(2), .idempotent = true, .single_statement = true},
                                [](pqxx::transaction_base& transaction) {
                                  transaction.exec(std::string("NOTIFY ") + kChannel);
                                  return absl::OkStatus();
                                });
      lock.lock();
    }
  }

  postgres::Pool pool_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool stopping_ = false;
  void (*ring_)(void*) = nullptr;
  void* relay_ = nullptr;
  std::thread thread_;
};

RelayWakeup::RelayWakeup(postgres::ConnectOptions options, clock::Random& random)
    : impl_(std::make_unique<Impl>(std::move(options), random)) {}

RelayWakeup::~RelayWakeup() = default;

void RelayWakeup::Committed() { impl_->Committed(); }

void RelayWakeup::SetLocal(void (*ring)(void*), void* relay) { impl_->SetLocal(ring, relay); }

}  // namespace sluice::bus
