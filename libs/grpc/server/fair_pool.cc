#include "libs/grpc/server/fair_pool.h"

#include <utility>

namespace sluice::rpc {

FairPool::FairPool(FairPoolOptions options) : options_(options) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

FairPool::~FairPool() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool FairPool::Submit(const std::string& tenant, std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    if (ending_ || waiting_ >= options_.waiting) return false;
    auto [it, added] = tenants_.try_emplace(tenant);
    if (static_cast<int>(it->second.waiting.size()) >= options_.waiting_per_tenant) return false;
    it->second.waiting.push_back(std::move(task));
    ++waiting_;
    GiveTurn(it);
  }
  work_.notify_one();
  return true;
}

void FairPool::GiveTurn(Turn tenant) {
  Tenant& t = tenant->second;
  if (t.has_turn || t.waiting.empty() || t.running >= options_.running_per_tenant) return;
  t.has_turn = true;
  turns_.push_back(tenant);
}

void FairPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return !turns_.empty() || (ending_ && waiting_ == 0); });
    if (turns_.empty()) return;
    Turn tenant = turns_.front();
    turns_.pop_front();
    Tenant& t = tenant->second;
    t.has_turn = false;
    std::function<void()> task = std::move(t.waiting.front());
    t.waiting.pop_front();
    --waiting_;
    ++t.running;
    GiveTurn(tenant);
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    --t.running;
    GiveTurn(tenant);
    if (t.has_turn) {
      work_.notify_one();
    } else if (t.running == 0 && t.waiting.empty()) {
      tenants_.erase(tenant);
    }
    if (ending_ && waiting_ == 0) work_.notify_all();
  }
}

}  // namespace sluice::rpc
