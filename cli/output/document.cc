#include "cli/output/document.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace sluice::cli {
namespace {

std::string Dump(const Document& document, int indent) {
  return document.dump(indent, ' ', false, Document::error_handler_t::replace);
}

// Plain in every YAML reader: starts with a letter, holds nothing of YAML's own, and is no word of YAML 1.1.
bool IsPlain(const std::string& text) {
  static const char* const kWords[] = {"y", "n", "yes", "no", "true", "false", "on", "off", "null"};
  if (text.empty() || !std::isalpha(static_cast<unsigned char>(text[0]))) return false;
  std::string lower;
  for (unsigned char c : text) {
    if (!std::isalnum(c) && c != '-' && c != '_' && c != '.' && c != '/') return false;
    lower += static_cast<char>(std::tolower(c));
  }
  return std::find(std::begin(kWords), std::end(kWords), lower) == std::end(kWords);
}

void Emit(YAML::Emitter& out, const Document& value) {
  switch (value.type()) {
    case Document::value_t::object:
      if (value.empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const auto& [key, inner] : value.items()) {
        out << YAML::Key << key << YAML::Value;
        Emit(out, inner);
      }
      out << YAML::EndMap;
      return;
    case Document::value_t::array:
      if (value.empty()) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const Document& inner : value) Emit(out, inner);
      out << YAML::EndSeq;
      return;
    case Document::value_t::string: {
      const std::string text = value.get<std::string>();
      if (!IsPlain(text)) out << YAML::DoubleQuoted;
      out << text;
      return;
    }
    case Document::value_t::null:
      out << YAML::Null;
      return;
    case Document::value_t::boolean:
      out << value.get<bool>();
      return;
    default:
      // Numbers: as JSON writes them, which YAML reads the same.
      out << Dump(value, -1);
  }
}

}  // namespace

void WriteJson(std::ostream& out, const Document& document) { out << Dump(document, 2) << "\n"; }

void WriteJsonLine(std::ostream& out, const Document& document) { out << Dump(document, -1) << "\n"; }

void WriteYaml(std::ostream& out, const Document& document) {
  YAML::Emitter emitter;
  Emit(emitter, document);
  out << emitter.c_str() << "\n";
}

}  // namespace sluice::cli
