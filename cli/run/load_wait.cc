#include "cli/run/load_wait.h"

#include "absl/strings/str_cat.h"
#include "cli/output/progress.h"
#include "libs/base/error.h"
#include "libs/base/strings.h"
#include "libs/clock/backoff.h"

namespace sluice::cli {
namespace {

// A sample comes each 15 s, and a rate needs two.
constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr absl::Duration kFirstPause = absl::Milliseconds(500);
constexpr absl::Duration kLongestPause = absl::Seconds(3);

}  // namespace

absl::Status AskUntilLoadIsKnown(Session& session, std::string_view cluster, const std::function<absl::Status()>& ask) {
  World& world = session.world();
  absl::Status answer = ask();
  if (ErrorReason(answer) != "LOAD_UNKNOWN") return answer;
  const absl::Duration give_up = world.clock.MonotonicNow() + session.TimeoutOr(kPatience);
  Progress progress(world.err, world.err_is_terminal, world.clock);
  progress.Update(absl::StrCat(Absl(cluster), ": waits for a sample of its load"));
  clock::BackOff back_off(world.random, kFirstPause, kLongestPause);
  while (ErrorReason(answer) == "LOAD_UNKNOWN") {
    const absl::Duration pause = back_off.Next();
    if (world.clock.MonotonicNow() + pause >= give_up) break;
    if (world.stop.WaitFor(pause)) return absl::CancelledError("interrupted");
    answer = ask();
  }
  progress.End();
  return answer;
}

}  // namespace sluice::cli
