#include "services/satellite/app/bus/bus_session.h"

#include <gtest/gtest.h>

#include <condition_variable>

#include "libs/base/error.h"
#include "libs/bus/reader/fake_document_source.h"
#include "services/satellite/app/bus/desired_intake.h"

namespace sluice::satellite {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

class CountingHandler final : public WishHandler {
 public:
  void OnWish(AcceptedWish) override {
    std::lock_guard lock(mutex_);
    ++wishes_;
    changed_.notify_all();
  }
  void OnForgotten(const std::string&) override {}
  bool WaitFor(int wishes) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return wishes_ >= wishes; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int wishes_ = 0;
};

// A source that the session owns and the test feeds.
class SharedSource final : public bus::DocumentSource {
 public:
  explicit SharedSource(std::shared_ptr<bus::FakeDocumentSource> source) : source_(std::move(source)) {}
  absl::StatusOr<std::vector<bus::ReceivedEvent>> Poll(absl::Duration) override {
    absl::SleepFor(absl::Milliseconds(1));
    return source_->Poll(absl::ZeroDuration());
  }
  bool caught_up() const override { return source_->caught_up(); }

 private:
  const std::shared_ptr<bus::FakeDocumentSource> source_;
};

class ForwardingPublisher final : public bus::Publisher {
 public:
  ForwardingPublisher(std::shared_ptr<bus::FakePublisher> to, std::shared_ptr<std::atomic<bool>> fatal)
      : to_(std::move(to)), fatal_(std::move(fatal)) {}
  absl::Status Publish(bus::OutboxMessage message) override { return to_->Publish(std::move(message)); }
  absl::Status Flush(absl::Duration timeout) override { return to_->Flush(timeout); }
  absl::Status fatal_error() const override { return fatal_->load() ? absl::InternalError("fatal") : absl::OkStatus(); }

 private:
  const std::shared_ptr<bus::FakePublisher> to_;
  const std::shared_ptr<std::atomic<bool>> fatal_;
};

class BusSessionTest : public testing::Test {
 protected:
  BusClients Clients() {
    return {.intakes = {{.name = "bus_intake",
                         .new_source =
                             [this] {
                               ++sources_made_;
                               return std::make_unique<SharedSource>(source_);
                             },
                         .accept = [this](const bus::ReceivedEvent& event) { return intake_.Accept(event); },
                         .caught_up =
                             [this] {
                               index_.SetComplete();
                               return absl::OkStatus();
                             }},
                        {.name = "bus_plans",
                         .new_source = [this] { return std::make_unique<SharedSource>(plans_); },
                         .accept =
                             [this](const bus::ReceivedEvent&) {
                               ++plans_taken_;
                               return absl::OkStatus();
                             },
                         .caught_up = [] { return absl::OkStatus(); }}},
            .new_publisher = [this]() -> absl::StatusOr<std::unique_ptr<bus::Publisher>> {
              ++publishers_made_;
              // Each producer's fatal error is its own: the successor begins without.
              producer_fatal_ = std::make_shared<std::atomic<bool>>(false);
              return std::make_unique<ForwardingPublisher>(bus_, producer_fatal_);
            }};
  }
  BusSessionParts Parts() {
    return {statuses_,
            switching_,
            [] {
              satellite::v1::DataPlaneStatus status;
              status.set_satellite_version("1");
              return status;
            },
            clock::RealClock(),
            clock::CryptoRandom(),
            &board_};
  }
  static bus::ReceivedEvent Record(int64_t generation) {
    provisioner::v1::DesiredDocument document;
    document.set_key("pkc-1");
    document.set_data_plane("local");
    document.set_generation(generation);
    document.mutable_physical_cluster();
    return {.key = "pkc-1", .payload = document.SerializeAsString()};
  }
  template <typename Condition>
  static bool Eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      if (condition()) return true;
      absl::SleepFor(absl::Milliseconds(2));
    }
    return false;
  }

  std::shared_ptr<bus::FakeDocumentSource> source_ = std::make_shared<bus::FakeDocumentSource>();
  std::shared_ptr<bus::FakeDocumentSource> plans_ = std::make_shared<bus::FakeDocumentSource>();
  std::atomic<int> plans_taken_ = 0;
  std::shared_ptr<bus::FakePublisher> bus_ = std::make_shared<bus::FakePublisher>();
  std::shared_ptr<std::atomic<bool>> producer_fatal_;
  std::atomic<int> sources_made_ = 0;
  std::atomic<int> publishers_made_ = 0;
  metrics::Registry metrics_;
  metrics::LoopBoard board_{"test", metrics_, clock::RealClock()};
  FakeDesiredStore store_;
  CountingHandler physical_;
  CountingHandler logical_;
  DesiredIndex index_;
  DesiredIntake intake_{"local", {store_, index_, physical_, logical_, metrics_}};
  SwitchingPublisher switching_;
  StatusPublisher statuses_{{.data_plane = "local", .epoch = 1}, {switching_, clock::RealClock(), metrics_}};
};

