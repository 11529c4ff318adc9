#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/output/document.h"

namespace sluice::cli {

enum class Format {
  // Tables and sheets.
  kPeople,
  kJson,
  kYaml,
  // A Kafka client's settings; key create only.
  kJavaProperties,
  kLibrdkafkaProperties,
  kShellVariables,
};

// Where a command's answer goes: stdout, in the form that was asked for. Everything else goes to stderr.
class Output {
 public:
  Output(std::ostream& out, std::ostream& err, Format format, bool colour)
      : out_(out), err_(err), format_(format), colour_(colour) {}

  Format format() const { return format_; }
  bool for_people() const { return format_ == Format::kPeople; }
  bool colour() const { return colour_; }
  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }

  // `document` for programs, or what `for_people` writes.
  void Show(const Document& document, const std::function<void(std::ostream&, bool colour)>& for_people);
  // One of a stream of answers, flushed at once.
  void ShowLine(const Document& document, const std::function<void(std::ostream&, bool colour)>& for_people);
  // A word to people beside the answer, on stderr.
  void Note(std::string_view text);

 private:
  std::ostream& out_;
  std::ostream& err_;
  const Format format_;
  const bool colour_;
};

}  // namespace sluice::cli
