#include "services/satellite/adapters/bus/tenant_document.h"

namespace sluice::satellite {

TenantDocument ToTenantDocument(const AcceptedWish& accepted) {
  const auto& document = accepted.document;
  const auto& spec = document.logical_cluster();
  TenantDocument result{.key = document.key(),
                        .physical_cluster = document.key().substr(0, document.key().find('/')),
                        .generation = document.generation(),
                        .traceparent = accepted.traceparent};
  TenantWish& wish = result.wish;
  // The key is what the intake has checked; a deleted document may come without its spec.
  wish.logical_cluster = document.key().substr(document.key().find('/') + 1);
  wish.prefix = spec.prefix();
  wish.limits = {.ingress_bytes_per_second = spec.limits().ingress_bytes_per_second(),
                 .egress_bytes_per_second = spec.limits().egress_bytes_per_second(),
                 .request_percent = spec.limits().request_percent(),
                 .controller_mutations_per_second = spec.limits().controller_mutations_per_second(),
                 .partitions = spec.limits().partitions()};
  for (const auto& key : spec.keys()) {
    wish.keys.push_back({key.uid(), key.username(), key.deleted()});
    result.sealed_credentials[key.username()] = key.sealed_credential();
  }
  for (const auto& topic : spec.topic_wishes()) {
    using provisioner::v1::TopicWish;
    if (topic.verb() == TopicWish::VERB_UNSPECIFIED) continue;
    wish.topic_wishes.push_back(
        {.id = topic.wish_id(),
         .verb = topic.verb() == TopicWish::REMOVE ? TenantTopicWish::Verb::kRemove : TenantTopicWish::Verb::kEnsure,
         .topic = topic.topic(),
         .partitions = topic.partitions(),
         .configs = {topic.configs().begin(), topic.configs().end()},
         .must_create = topic.must_create()});
  }
  wish.suspended = spec.suspended();
  wish.deleted = document.deleted();
  return result;
}

}  // namespace sluice::satellite
