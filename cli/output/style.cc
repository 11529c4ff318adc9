#include "cli/output/style.h"

#include <algorithm>

namespace sluice::cli {
namespace {

const char* Sequence(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kStrong:
      return "\x1b[1m";
    case Tone::kFaint:
      return "\x1b[2m";
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kBusy:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[31m";
  }
  return "";
}

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

std::string Paint(const Cell& cell, bool colour) {
  const std::string text = Printable(cell.text);
  if (!colour || cell.tone == Tone::kPlain || text.empty()) return text;
  return Sequence(cell.tone) + text + "\x1b[0m";
}

Tone ToneOfState(std::string_view state) {
  if (IsOneOf(state, {"READY", "UP", "CONNECTED", "DONE", "TRUE"})) return Tone::kGood;
  if (IsOneOf(state, {"FAILED", "DOWN", "DEGRADED", "UNREACHABLE"})) return Tone::kBad;
  if (IsOneOf(state, {"DELETED", "SUSPENDED", "CANCELLED", ""})) return Tone::kFaint;
  return Tone::kBusy;
}

std::size_t Width(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; });
}

std::string Printable(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return clean;
}

}  // namespace sluice::cli
