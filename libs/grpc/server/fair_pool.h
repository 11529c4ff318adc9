#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::rpc {

struct FairPoolOptions {
  int threads = 16;
  // Tasks of one tenant that run at once; below `threads`, so that one tenant's slow work leaves room for the others.
  int running_per_tenant = 12;
  // Tasks of one tenant, and of all, that may wait.
  int waiting_per_tenant = 256;
  int waiting = 2048;
};

// Threads that take turns between tenants: a tenant with a thousand tasks waiting delays another's one task by at most
// one task of its own. Thread-safe.
class FairPool {
 public:
  explicit FairPool(FairPoolOptions options);
  // Runs what still waits, then ends.
  ~FairPool();

  // False when too much waits: nothing was taken. A task must not throw.
  bool Submit(const std::string& tenant, std::function<void()> task);

 private:
  struct Tenant {
    std::deque<std::function<void()>> waiting;
    int running = 0;
    bool has_turn = false;
  };
  using Turn = std::map<std::string, Tenant>::iterator;

  void Work();
  void GiveTurn(Turn tenant);  // under mutex_

  const FairPoolOptions options_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::map<std::string, Tenant> tenants_;
  std::list<Turn> turns_;
  int waiting_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::rpc
