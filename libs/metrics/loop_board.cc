#include "libs/metrics/loop_board.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"

namespace sluice::metrics {
namespace {

std::string NameOf(std::string_view prefix, std::string_view what) {
  return absl::StrCat(Absl(prefix), "_loop_", Absl(what));
}

std::string NamesOf(const std::map<std::string, std::string>& wrong) {
  std::string names;
  for (const auto& [name, why] : wrong) absl::StrAppend(&names, names.empty() ? "" : "; ", name, ": ", why);
  return names;
}

}  // namespace

LoopBoard::Loop::Loop(LoopBoard& board, std::string_view name, absl::Duration longest_silence)
    : board_(board),
      name_(name),
      longest_silence_(longest_silence),
      rounds_(board.registry_.CounterOf(NameOf(board.prefix_, "rounds_total"), "Rounds of a loop", {{"loop", name_}})),
      failures_(board.registry_.CounterOf(NameOf(board.prefix_, "failures_total"), "Rounds of a loop that failed",
                                          {{"loop", name_}})),
      seconds_(board.registry_.HistogramOf(NameOf(board.prefix_, "round_seconds"), "How long a round of a loop takes",
                                           {{"loop", name_}})),
      last_success_(board.registry_.GaugeOf(NameOf(board.prefix_, "last_success_timestamp_seconds"),
                                            "When a round of a loop last succeeded; its age is time() less this",
                                            {{"loop", name_}})),
      succeeded_(board.clock_.MonotonicNow()) {}

absl::Status LoopBoard::Loop::Round(absl::FunctionRef<absl::Status()> round) {
  const absl::Duration begun = board_.clock_.MonotonicNow();
  absl::Status status = round();
  Ended(status, board_.clock_.MonotonicNow() - begun);
  return status;
}

void LoopBoard::Loop::Ended(const absl::Status& status, absl::Duration took) {
  rounds_.Increment();
  if (took >= absl::ZeroDuration()) seconds_.Observe(absl::ToDoubleSeconds(took));
  if (status.ok()) {
    last_success_.Set(absl::ToDoubleSeconds(board_.clock_.Now() - absl::UnixEpoch()));
  } else {
    failures_.Increment();
  }
  std::lock_guard lock(mutex_);
  if (status.ok()) succeeded_ = board_.clock_.MonotonicNow();
  last_ = status;
}

LoopBoard::Loop& LoopBoard::Of(std::string_view name, absl::Duration longest_silence) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<Loop>& loop = loops_[std::string(name)];
  if (loop == nullptr) loop.reset(new Loop(*this, name, longest_silence));
  return *loop;
}

absl::Status LoopBoard::Check() const {
  const absl::Duration now = clock_.MonotonicNow();
  std::map<std::string, std::string> wrong;
  std::lock_guard lock(mutex_);
  for (const auto& [name, loop] : loops_) {
    std::lock_guard loop_lock(loop->mutex_);
    const absl::Duration silence = now - loop->succeeded_;
    if (silence <= loop->longest_silence_) continue;
    std::string why = absl::StrCat("no round succeeded for ", absl::ToInt64Seconds(silence), " s");
    if (!loop->last_.ok()) absl::StrAppend(&why, "; the last: ", loop->last_.message());
    wrong.emplace(absl::StrCat("loop ", name), std::move(why));
  }
  if (wrong.empty()) return absl::OkStatus();
  const std::string message = NamesOf(wrong);
  return MakeError(absl::StatusCode::kUnavailable, message, {.reason = "LOOP_SILENT", .metadata = std::move(wrong)});
}

absl::Status AllWell(std::initializer_list<absl::Status> checks) {
  std::map<std::string, std::string> wrong;
  std::string reason;
  for (const absl::Status& check : checks) {
    if (check.ok()) continue;
    const ErrorDetail detail = GetErrorDetail(check).value_or(ErrorDetail{.reason = "UNHEALTHY"});
    if (reason.empty()) reason = detail.reason;
    wrong.insert(detail.metadata.begin(), detail.metadata.end());
    if (detail.metadata.empty()) wrong.emplace(detail.reason, std::string(Std(check.message())));
  }
  if (wrong.empty()) return absl::OkStatus();
  const std::string message = NamesOf(wrong);
  return MakeError(absl::StatusCode::kUnavailable, message, {.reason = reason, .metadata = std::move(wrong)});
}

}  // namespace sluice::metrics
