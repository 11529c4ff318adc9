#include "services/provisioner/adapters/grpc/watch/watch_source.h"

#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/error.h"
#include "libs/base/status.h"
#include "services/provisioner/adapters/grpc/handlers/operation_conversion.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/adapters/records/proto_values.h"

namespace sluice::provisioner {
namespace {

// Beyond so many resources an event from before the snapshot may be shown after it; readers compare generations.
constexpr std::size_t kMaxShownVersions = 20'000;

std::string BindingOf(const WatchScope& scope) { return absl::StrCat("watch ", scope.parent); }

absl::Status TokenInvalid() {
  return MakeError(absl::StatusCode::kInvalidArgument, "resume_token is not of this watch",
                   {.reason = "RESUME_TOKEN_INVALID",
                    .field = "resume_token",
                    .remedy = "give a token of a watch with the same parent, or none to begin anew"});
}

absl::StatusOr<std::vector<int64_t>> OffsetsOf(const WatchParts& parts, const WatchScope& scope,
                                               const std::string& token) {
  const rpc::TokenSealer::Opened opened = parts.tokens.Open(BindingOf(scope), token);
  if (opened.fault != rpc::TokenSealer::Fault::kNone) return TokenInvalid();
  std::vector<int64_t> offsets;
  for (absl::string_view text : absl::StrSplit(opened.position, ',')) {
    int64_t offset = 0;
    if (!absl::SimpleAtoi(text, &offset)) return TokenInvalid();
    offsets.push_back(offset);
  }
  return offsets;
}

// What names a resource among all, and its version.
std::pair<std::string, int64_t> VersionOf(const WatchNews& news) {
  if (const auto* topic = std::get_if<TopicNews>(&news.of)) return {topic->key(), topic->version};
  const Meta& meta = MetaOf(std::get<Aggregate>(news.of));
  return {meta.uid, meta.version};
}

}  // namespace

absl::StatusOr<std::unique_ptr<rpc::StreamSource>> WatchSource::Open(const WatchParts& parts, const rpc::Call& call,
                                                                     WatchScope scope, const std::string& resume_token,
                                                                     rpc::StreamWaker waker) {
  EventRing::Place place;
  std::unique_ptr<PastReader> past;
  if (resume_token.empty()) {
    // Taken before the snapshot is read: what happens meanwhile comes after it.
    ASSIGN_OR_RETURN(place, parts.ring.End());
  } else {
    ASSIGN_OR_RETURN(std::vector<int64_t> offsets, OffsetsOf(parts, scope, resume_token));
    absl::StatusOr<EventRing::Place> resumed = parts.ring.Resume(offsets);
    const bool is_past = ErrorReason(resumed.status()) == "RESUME_TOKEN_EXPIRED" && parts.past != nullptr;
    if (is_past) {
      ASSIGN_OR_RETURN(past, parts.past->From(offsets, waker));
      place.offsets = std::move(offsets);
    } else {
      ASSIGN_OR_RETURN(place, std::move(resumed));
    }
  }
  std::unique_ptr<WatchSource> source(new WatchSource(parts, call, std::move(scope), std::move(place)));
  if (resume_token.empty()) {
    source->snapshot_.emplace(
        source->scope_.data_planes
            ? WatchSnapshot::OfDataPlanes(parts.queries)
            : WatchSnapshot::OfOrganization(parts.queries, source->scope_.organization, source->scope_.environment));
  }
  source->past_ = std::move(past);
  source->subscription_ = parts.ring.Subscribe(std::move(waker));
  return std::unique_ptr<rpc::StreamSource>(std::move(source));
}

WatchSource::WatchSource(const WatchParts& parts, const rpc::Call& call, WatchScope scope, EventRing::Place place)
    : parts_(parts),
      scope_(std::move(scope)),
      identity_(std::static_pointer_cast<const ApiIdentity>(call.identity)),
      begun_(parts.clock.MonotonicNow()),
      place_(std::move(place)),
      last_sent_(begun_) {}

WatchSource::~WatchSource() { parts_.ring.Unsubscribe(subscription_); }

absl::StatusOr<std::unique_ptr<google::protobuf::MessageLite>> WatchSource::Next() {
  RETURN_IF_ERROR(CheckCaller());
  const absl::Duration now = parts_.clock.MonotonicNow();
  if (now - begun_ >= parts_.limits.age) {
    return MakeError(absl::StatusCode::kUnavailable, "the stream has reached its age limit",
                     {.reason = "STREAM_AGE_LIMIT", .remedy = "watch again with the last resume token"});
  }
  ASSIGN_OR_RETURN(Response response, snapshot_ ? NextOfSnapshot() : past_ ? NextOfPast() : NextOfRing());
  if (response == nullptr && now - last_sent_ >= parts_.limits.heartbeat) {
    response = Empty(v1::WatchResponse::HEARTBEAT);
  }
  if (response != nullptr) last_sent_ = now;
  return std::unique_ptr<google::protobuf::MessageLite>(std::move(response));
}

absl::Status WatchSource::CheckCaller() {
  const std::string uid = identity_->principal.substr(identity_->principal.rfind('/') + 1);
  std::shared_ptr<const KnownKey> known = parts_.keys.Fresh(uid);
  if (known == nullptr) {
    ASSIGN_OR_RETURN(known, parts_.keys.LookUp(uid));
  }
  if (known == nullptr || known->key.meta.delete_time ||
      (known->key.expire_time && *known->key.expire_time <= parts_.clock.Now())) {
    return MakeError(absl::StatusCode::kUnauthenticated, "the API key of this stream is no longer valid",
                     {.reason = "KEY_INVALID", .remedy = "use a key that exists and is not revoked"});
  }
  identity_ = known->identity;
  return absl::OkStatus();
}

absl::StatusOr<WatchSource::Response> WatchSource::NextOfSnapshot() {
  while (true) {
    while (!page_.empty()) {
      const WatchNews news = std::move(page_.front());
      page_.pop_front();
      Response response = Show(news);
      if (response == nullptr) continue;
      if (shown_versions_.size() < kMaxShownVersions) shown_versions_.insert(VersionOf(news));
      response->set_kind(v1::WatchResponse::SNAPSHOT);
      records::Put(parts_.clock.Now(), response->mutable_time());
      return response;
    }
    ASSIGN_OR_RETURN(std::vector<WatchNews> page, snapshot_->NextPage());
    if (page.empty()) {
      snapshot_.reset();
      return Empty(v1::WatchResponse::SNAPSHOT_END);
    }
    page_.assign(std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
  }
}

absl::StatusOr<WatchSource::Response> WatchSource::NextOfRing() {
  if (caught_up_ && parts_.ring.Lag(place_) > parts_.limits.lag) {
    return MakeError(
        absl::StatusCode::kUnavailable, "the stream is read too slowly",
        {.reason = "STREAM_TOO_SLOW", .remedy = "watch again with the last resume token, and read faster"});
  }
  std::shared_ptr<const RingEvent> event;
  while (true) {
    switch (parts_.ring.Next(place_, event)) {
      case EventRing::Reading::kNoneYet:
        caught_up_ = true;
        return Response();
      case EventRing::Reading::kLost:
        return MakeError(absl::StatusCode::kUnavailable, "the stream has lost its place",
                         {.reason = "STREAM_TOO_SLOW", .remedy = "watch again with the last resume token"});
      case EventRing::Reading::kEvent:
        break;
    }
    if (Response response = Change(*event)) return response;
  }
}

absl::StatusOr<WatchSource::Response> WatchSource::NextOfPast() {
  std::shared_ptr<const RingEvent> event;
  while (true) {
    ASSIGN_OR_RETURN(const PastReader::Reading reading, past_->Next(place_, event));
    if (reading == PastReader::Reading::kNoneYet) break;
    if (Response response = Change(*event)) return response;
  }
  // All that has been read so far is said: does the ring go on from here?
  absl::StatusOr<EventRing::Place> resumed = parts_.ring.Resume(place_.offsets);
  if (!resumed.ok()) return Response();
  place_ = *std::move(resumed);
  past_.reset();
  return NextOfRing();
}

WatchSource::Response WatchSource::Change(const RingEvent& event) const {
  const WatchNews* news = event.news();
  if (news == nullptr || IsOlderThanSnapshot(*news)) return nullptr;
  Response response = Show(*news);
  if (response == nullptr) return nullptr;
  response->set_kind(v1::WatchResponse::CHANGE);
  response->set_resume_token(Token());
  records::Put(event.time(), response->mutable_time());
  return response;
}

WatchSource::Response WatchSource::Show(const WatchNews& news) const {
  auto response = std::make_unique<v1::WatchResponse>();
  response->set_erased(news.erased);
  if (const auto* topic = std::get_if<TopicNews>(&news.of)) {
    if (scope_.data_planes || !MaySee(topic->organization, topic->environment)) return nullptr;
    *response->mutable_topic() = records::ToApi(topic->topic);
    return response;
  }
  return Put(std::get<Aggregate>(news.of), *response) ? std::move(response) : nullptr;
}

bool WatchSource::Put(const Aggregate& aggregate, v1::WatchResponse& response) const {
  if (scope_.data_planes) {
    const auto* data_plane = std::get_if<DataPlane>(&aggregate);
    if (data_plane != nullptr) *response.mutable_data_plane() = records::ToApi(*data_plane);
    return data_plane != nullptr;
  }
  if (const auto* environment = std::get_if<Environment>(&aggregate)) {
    if (!MaySee(environment->organization, environment->id)) return false;
    *response.mutable_environment() = records::ToApi(*environment);
  } else if (const auto* cluster = std::get_if<KafkaCluster>(&aggregate)) {
    if (!MaySee(cluster->organization, cluster->environment)) return false;
    *response.mutable_kafka_cluster() = records::ToApi(parts_.queries.ViewOf(*cluster));
  } else if (const auto* key = std::get_if<KafkaKey>(&aggregate)) {
    if (!MaySee(key->organization, key->environment)) return false;
    *response.mutable_kafka_key() = records::ToApi(*key);
  } else if (const auto* operation = std::get_if<Operation>(&aggregate)) {
    if (!MaySee(operation->organization, operation->environment)) return false;
    *response.mutable_operation() = OperationWithoutResult(*operation);
  } else {
    return false;
  }
  return true;
}

bool WatchSource::MaySee(const std::string& organization, const std::string& environment) const {
  return organization == scope_.organization && (scope_.environment.empty() || environment == scope_.environment) &&
         Decide(Right::kView, {organization, environment}, identity_->grants, identity_->organization) ==
             Verdict::kAllowed;
}

bool WatchSource::IsOlderThanSnapshot(const WatchNews& news) const {
  const auto [key, version] = VersionOf(news);
  const auto shown = shown_versions_.find(key);
  return shown != shown_versions_.end() && version <= shown->second;
}

std::string WatchSource::Token() const {
  return parts_.tokens.Seal(BindingOf(scope_), absl::StrJoin(place_.offsets, ","));
}

WatchSource::Response WatchSource::Empty(v1::WatchResponse::Kind kind) const {
  auto response = std::make_unique<v1::WatchResponse>();
  response->set_kind(kind);
  response->set_resume_token(Token());
  records::Put(parts_.clock.Now(), response->mutable_time());
  return response;
}

}  // namespace sluice::provisioner
