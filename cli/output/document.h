#pragma once

#include <nlohmann/json.hpp>
#include <ostream>

namespace sluice::cli {

// What a command found, for programs: fields in the order they are put in, their names as docs/cli.md lists them.
using Document = nlohmann::ordered_json;

// Two spaces of indent and a line end after it. Bytes that are no UTF-8 are replaced.
void WriteJson(std::ostream& out, const Document& document);
// One line, for streams of documents.
void WriteJsonLine(std::ostream& out, const Document& document);
// Strings are quoted wherever a reader could take them for something else.
void WriteYaml(std::ostream& out, const Document& document);

}  // namespace sluice::cli
