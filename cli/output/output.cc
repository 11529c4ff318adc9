#include "cli/output/output.h"

#include "cli/output/style.h"

namespace sluice::cli {

void Output::Show(const Document& document, const std::function<void(std::ostream&, bool colour)>& for_people) {
  if (format_ == Format::kPeople) {
    for_people(out_, colour_);
  } else if (format_ == Format::kYaml) {
    WriteYaml(out_, document);
  } else {
    WriteJson(out_, document);
  }
  out_.flush();
}

void Output::ShowLine(const Document& document, const std::function<void(std::ostream&, bool colour)>& for_people) {
  if (format_ == Format::kPeople) {
    for_people(out_, colour_);
  } else if (format_ == Format::kYaml) {
    out_ << "---\n";
    WriteYaml(out_, document);
  } else {
    WriteJsonLine(out_, document);
  }
  out_.flush();
}

void Output::Note(std::string_view text) { err_ << Printable(text) << std::endl; }

}  // namespace sluice::cli
