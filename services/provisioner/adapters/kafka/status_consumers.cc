#include "services/provisioner/adapters/kafka/status_consumers.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/bus/topics.h"
#include "libs/log/log.h"
#include "services/provisioner/adapters/kafka/status_events.h"

namespace sluice::provisioner {
namespace {

// Rings the relay after each commit.
class RingingEvents final : public bus::EventHandler {
 public:
  RingingEvents(StatusEvents& events, const std::function<void()>& committed)
      : events_(events), committed_(committed) {}
  absl::Status Handle(pqxx::transaction_base& transaction, const bus::ReceivedEvent& event) override {
    return events_.Handle(transaction, event);
  }
  absl::Status HandleBatch(pqxx::transaction_base& transaction, std::span<const bus::ReceivedEvent> events) override {
    return events_.HandleBatch(transaction, events);
  }
  void Committed() override {
    events_.Committed();
    committed_();
  }

 private:
  StatusEvents& events_;
  const std::function<void()>& committed_;
};

}  // namespace

class StatusConsumers::Consumer {
 public:
  Consumer(const std::string& data_plane, const StatusConsumersOptions& options, const StatusConsumersPorts& ports)
      : handler_(ports.handler),
        events_(data_plane, handler_, ports.handler.ids, ports.handler.clock),
        ringing_(events_, ports.committed),
        inbox_({.kafka = options.kafka,
                .consumer = absl::StrCat("provisioner.status.", data_plane),
                .topics = {bus::StatusTopic(data_plane)},
                .retry_waits = options.retry_waits,
                .instance = options.instance},
               {ports.handler.clock, ports.handler.random, ports.handler.metrics, ports.pool}, ringing_),
        thread_([this] {
          absl::Status status = inbox_.Run(stop_);
          std::lock_guard lock(mutex_);
          result_ = std::move(status);
        }) {
    log::Info("listening to a data plane", {{"data_plane", data_plane}});
  }
  ~Consumer() {
    stop_.Stop();
    thread_.join();
  }
  absl::Status result() {
    std::lock_guard lock(mutex_);
    return result_;
  }

 private:
  clock::StopSignal stop_;
  StatusHandler handler_;
  StatusEvents events_;
  RingingEvents ringing_;
  bus::InboxConsumer inbox_;
  std::mutex mutex_;
  absl::Status result_;
  std::thread thread_;
};

StatusConsumers::StatusConsumers(StatusConsumersOptions options, StatusConsumersPorts ports)
    : options_(std::move(options)),
      ports_(std::move(ports)),
      listened_to_(ports_.handler.metrics.GaugeOf("sluice_provisioner_status_consumers",
                                                  "Data planes whose statuses are listened to")) {}

StatusConsumers::~StatusConsumers() = default;

absl::Status StatusConsumers::Follow() {
  const auto fleet = ports_.handler.fleet.Snapshot();
  std::map<std::string, std::string> wanted;  // uid to id
  for (const auto& [id, data_plane] : fleet->data_planes) {
    if (data_plane.bus_ready) wanted.emplace(data_plane.meta.uid, id);
  }
  std::erase_if(consumers_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  for (const auto& [uid, id] : wanted) {
    std::unique_ptr<Consumer>& consumer = consumers_[uid];
    if (consumer == nullptr) consumer = std::make_unique<Consumer>(id, options_, ports_);
    RETURN_IF_ERROR(consumer->result());
  }
  listened_to_.Set(static_cast<double>(consumers_.size()));
  return absl::OkStatus();
}

absl::Status StatusConsumers::Run(clock::StopSignal& stop) {
  absl::Status status = Follow();
  while (status.ok() && !stop.WaitFor(absl::Milliseconds(200))) status = Follow();
  consumers_.clear();
  return status;
}

}  // namespace sluice::provisioner
