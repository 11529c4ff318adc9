#include "services/satellite/app/bus/refused_record.h"

#include "libs/base/error.h"
#include "libs/log/log.h"

namespace sluice::satellite {

absl::Status Forged(const std::string& what) {
  return MakeError(absl::StatusCode::kPermissionDenied, what,
                   {.reason = "DOCUMENT_FORGED", .remedy = "Look for who may write to this topic."});
}

void LogDropped(std::string_view message, const bus::ReceivedEvent& event, const std::string& why) {
  log::Error(message, {{"audit", true},
                       {"reason", "DOCUMENT_FORGED"},
                       {"key", event.key},
                       {"why", why},
                       {"source", event.source},
                       {"event", event.id},
                       {"partition", event.partition},
                       {"offset", event.offset}});
}

}  // namespace sluice::satellite
