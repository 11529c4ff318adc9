#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "libs/bus/event.h"

// What both intakes do with a record that they do not take.
namespace sluice::satellite {

// Of a document, encoded: no writer of ours says a larger one.
inline constexpr size_t kMaxDocumentBytes = 256 * 1024;

// PERMISSION_DENIED DOCUMENT_FORGED.
absl::Status Forged(const std::string& what);

// An audit entry in the log: where the record lies, who sent it, and `why` it was dropped.
void LogDropped(std::string_view message, const bus::ReceivedEvent& event, const std::string& why);

}  // namespace sluice::satellite
