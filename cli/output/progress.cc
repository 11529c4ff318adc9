#include "cli/output/progress.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/output/figures.h"
#include "cli/output/style.h"

namespace sluice::cli {
namespace {

// A wait shorter than this needs no word.
constexpr absl::Duration kSilence = absl::Seconds(1);
constexpr std::chrono::milliseconds kFrame(120);
constexpr int kBarWidth = 20;
// A line that wraps cannot be taken away again; 80 columns are the least that terminals have.
constexpr std::size_t kWhatWidth = 44;
constexpr char kEraseLine[] = "\r\x1b[2K";

std::string Shortened(const std::string& text) {
  const std::string clean = Printable(text);
  if (Width(clean) <= kWhatWidth) return clean;
  std::size_t end = 0;
  std::size_t columns = 0;
  while (end < clean.size() && columns < kWhatWidth - 1) {
    ++end;
    while (end < clean.size() && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) ++end;
    ++columns;
  }
  return clean.substr(0, end) + "…";
}

}  // namespace

std::string Progress::Line(const std::string& what, int percent, absl::Duration waited, int frame) {
  static constexpr const char* kFrames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  std::string line = absl::StrCat(kFrames[frame % std::size(kFrames)], " ", Shortened(what));
  if (percent >= 0) {
    const int full = std::clamp(percent, 0, 100) * kBarWidth / 100;
    line += "  ";
    for (int i = 0; i < kBarWidth; ++i) line += i < full ? "█" : "░";
    absl::StrAppend(&line, " ", percent, " %");
  }
  return absl::StrCat(line, "  ", DurationForPeople(waited));
}

Progress::Progress(std::ostream& err, bool is_terminal, const clock::Clock& clock)
    : err_(err), is_terminal_(is_terminal), clock_(clock), start_(clock.MonotonicNow()) {
  if (is_terminal_) drawer_ = std::thread([this] { Redraw(); });
}

Progress::~Progress() { End(); }

void Progress::Update(std::string what, int percent) {
  std::lock_guard lock(mutex_);
  what_ = std::move(what);
  percent_ = percent;
  if (is_terminal_ || end_ || what_.empty() || what_ == told_) return;
  const absl::Duration waited = clock_.MonotonicNow() - start_;
  if (waited < kSilence) return;
  told_ = what_;
  err_ << Printable(what_) << (percent_ >= 0 ? absl::StrCat(" (", percent_, " %)") : "") << ", after "
       << DurationForPeople(waited) << std::endl;
}

void Progress::End() {
  {
    std::lock_guard lock(mutex_);
    if (end_) return;
    end_ = true;
  }
  ended_.notify_all();
  if (drawer_.joinable()) drawer_.join();
  if (drawn_) err_ << kEraseLine << std::flush;
}

void Progress::Redraw() {
  std::unique_lock lock(mutex_);
  for (int frame = 0; !ended_.wait_for(lock, kFrame, [this] { return end_; }); ++frame) {
    const absl::Duration waited = clock_.MonotonicNow() - start_;
    if (waited < kSilence || what_.empty()) continue;
    err_ << kEraseLine << Line(what_, percent_, waited, frame) << std::flush;
    drawn_ = true;
  }
}

}  // namespace sluice::cli
