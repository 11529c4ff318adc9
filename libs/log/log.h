#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace sluice::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// A field's value: text, a number or a truth. Never pass a secret: a type that holds one has no conversion to this.
class Value {
 public:
  template <typename T>
  requires std::is_convertible_v<T, std::string_view> Value(const T& text)
      : value_(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  Value(bool truth) : value_(truth) {}     // NOLINT(google-explicit-constructor)
  template <typename T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) Value(T number)
      : value_(static_cast<std::int64_t>(number)) {}  // NOLINT(google-explicit-constructor)
  Value(double number) : value_(number) {}            // NOLINT(google-explicit-constructor)

  const std::variant<std::string_view, std::int64_t, double, bool>& get() const { return value_; }

 private:
  std::variant<std::string_view, std::int64_t, double, bool> value_;
};

struct Field {
  std::string_view key;
  Value value;
};

// One JSON object on one line of stderr: {"time":…,"level":…,"message":…,"trace_id":…, fields…}. Strings are cut at
// 4 KiB and made valid UTF-8. Thread-safe; a line is written whole.
//   log::Info("cluster placed", {{"cluster", id.value()}, {"cell", cell.value()}});
void Write(Level level, std::string_view message, std::initializer_list<Field> fields);
inline void Debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kInfo, message, fields);
}
inline void Warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kWarn, message, fields);
}
inline void Error(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kError, message, fields);
}

// Lines below `level` cost one comparison. kInfo by default; "debug", "info", "warn", "error" in SLUICE_LOG_LEVEL.
void SetLevel(Level level);
// Put into each line as "service". Call once, at the start of main.
void SetService(std::string_view service);
// Lines go to `sink` instead of stderr, for tests; an empty function puts stderr back. Not thread-safe.
void SetSinkForTest(void (*sink)(std::string_view line));

// While it lives, this thread's lines carry the trace id of `traceparent` (W3C Trace Context); none when it is
// malformed.
class TraceScope {
 public:
  explicit TraceScope(std::string_view traceparent);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  std::string previous_;
};

}  // namespace sluice::log
