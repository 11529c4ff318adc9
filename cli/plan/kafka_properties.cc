#include "cli/plan/kafka_properties.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/error.h"

namespace sluice::cli {
namespace {

// Of the basic plane, which is all that \uXXXX can name.
void AppendUtf8(uint32_t point, std::string& out) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    uint32_t point = 0;
    if (next == 'u' && i + 4 < text.size() && absl::SimpleHexAtoi(std::string(text.substr(i + 1, 4)), &point)) {
      AppendUtf8(point, out);
      i += 4;
    } else {
      constexpr std::string_view kFrom = "ntrf", kTo = "\n\t\r\f";
      const size_t known = kFrom.find(next);
      out += known == std::string_view::npos ? next : kTo[known];
    }
  }
  return out;
}

bool EndsInEscape(std::string_view line) {
  size_t backslashes = 0;
  while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

std::string_view WithoutLeadingSpace(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\f");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

// Lines with those that they go on in; no comments, no empty ones.
std::vector<std::string> LogicalLines(std::string_view text) {
  std::vector<std::string> lines;
  std::string whole;
  bool goes_on = false;
  for (size_t from = 0; from <= text.size();) {
    const size_t end = std::min(text.find_first_of("\r\n", from), text.size());
    const std::string_view line = WithoutLeadingSpace(text.substr(from, end - from));
    from = end + 1;
    if (!goes_on && (line.empty() || line[0] == '#' || line[0] == '!')) continue;
    if (goes_on && line.empty() && end < text.size() && text[end] == '\n' && end > 0 && text[end - 1] == '\r') continue;
    goes_on = EndsInEscape(line);
    whole += goes_on ? line.substr(0, line.size() - 1) : line;
    if (goes_on) continue;
    lines.push_back(std::move(whole));
    whole.clear();
  }
  if (!whole.empty()) lines.push_back(std::move(whole));
  return lines;
}

}  // namespace

std::map<std::string, std::string> ParseProperties(std::string_view text) {
  std::map<std::string, std::string> properties;
  for (const std::string& line : LogicalLines(text)) {
    const std::string_view all = line;
    size_t key_end = 0;
    while (key_end < all.size() && std::string_view("=: \t\f").find(all[key_end]) == std::string_view::npos) {
      key_end += all[key_end] == '\\' ? 2 : 1;
    }
    key_end = std::min(key_end, all.size());
    std::string_view value = WithoutLeadingSpace(all.substr(key_end));
    if (!value.empty() && (value[0] == '=' || value[0] == ':')) value = WithoutLeadingSpace(value.substr(1));
    properties[Unescaped(all.substr(0, key_end))] = Unescaped(value);
  }
  return properties;
}

absl::StatusOr<JaasModule> ParseJaasConfig(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, ended = false;
  for (size_t i = 0; i < text.size() && !ended; ++i) {
    const char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) {
      word += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (absl::ascii_isspace(c) || c == ';')) {
      ended = c == ';';
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!ended || quoted || words.size() < 2) {
    return MakeError(absl::StatusCode::kInvalidArgument, "sasl.jaas.config is not 'Module required name=\"value\";'",
                     {.reason = "KAFKA_CONFIG_INVALID",
                      .field = "sasl.jaas.config",
                      .remedy = "It names a login module, then 'required', its options and a semicolon."});
  }
  JaasModule module{.name = words[0]};
  for (size_t i = 2; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    if (equals != std::string::npos) module.options[words[i].substr(0, equals)] = words[i].substr(equals + 1);
  }
  return module;
}

}  // namespace sluice::cli
