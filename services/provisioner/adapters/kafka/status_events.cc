#include "services/provisioner/adapters/kafka/status_events.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/adapters/postgres/pg_session.h"
#include "services/provisioner/adapters/records/document_records.h"

namespace sluice::provisioner {

absl::Status StatusEvents::HandleBatch(pqxx::transaction_base& transaction,
                                       std::span<const bus::ReceivedEvent> events) {
  StatusBatch batch{.data_plane = data_plane_};
  for (const bus::ReceivedEvent& event : events) {
    if (!event.payload) continue;  // the satellite has nothing more to say of that key
    satellite::v1::StatusDocument document;
    if (!document.ParseFromString(*event.payload)) {
      return MakeError(absl::StatusCode::kInvalidArgument, absl::StrCat("the status of ", event.key, " is no status"),
                       {.reason = "STATUS_INVALID"});
    }
    if (document.data_plane() != data_plane_ || document.key() != event.key) {
      batch.dropped.push_back({.principal = absl::StrCat("dataPlanes/", data_plane_),
                               .method = "ReportStatus",
                               .target = absl::StrCat("dataPlanes/", document.data_plane(), "/", document.key()),
                               .allowed = false,
                               .reason = "DATA_PLANE_MISMATCH",
                               .traceparent = event.traceparent,
                               .time = clock_.Now()});
      continue;
    }
    ASSIGN_OR_RETURN(SeenStatus status, records::StatusOf(document));
    batch.statuses.push_back(std::move(status));
    batch.traceparent = event.traceparent;
  }
  if (batch.statuses.empty() && batch.dropped.empty()) return absl::OkStatus();
  PgSession session(transaction, ids_, clock_);
  return handler_.Handle(session, batch);
}

}  // namespace sluice::provisioner
