#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::cli {

// Java's properties, as the files of Kafka's own tools have them: `key=value`, `key: value` or `key value` a line,
// comments that begin with # or !, a backslash at the end of a line that goes on, \n \t \r \f \uXXXX, and a backslash
// before any other character for that character. The last of equal keys counts. Text that breaks off in an escape is
// taken as it is.
std::map<std::string, std::string> ParseProperties(std::string_view text);

// The options of the one login module in a sasl.jaas.config: `Module required name="value" name=value;`.
// KAFKA_CONFIG_INVALID when it is not of that form.
struct JaasModule {
  std::string name;  // the class, with its package
  std::map<std::string, std::string> options;
};
absl::StatusOr<JaasModule> ParseJaasConfig(std::string_view text);

}  // namespace sluice::cli
