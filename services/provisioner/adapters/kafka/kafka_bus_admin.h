#pragma once

#include <map>
#include <string>
#include <vector>

#include "libs/kafka_admin/admin_client.h"
#include "services/provisioner/ports/bus_admin.h"

namespace sluice::provisioner {

// The bus' topics and rights on the control-plane Kafka. Needs a super user's connection. Thread-safe as `client` is.
class KafkaBusAdmin final : public BusAdmin {
 public:
  explicit KafkaBusAdmin(kafka_admin::AdminClient& client) : client_(client) {}

  absl::Status EnsureDataPlane(const std::string& data_plane, absl::Duration timeout) override;
  absl::Status EnsureEventTopics(absl::Duration timeout) override;
  absl::Status EnsureServiceRights(absl::Duration timeout) override;
  absl::Status RemoveDataPlane(const std::string& data_plane, absl::Duration timeout) override;
  absl::Status Reach(absl::Duration timeout) override;

 private:
  absl::Status EnsureTopics(const std::vector<kafka_admin::NewTopic>& topics, absl::Duration timeout);

  absl::Status EnsureAcls(const std::vector<kafka_admin::AclBinding>& acls, absl::Duration timeout);

  kafka_admin::AdminClient& client_;
};

}  // namespace sluice::provisioner
