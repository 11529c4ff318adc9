#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::cli {

// What a piece of text means to its reader; colour only underlines it.
enum class Tone { kPlain, kStrong, kFaint, kGood, kBusy, kBad };

// A text and its tone.
struct Cell {
  Cell() = default;
  Cell(std::string text, Tone tone = Tone::kPlain) : text(std::move(text)), tone(tone) {}  // NOLINT: reads as text
  Cell(const char* text) : text(text) {}                                                   // NOLINT: reads as text

  std::string text;
  Tone tone = Tone::kPlain;
};

// `text` in its tone's colour, or as it is when `colour` is off.
std::string Paint(const Cell& cell, bool colour);

// READY and UP are good, FAILED and DOWN are bad, what is under way is busy. For state names of every kind.
Tone ToneOfState(std::string_view state);

// Columns that the text takes: its UTF-8 code points (control characters never reach a screen, see Printable).
std::size_t Width(std::string_view text);

// What came from elsewhere, fit for a terminal: control characters become '?'.
std::string Printable(std::string_view text);

}  // namespace sluice::cli
