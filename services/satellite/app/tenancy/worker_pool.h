#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::satellite {

// A fixed number of threads for calls that block. One per physical cluster, so that a sick cell holds up no other.
// The queue's bound is the callers': each of them has a bounded number of tasks out at a time. Thread-safe.
class WorkerPool {
 public:
  explicit WorkerPool(int threads);
  // Runs what is queued, then ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Submit(std::function<void()> task);
  // Runs all of them, the last one on the calling thread, and waits. Not from a task of the pool itself.
  void RunAll(std::vector<std::function<void()>> tasks);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::satellite
