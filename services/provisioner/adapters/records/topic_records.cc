#include "services/provisioner/adapters/records/topic_records.h"

#include <utility>

#include "libs/base/error.h"
#include "services/provisioner/adapters/records/api_records.h"
#include "services/provisioner/adapters/records/proto_values.h"
#include "sluice/provisioner/v1/kafka_cluster_events.pb.h"

namespace sluice::provisioner::records {

EncodedEvent EncodeTopicNews(const TopicNews& news, const std::string& cause) {
  v1::TopicChanged changed;
  changed.set_cause(cause);
  *changed.mutable_state()->mutable_resource() = ToApi(news.topic);
  changed.mutable_state()->set_version(news.version);
  changed.mutable_state()->set_cluster_uid(news.cluster_uid);
  changed.set_erased(news.erased);
  return {.type = changed.GetTypeName(), .payload = CanonicalBytes(changed)};
}

absl::StatusOr<TopicNews> DecodeTopicNews(std::string_view payload) {
  v1::TopicChanged changed;
  if (!changed.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return MakeError(absl::StatusCode::kInternal, "an event of a topic cannot be read", {.reason = "STATE_UNREADABLE"});
  }
  const v1::TopicState& state = changed.state();
  return TopicNews{.organization = PartOf(state.resource().name(), 1),
                   .environment = PartOf(state.resource().name(), 3),
                   .cluster_uid = state.cluster_uid(),
                   .version = state.version(),
                   .topic = FromApi(state.resource()),
                   .erased = changed.erased()};
}

}  // namespace sluice::provisioner::records
