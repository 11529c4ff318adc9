#pragma once

#include <string>
#include <string_view>

namespace sluice::kafka_admin::message {

// What a broker, or anyone in its place, may send us. The first two bytes choose a message and a version, the rest is
// decoded as that. Ends the process when what decodes does not survive another round, or when a limit is not kept;
// a sanitizer sees the rest.
void DecodeAnything(std::string_view input);

// An input for DecodeAnything that chooses `name` in `version`.
std::string InputFor(std::string_view name, int version, std::string_view bytes);

}  // namespace sluice::kafka_admin::message
