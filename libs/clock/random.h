#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <span>
#include <string>

#include "absl/time/time.h"
#include "libs/clock/clock.h"

namespace sluice::clock {

// The port through which chance enters: ids, secrets, jitter, choices. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<std::uint8_t> bytes) = 0;

  // Uniform over all values.
  std::uint64_t Next();
  // Uniform in [0, bound), without modulo bias (Lemire 2019). `bound` ≥ 1.
  std::uint64_t Below(std::uint64_t bound);
  // Uniform in [0, 1).
  double Fraction();
};

// The kernel's generator (getrandom): fit for secrets. Lives for the whole process.
Random& CryptoRandom();

// The same sequence for the same seed. For tests and simulations, never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void Fill(std::span<std::uint8_t> bytes) override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

// UUID version 4 (RFC 9562), all random, in lower case.
std::string NewUuid4(Random& random);
// UUID version 7 (RFC 9562): 48 bits of milliseconds, then random, so that an index on it grows at its end.
std::string NewUuid7(Random& random, absl::Time now);
// `length` characters of a–z and 2–7 (5 bits each): for names such as lkc-7d3k2m.
std::string NewSuffix(Random& random, int length);
// `duration` shortened by a random part of up to `fraction` of it (0–1), so that many waiters do not meet.
absl::Duration Jittered(Random& random, absl::Duration duration, double fraction = 0.5);

// Ids through a port. Thread-safe.
class IdSource {
 public:
  virtual ~IdSource() = default;
  // A UUID that sorts roughly by time.
  virtual std::string NewUuid() = 0;
  // See NewSuffix above.
  virtual std::string NewSuffix(int length) = 0;
};

// Ids from the given ports; with FakeClock and SeededRandom the same ids at each run.
class RandomIdSource final : public IdSource {
 public:
  RandomIdSource(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  std::string NewUuid() override { return NewUuid7(random_, clock_.Now()); }
  std::string NewSuffix(int length) override { return clock::NewSuffix(random_, length); }

 private:
  const Clock& clock_;
  Random& random_;
};

}  // namespace sluice::clock
