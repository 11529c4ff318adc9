#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

// Named places where a test can make the process die, fail or wait. Always compiled in; off, a hit is one relaxed load.
//
//   namespace { failpoint::FailPoint after_send("bus.relay.after_send"); }      // at namespace scope
//   RETURN_IF_ERROR(after_send.Hit());
//
// Set by SLUICE_FAILPOINTS, read at the first hit, or by Configure: "name=action[@n]" joined by ';'. Actions:
//   kill          SIGKILL to the own process, after the line "fail point NAME kills" on stderr
//   error         Hit returns INTERNAL with reason FAILPOINT
//   pause:PATH    Hit waits until the file PATH exists (creates PATH.reached when it starts to wait)
//   off           nothing
// With @n (n ≥ 1) only the n-th hit acts, otherwise each.
namespace sluice::failpoint {

class FailPoint {
 public:
  // `name`: <room>.<part>.<place>, unique in the process, a string literal.
  explicit FailPoint(const char* name);
  FailPoint(const FailPoint&) = delete;
  FailPoint& operator=(const FailPoint&) = delete;

  absl::Status Hit() {
    if (state_.load(std::memory_order_relaxed) == kOff) return absl::OkStatus();
    return HitSlowly();
  }
  const char* name() const { return name_; }

 private:
  friend struct Registry;
  static constexpr int kOff = 0, kUnread = 1, kOn = 2;
  absl::Status HitSlowly();

  const char* const name_;
  std::atomic<int> state_{kUnread};
};

// All fail points that the process has, sorted: for `--list-failpoints` and for tests that go through them.
std::vector<std::string> List();
// Replaces the whole configuration. INVALID_ARGUMENT when `spec` does not parse or names an unknown fail point.
absl::Status Configure(std::string_view spec);

}  // namespace sluice::failpoint