TEST_F(BusSessionTest, TakesInAndTells) {
  source_->SetCaughtUp(false);
  BusSession session(Clients(), Parts());
  source_->Put(Record(1));
  EXPECT_TRUE(physical_.WaitFor(1));
  EXPECT_FALSE(index_.complete());
  source_->SetCaughtUp(true);
  EXPECT_TRUE(Eventually([&] { return index_.complete(); }));
  EXPECT_TRUE(Eventually([&] {
    for (const auto& message : bus_->Take()) {
      if (message.key == "data-plane") return true;
    }
    return false;
  }));
}

TEST_F(BusSessionTest, OneTopicThatIsStuckHoldsUpNoOther) {
  store_.SetStatus(absl::ResourceExhaustedError("full"));
  BusSession session(Clients(), Parts());
  source_->Put(Record(1));
  plans_->Put(Record(1));
  EXPECT_TRUE(Eventually([&] { return plans_taken_ == 1; }));
  store_.SetStatus(absl::OkStatus());
  EXPECT_TRUE(physical_.WaitFor(1));
}

TEST_F(BusSessionTest, NothingIsSkippedWhileTheDiskIsFull) {
  store_.SetStatus(absl::ResourceExhaustedError("full"));
  BusSession session(Clients(), Parts());
  source_->Put(Record(1));
  source_->Put(Record(2));
  absl::SleepFor(absl::Milliseconds(50));
  store_.SetStatus(absl::OkStatus());
  EXPECT_TRUE(physical_.WaitFor(2));
}

TEST_F(BusSessionTest, GoesOnWhenTheBusComesBack) {
  source_->SetStatus(absl::UnavailableError("away"));
  BusSession session(Clients(), Parts());
  // Its rounds are seen to fail, and to succeed again.
  const auto page_has = [&](const std::string& line) { return metrics_.Render().find(line) != std::string::npos; };
  EXPECT_TRUE(Eventually([&] {
    return page_has("test_loop_failures_total{loop=\"bus_intake\"}") &&
           !page_has("test_loop_failures_total{loop=\"bus_intake\"} 0");
  }));
  EXPECT_TRUE(page_has("test_loop_last_success_timestamp_seconds{loop=\"bus_intake\"} 0"));
  source_->SetStatus(absl::OkStatus());
  source_->Put(Record(1));
  EXPECT_TRUE(physical_.WaitFor(1));
  EXPECT_FALSE(page_has("test_loop_last_success_timestamp_seconds{loop=\"bus_intake\"} 0"));
  EXPECT_EQ(sources_made_, 1);
}

TEST_F(BusSessionTest, NewClientsForANewIdentityAndAfterAFatalError) {
  BusSession session(Clients(), Parts());
  EXPECT_TRUE(Eventually([&] { return sources_made_ == 1 && publishers_made_ == 1; }));
  session.Reconnect();
  EXPECT_TRUE(Eventually([&] { return sources_made_ == 2 && publishers_made_ == 2; }));
  source_->SetStatus(MakeError(absl::StatusCode::kInternal, "fatal", {.reason = "KAFKA_FATAL"}));
  EXPECT_TRUE(Eventually([&] { return sources_made_ >= 3; }));
  source_->SetStatus(absl::OkStatus());
  source_->Put(Record(1));
  EXPECT_TRUE(physical_.WaitFor(1));
}

TEST_F(BusSessionTest, ProducerThatEndedIsReplacedAndEverythingSaidAgain) {
  BusSession session(Clients(), Parts());
  EXPECT_TRUE(Eventually([&] { return publishers_made_ == 1 && !bus_->Take().empty(); }));
  satellite::v1::StatusDocument draft;
  draft.set_key("pkc-1");
  statuses_.Publish(draft, "");
  bus_->Take();
  *producer_fatal_ = true;
  EXPECT_TRUE(Eventually([&] { return publishers_made_ == 2; }));
  EXPECT_TRUE(Eventually([&] {
    for (const auto& message : bus_->Take()) {
      if (message.key == "pkc-1") return true;
    }
    return false;
  }));
}

}  // namespace
}  // namespace sluice::satellite
