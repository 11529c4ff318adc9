#include "libs/clock/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sluice::clock {
namespace {

class KernelRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> bytes) override {
    while (!bytes.empty()) {
      ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      // Without the kernel's generator no id or secret could be trusted.
      if (got <= 0) std::abort();
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }
};

std::string FormatUuid(std::array<std::uint8_t, 16> bytes, int version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kHex[bytes[i] >> 4]);
    text.push_back(kHex[bytes[i] & 0x0f]);
  }
  return text;
}

}  // namespace

std::uint64_t Random::Next() {
  std::array<std::uint8_t, 8> bytes;
  Fill(bytes);
  std::uint64_t value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::uint64_t Random::Below(std::uint64_t bound) {
  unsigned __int128 product = static_cast<unsigned __int128>(Next()) * bound;
  auto low = static_cast<std::uint64_t>(product);
  if (low < bound) {
    const std::uint64_t threshold = -bound % bound;
    while (low < threshold) {
      product = static_cast<unsigned __int128>(Next()) * bound;
      low = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double Random::Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

Random& CryptoRandom() {
  static KernelRandom* const random = new KernelRandom;
  return *random;
}

void SeededRandom::Fill(std::span<std::uint8_t> bytes) {
  std::lock_guard lock(mutex_);
  while (!bytes.empty()) {
    const std::uint64_t value = engine_();
    const std::size_t count = std::min(bytes.size(), sizeof value);
    std::memcpy(bytes.data(), &value, count);
    bytes = bytes.subspan(count);
  }
}

std::string NewUuid4(Random& random) {
  std::array<std::uint8_t, 16> bytes;
  random.Fill(bytes);
  return FormatUuid(bytes, 4);
}

std::string NewUuid7(Random& random, absl::Time now) {
  std::array<std::uint8_t, 16> bytes;
  random.Fill(bytes);
  const auto millis = static_cast<std::uint64_t>(absl::ToUnixMillis(now));
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(millis >> (8 * (5 - i)));
  return FormatUuid(bytes, 7);
}

std::string NewSuffix(Random& random, int length) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text(static_cast<std::size_t>(length), '\0');
  std::string bytes = text;
  random.Fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = kAlphabet[static_cast<std::uint8_t>(bytes[i]) & 31];
  return text;
}

absl::Duration Jittered(Random& random, absl::Duration duration, double fraction) {
  return duration * (1.0 - fraction * random.Fraction());
}

}  // namespace sluice::clock
