#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/client/api_client.h"
#include "cli/config/context_file.h"
#include "cli/config/resource_names.h"
#include "cli/output/output.h"
#include "libs/clock/clock.h"
#include "libs/clock/random.h"
#include "libs/clock/stop_signal.h"
#include "libs/grpc/client/client.h"
#include "sluice/provisioner/v1/kafka_cluster.pb.h"

namespace sluice::cli {

// All that a command touches outside itself.
struct World {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool in_is_terminal = false;
  // Empty when it is not set.
  std::function<std::string(const std::string&)> environment_variable;
  // A channel to the API that carries the caller's key.
  std::function<absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>>(const rpc::ClientOptions&)> connect;
  const clock::Clock& clock;
  clock::Random& random;
  clock::StopSignal& stop;
};

// What may stand beside every command.
struct GlobalOptions {
  std::string config;
  std::string context;
  std::string organization;
  std::string environment;
  std::string output = "table";
  std::string timeout;
  bool no_colour = false;
};

// One run of one command: the context it works in, the API it calls, the screen it writes to.
class Session {
 public:
  // FIGURE_INVALID for a bad --timeout.
  static absl::StatusOr<std::unique_ptr<Session>> Open(World& world, const GlobalOptions& options);

  World& world() { return world_; }
  Output& output() { return output_; }
  absl::Time now() const { return world_.clock.Now(); }

  absl::StatusOr<ContextFile> Contexts() const;
  // The context's organization and environment, or what the options say instead. Empty parts without a context.
  absl::StatusOr<Scope> scope() const;
  // What --context says; empty: the current one.
  const std::string& context_name() const { return options_.context; }
  // Connects at the first call. Errors as Contexts, Context file, CA file or key file have them.
  absl::StatusOr<ApiClient*> Api();
  // The same with the balancer-planner. FAILED_PRECONDITION / NO_BALANCER_ENDPOINT when the context names none.
  absl::StatusOr<ApiClient*> Balancer();
  // What --timeout says, else `by_default`.
  absl::Duration TimeoutOr(absl::Duration by_default) const { return timeout_.value_or(by_default); }
  // Empty before the first call.
  std::string trace_id() const { return balancer_ ? balancer_->trace_id() : api_ ? api_->trace_id() : ""; }

  // Writes the CA beside the context file, in ca/{uid}.pem, and gives back the absolute path; empty when the cluster
  // has none yet.
  absl::StatusOr<std::string> KeepCa(const provisioner::v1::KafkaCluster& cluster) const;

  // Asks on a terminal; NOT_CONFIRMED unless the answer is yes. Without a terminal OK, unless it cannot be undone.
  absl::Status Confirm(const std::string& question, bool can_be_undone);

 private:
  Session(World& world, const GlobalOptions& options, std::optional<absl::Duration> timeout);

  absl::StatusOr<std::unique_ptr<ApiClient>> ConnectTo(const ContextFile& file, const Context& context,
                                                       const std::string& endpoint);

  World& world_;
  const GlobalOptions options_;
  const std::optional<absl::Duration> timeout_;
  Output output_;
  std::unique_ptr<ApiClient> api_;
  std::unique_ptr<ApiClient> balancer_;
};

}  // namespace sluice::cli
