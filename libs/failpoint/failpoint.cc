#include "libs/failpoint/failpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"
#include "libs/base/status.h"

namespace sluice::failpoint {

struct Registry {
  enum class Kind { kKill, kError, kPause };
  struct Action {
    Kind kind = Kind::kError;
    std::string path;
    // Which hit acts; 0: each.
    int only_hit = 0;
    int hits = 0;
  };

  static Registry& Get() {
    static Registry* const registry = new Registry;
    return *registry;
  }

  // Fail points are static objects, so the environment may be read before all of them exist: unknown names are only
  // refused by Configure.
  void ReadEnvironmentOnce() {
    if (environment_read) return;
    environment_read = true;
    const char* spec = std::getenv("SLUICE_FAILPOINTS");
    if (spec == nullptr) return;
    auto parsed = Parse(spec);
    // A test that misspells its fail point must not pass by doing nothing.
    if (!parsed.ok()) std::abort();
    actions = *std::move(parsed);
  }

  static absl::StatusOr<std::map<std::string, Action>> Parse(std::string_view spec);
  void Arm() {
    for (FailPoint* point : points) {
      point->state_.store(actions.contains(point->name()) ? FailPoint::kOn : FailPoint::kOff);
    }
  }

  std::mutex mutex;
  std::vector<FailPoint*> points;
  std::map<std::string, Action> actions;
  bool environment_read = false;
};

namespace {

absl::Status Bad(std::string_view part) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, "fail point '" + std::string(part) + "' does not parse",
      {.reason = "FAILPOINT_INVALID", .remedy = "write name=kill, name=error, name=pause:PATH, with @n behind"});
}

void WaitForFile(const std::string& path) {
  const int reached = open((path + ".reached").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (reached >= 0) close(reached);
  while (!std::filesystem::exists(path)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace

absl::StatusOr<std::map<std::string, Registry::Action>> Registry::Parse(std::string_view spec) {
  std::map<std::string, Action> actions;
  for (const auto& part : absl::StrSplit(absl::string_view(spec.data(), spec.size()), ';', absl::SkipWhitespace())) {
    const std::string text(absl::StripAsciiWhitespace(part));
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return Bad(text);
    std::string verb = text.substr(equals + 1);
    Action action;
    if (const std::size_t at = verb.rfind('@'); at != std::string::npos) {
      if (!absl::SimpleAtoi(verb.substr(at + 1), &action.only_hit) || action.only_hit < 1) return Bad(text);
      verb.resize(at);
    }
    if (verb == "off") continue;
    if (verb == "kill") {
      action.kind = Kind::kKill;
    } else if (verb == "error") {
      action.kind = Kind::kError;
    } else if (verb.rfind("pause:", 0) == 0 && verb.size() > 6) {
      action.kind = Kind::kPause;
      action.path = verb.substr(6);
    } else {
      return Bad(text);
    }
    actions[text.substr(0, equals)] = action;
  }
  return actions;
}

FailPoint::FailPoint(const char* name) : name_(name) {
  Registry& registry = Registry::Get();
  std::lock_guard lock(registry.mutex);
  registry.points.push_back(this);
}

absl::Status FailPoint::HitSlowly() {
  Registry& registry = Registry::Get();
  Registry::Action action;
  {
    std::lock_guard lock(registry.mutex);
    registry.ReadEnvironmentOnce();
    auto found = registry.actions.find(name_);
    state_.store(found == registry.actions.end() ? kOff : kOn);
    if (found == registry.actions.end()) return absl::OkStatus();
    ++found->second.hits;
    action = found->second;
  }
  if (action.only_hit != 0 && action.only_hit != action.hits) return absl::OkStatus();
  switch (action.kind) {
    case Registry::Kind::kKill: {
      // The last word in the log: a test that armed several learns which it was.
      const std::string last_word = std::string("fail point ") + name_ + " kills\n";
      [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, last_word.data(), last_word.size());
      kill(getpid(), SIGKILL);
      std::abort();
    }
    case Registry::Kind::kPause:
      WaitForFile(action.path);
      return absl::OkStatus();
    case Registry::Kind::kError:
      break;
  }
  return MakeError(absl::StatusCode::kInternal, std::string("fail point ") + name_, {.reason = "FAILPOINT"});
}

std::vector<std::string> List() {
  Registry& registry = Registry::Get();
  std::lock_guard lock(registry.mutex);
  std::vector<std::string> names;
  for (const FailPoint* point : registry.points) names.emplace_back(point->name());
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Configure(std::string_view spec) {
  Registry& registry = Registry::Get();
  ASSIGN_OR_RETURN(auto actions, Registry::Parse(spec));
  std::lock_guard lock(registry.mutex);
  for (const auto& action : actions) {
    const bool known = std::any_of(registry.points.begin(), registry.points.end(),
                                   [&](const FailPoint* point) { return action.first == point->name(); });
    if (!known) return Bad(action.first + " (unknown)");
  }
  registry.environment_read = true;
  registry.actions = std::move(actions);
  registry.Arm();
  return absl::OkStatus();
}

}  // namespace sluice::failpoint
