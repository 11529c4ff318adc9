#pragma once

#include <cctype>
#include <cstdint>
#include <string>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/kafka_admin/wire/bytes.h"
#include "libs/kafka_admin/wire/field_spec.h"
#include "libs/kafka_admin/wire/uuid.h"

// A message as text, in the form that toString gives it in Kafka's own classes, so that tests can compare the two.
namespace sluice::kafka_admin::message {

template <typename T>
std::string Text(const T& value);

// Puts a struct's fields together. Structs' names are not in their C++ types: StripNames takes them out of Kafka's
// text as well.
struct FieldPrinter {
  std::string text;

  template <typename T>
  void Field(const wire::FieldSpec& spec, const T& value, const T&) {
    std::string name = spec.name;
    name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
    absl::StrAppend(&text, text.empty() ? "" : ", ", name, "=", Text(value));
  }
};

template <typename T>
std::string ListText(const T& values) {
  std::string text;
  for (const auto& value : values) {
    absl::StrAppend(&text, text.empty() ? "" : ", ");
    if constexpr (std::is_same_v<decltype(value), const std::string&>) {
      text += value;  // Kafka quotes strings, but not in lists
    } else {
      text += Text(value);
    }
  }
  return absl::StrCat("[", text, "]");
}

template <typename T>
std::string Text(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, double>) {
    return absl::StrFormat("%.1f", value);
  } else if constexpr (std::is_integral_v<T>) {
    return absl::StrCat(static_cast<int64_t>(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return absl::StrCat("'", value, "'");
  } else if constexpr (std::is_same_v<T, Uuid>) {
    return value.ToString();
  } else if constexpr (std::is_same_v<T, wire::Bytes>) {
    return ListText(value.data);
  } else if constexpr (requires { value.has_value(); }) {
    return value.has_value() ? Text(*value) : "null";
  } else if constexpr (requires { value.begin(); }) {
    return ListText(value);
  } else {
    FieldPrinter printer;
    T::VisitFields(value, printer);
    return absl::StrCat("(", printer.text, ")");
  }
}

// "Topic(name='a')" → "(name='a')": drops the word before each parenthesis.
inline std::string StripNames(const std::string& text) {
  std::string stripped;
  for (char c : text) {
    if (c == '(') {
      while (!stripped.empty() && std::isalnum(static_cast<unsigned char>(stripped.back()))) stripped.pop_back();
    }
    stripped.push_back(c);
  }
  return stripped;
}

}  // namespace sluice::kafka_admin::message
