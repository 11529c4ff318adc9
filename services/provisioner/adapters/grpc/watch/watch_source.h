#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/clock/clock.h"
#include "libs/grpc/request/sealed_token.h"
#include "libs/grpc/server/call.h"
#include "libs/grpc/server/stream_source.h"
#include "services/provisioner/adapters/grpc/gate/key_ring.h"
#include "services/provisioner/adapters/grpc/watch/event_past.h"
#include "services/provisioner/adapters/grpc/watch/event_ring.h"
#include "services/provisioner/adapters/grpc/watch/watch_snapshot.h"
#include "services/provisioner/app/queries.h"
#include "sluice/provisioner/v1/watch_service.pb.h"

namespace sluice::provisioner {

struct WatchLimits {
  absl::Duration heartbeat = absl::Seconds(10);
  // Below the server's max_connection_age_grace, so that a stream ends with a status of its own.
  absl::Duration age = absl::Minutes(10);
  // A stream that had caught up and has so much of the ring before it again is cut while its last token is still good.
  double lag = 0.5;
};

struct WatchParts {
  EventRing& ring;
  KeyRing& keys;
  Queries& queries;
  const rpc::TokenSealer& tokens;
  const clock::Clock& clock;
  WatchLimits limits;
  // Where tokens older than the ring are resumed from; null: they are refused.
  EventPast* past = nullptr;
};

// What a watch sees: an organization, an environment of it, or the data planes.
struct WatchScope {
  std::string parent;
  std::string organization;
  std::string environment;
  bool data_planes = false;
};

// One stream of WatchService: the snapshot page by page, or with a token what came since that is no longer in the ring;
// then the ring from a place of its own. Its key is looked at
// again with each pull, so that a revoked key's stream ends within a second. Errors that end it and how to go on:
// UNAVAILABLE STREAM_AGE_LIMIT, STREAM_TOO_SLOW (resume from the last token); UNAUTHENTICATED KEY_INVALID.
class WatchSource final : public rpc::StreamSource {
 public:
  // `resume_token` empty: with a snapshot. INVALID_ARGUMENT RESUME_TOKEN_INVALID, OUT_OF_RANGE RESUME_TOKEN_EXPIRED,
  // UNAVAILABLE WATCH_NOT_READY, WATCH_BUSY.
  static absl::StatusOr<std::unique_ptr<rpc::StreamSource>> Open(const WatchParts& parts, const rpc::Call& call,
                                                                 WatchScope scope, const std::string& resume_token,
                                                                 rpc::StreamWaker waker);
  ~WatchSource() override;

  absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>> Next() override;

 private:
  using Response = std::unique_ptr<v1::WatchResponse>;

  WatchSource(const WatchParts& parts, const rpc::Call& call, WatchScope scope, EventRing::Place place);

  absl::Status CheckCaller();
  absl::StatusOr<Response> NextOfSnapshot();
  absl::StatusOr<Response> NextOfPast();
  absl::StatusOr<Response> NextOfRing();
  // Nothing when the stream is not to see it, or has seen later.
  Response Change(const RingEvent& event) const;
  // Nothing when the stream is not to see it.
  Response Show(const WatchNews& news) const;
  bool Put(const Aggregate& aggregate, v1::WatchResponse& response) const;
  bool MaySee(const std::string& organization, const std::string& environment) const;
  bool IsOlderThanSnapshot(const WatchNews& news) const;
  std::string Token() const;
  Response Empty(v1::WatchResponse::Kind kind) const;

  const WatchParts parts_;
  const WatchScope scope_;
  std::shared_ptr<const ApiIdentity> identity_;
  const absl::Duration begun_;
  int64_t subscription_ = 0;
  EventRing::Place place_;
  std::optional<WatchSnapshot> snapshot_;
  // Until the stream has come up to the ring.
  std::unique_ptr<PastReader> past_;
  std::deque<WatchNews> page_;
  // Versions that the snapshot showed: an event from before it is not shown after it.
  std::unordered_map<std::string, int64_t> shown_versions_;
  absl::Duration last_sent_;
  // It has been at the ring's end: one that resumes may lie far behind at first.
  bool caught_up_ = false;
};

}  // namespace sluice::provisioner
