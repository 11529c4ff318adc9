#include "libs/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice::log {
namespace {

constexpr std::size_t kMaxText = 4096;

std::atomic<void (*)(std::string_view)> test_sink{nullptr};
thread_local std::string current_trace_id;  // NOLINT(runtime/string)

std::string& ServiceName() {
  static std::string* const name = new std::string;
  return *name;
}

Level LevelFromEnvironment() {
  const char* text = std::getenv("SLUICE_LOG_LEVEL");
  const std::string_view level = text == nullptr ? "" : text;
  if (level == "debug") return Level::kDebug;
  if (level == "warn") return Level::kWarn;
  if (level == "error") return Level::kError;
  return Level::kInfo;
}

std::atomic<Level>& Threshold() {
  static std::atomic<Level> threshold{LevelFromEnvironment()};
  return threshold;
}

spdlog::logger& Logger() {
  // Never destroyed: threads may log until the very end.
  static spdlog::logger* const logger = [] {
    auto made = std::make_unique<spdlog::logger>("sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made.release();
  }();
  return *logger;
}

// The length of the valid UTF-8 sequence at `at`, or 0.
std::size_t SequenceLength(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const unsigned char first = byte(at);
  const auto tail = [&](std::size_t count) {
    for (std::size_t i = 1; i <= count; ++i) {
      if ((byte(at + i) & 0xc0) != 0x80) return false;
    }
    return true;
  };
  if (first >= 0xc2 && first <= 0xdf && tail(1)) return 2;
  if ((first & 0xf0) == 0xe0 && tail(2)) {
    const unsigned code = ((first & 0x0fu) << 12) | ((byte(at + 1) & 0x3fu) << 6) | (byte(at + 2) & 0x3fu);
    return code >= 0x800 && (code < 0xd800 || code > 0xdfff) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4 && tail(3)) {
    const unsigned code = ((first & 7u) << 18) | ((byte(at + 1) & 0x3fu) << 12);
    return code >= 0x10000 && code <= 0x10ffff ? 4 : 0;
  }
  return 0;
}

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  const bool cut = text.size() > kMaxText;
  if (cut) text = text.substr(0, kMaxText);
  out.push_back('"');
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      const std::size_t length = SequenceLength(text, i);
      if (length == 0) {
        out += "\\ufffd";
        ++i;
      } else {
        out.append(text.substr(i, length));
        i += length;
      }
      continue;
    }
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      out += "\\u00";
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 15]);
    } else {
      out.push_back(static_cast<char>(c));
    }
    ++i;
  }
  if (cut) out += "…";
  out.push_back('"');
}

void AppendValue(std::string& out, const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value.get())) {
    AppendJsonString(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&value.get())) {
    out += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&value.get())) {
    // JSON has no NaN and no infinity.
    out += std::isfinite(*real) ? fmt::format("{}", *real) : "null";
  } else {
    out += std::get<bool>(value.get()) ? "true" : "false";
  }
}

}  // namespace

void SetLevel(Level level) { Threshold().store(level, std::memory_order_relaxed); }

void SetService(std::string_view service) { ServiceName() = std::string(service); }

void SetSinkForTest(void (*sink)(std::string_view line)) { test_sink.store(sink); }

void Write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < Threshold().load(std::memory_order_relaxed)) return;
  static constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
  std::string line = "{\"time\":\"";
  const std::string now = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::Now(), absl::UTCTimeZone());
  line += now;
  line += "\",\"level\":\"";
  line += kNames[static_cast<int>(level)];
  line += '"';
  if (!ServiceName().empty()) {
    line += ",\"service\":";
    AppendJsonString(line, ServiceName());
  }
  line += ",\"message\":";
  AppendJsonString(line, message);
  if (!current_trace_id.empty()) {
    line += ",\"trace_id\":";
    AppendJsonString(line, current_trace_id);
  }
  for (const Field& field : fields) {
    line += ',';
    AppendJsonString(line, field.key);
    line += ':';
    AppendValue(line, field.value);
  }
  line += '}';
  if (auto* sink = test_sink.load()) {
    sink(line);
    return;
  }
  Logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

TraceScope::TraceScope(std::string_view traceparent) : previous_(current_trace_id) {
  const bool formed = traceparent.size() >= 55 && traceparent[2] == '-' && traceparent[35] == '-';
  current_trace_id = formed ? std::string(traceparent.substr(3, 32)) : std::string();
}

TraceScope::~TraceScope() { current_trace_id = previous_; }

}  // namespace sluice::log
