#pragma once

#include <condition_variable>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "libs/clock/clock.h"

namespace sluice::cli {

// Tells on stderr what a command waits for, once it has waited for a second: on a terminal a line that moves, elsewhere
// a plain line whenever what it waits for changes. Nothing of it stays on a terminal when it ends.
class Progress {
 public:
  Progress(std::ostream& err, bool is_terminal, const clock::Clock& clock);
  // Ends the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // What is being waited for now; `percent` 0–100, or -1 when nobody knows. Thread-safe.
  void Update(std::string what, int percent = -1);
  // Takes the line away, and no other comes: before anything else is written to the screen.
  void End();

  // How the line looks. `frame` counts up.
  static std::string Line(const std::string& what, int percent, absl::Duration waited, int frame);

 private:
  void Redraw();

  std::ostream& err_;
  const bool is_terminal_;
  const clock::Clock& clock_;
  const absl::Duration start_;

  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  bool drawn_ = false;
  std::string what_;
  std::string told_;
  int percent_ = -1;
  // The last member: it reads all others.
  std::thread drawer_;
};

}  // namespace sluice::cli
