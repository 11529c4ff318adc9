// 1,000 bad keys a second: they are limited, they cost the database nothing to speak of, and others do not suffer.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "services/provisioner/adapters/grpc/testing/api_fixture.h"
#include "sluice/provisioner/v1/organization_service.pb.h"

namespace sluice::provisioner {
namespace {

using testing::ApiFixture;

constexpr char kGetEnvironment[] = "/sluice.provisioner.v1.OrganizationService/GetEnvironment";

absl::Duration P99(std::vector<absl::Duration> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() * 99 / 100];
}

TEST(Flood, OfBadKeysIsLimitedAndOthersDoNotSuffer) {
  auto started = ApiFixture::Start({.limits = {.tenant = {.per_second = 1e6, .burst = 1e6}}});
  ASSERT_TRUE(started.ok()) << started.status();
  ApiFixture& api = **started;
  const std::string admin = *api.AddOrganization("acme");
  ASSERT_TRUE(api.AddEnvironment(admin, "acme", "prod").ok());
  v1::GetEnvironmentRequest request;
  request.set_name("organizations/acme/environments/prod");

  int good = 0;
  int refused = 0;
  const auto good_calls = [&](absl::Duration length) {
    std::vector<absl::Duration> times;
    const absl::Time end = absl::Now() + length;
    while (absl::Now() < end) {
      const absl::Time begun = absl::Now();
      const absl::Status status = api.Call(kGetEnvironment, request, admin);
      status.ok() ? ++good : ++refused;
      times.push_back(absl::Now() - begun);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return times;
  };
  const absl::Duration before = P99(good_calls(absl::Seconds(3)));

  std::atomic<bool> stop = false;
  std::atomic<int> limited = 0, invalid = 0, other = 0;
  const absl::Time begun = absl::Now();
  std::vector<std::thread> attackers;
  for (int a = 0; a < 4; ++a) {
    attackers.emplace_back([&, a] {
      // Each 250 a second.
      for (int i = 0; !stop; ++i) {
        const absl::Status status =
            api.Call(kGetEnvironment, request,
                     absl::StrCat("sk_ak-", a, "x", i, "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"));
        const std::string reason = ErrorReason(status);
        ++(reason == "RATE_LIMITED" ? limited : reason == "KEY_INVALID" ? invalid : other);
        const absl::Time next = begun + i * absl::Milliseconds(4);
        if (next > absl::Now()) std::this_thread::sleep_until(absl::ToChronoTime(next));
      }
    });
  }
  const absl::Duration during = P99(good_calls(absl::Seconds(5)));
  stop = true;
  for (std::thread& attacker : attackers) attacker.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begun);

  RecordProperty("p99_before_us", absl::StrCat(absl::ToInt64Microseconds(before)));
  RecordProperty("p99_during_us", absl::StrCat(absl::ToInt64Microseconds(during)));
  RecordProperty("bad_keys_per_second", absl::StrCat((limited + invalid) / seconds));
  std::cout << "p99 before " << before << ", during " << during << "; " << (limited + invalid) / seconds
            << " bad keys/s, of them looked up " << invalid << "\n";
  EXPECT_EQ(other, 0);
  EXPECT_GT(limited, invalid);
  // Burst 40 and 20 a second, and those that were under way at once.
  EXPECT_LE(invalid, 40 + 20 * seconds + 10);
  // How long they took is printed; on a busy machine only what was served can be judged.
  EXPECT_GT(good, 0);
  EXPECT_EQ(refused, 0);

  // Its audit: entries that count, not one for each.
  const absl::Time give_up = absl::Now() + absl::Seconds(60);
  int64_t entries = 0;
  while (entries == 0 && absl::Now() < give_up) {
    ASSERT_TRUE(api.pool()
                    .InTransaction([&](pqxx::transaction_base& tx) {
                      entries = tx.exec1(
                                      "SELECT count(*) FROM bus_outbox WHERE topic = 'sluice.audit.events.v1' AND "
                                      "position('RATE_LIMITED'::bytea IN payload) > 0")[0]
                                    .as<int64_t>();
                      return absl::OkStatus();
                    })
                    .ok());
  }
  EXPECT_GE(entries, 1);
  EXPECT_LE(entries, static_cast<int64_t>(seconds) + 10);
}

}  // namespace
}  // namespace sluice::provisioner
