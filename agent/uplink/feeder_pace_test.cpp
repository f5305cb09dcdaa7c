#include <algorithm>

#include "agent/uplink/feeder_fixture.h"

namespace odograph::uplink {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Link {
  const char* name;
  double bytes_per_s;
  milliseconds round_trip;
};

/// A backlog, and alerts that come while it drains over a link as librdkafka uses it: one request at a time, which
/// takes whatever is queued.
class FeederDrain : public FeederTest, public ::testing::WithParamInterface<Link> {
 protected:
  void prepare() {
    for (std::uint32_t n = 1; n <= 300 * 400; n += 300) outbox_.add(kBulk, n, 300);
    start();
  }

  /// So many seconds with an alert every 3.7 s; the longest that one took from when it was stored to its report.
  milliseconds longest_alert(seconds for_so_long) {
    milliseconds longest{0};
    std::uint32_t alerts = 0;
    TimePoint alert_at{};
    const TimePoint end = now_ + for_so_long;
    for (TimePoint next_alert = now_ + seconds{1}; now_ < end; now_ += milliseconds{10}) {
      if (now_ >= next_alert && outbox_.stored(kAlert) == 0) {
        outbox_.add(kAlert, ++alerts, 1);
        alert_at = now_;
        next_alert += milliseconds{3700};
      }
      carry();
      feeder_->step(now_);
      if (outbox_.stored(kAlert) == 0) alert_at = now_;
      longest = std::max(longest, std::chrono::duration_cast<milliseconds>(now_ - alert_at));
    }
    EXPECT_GE(alerts, 10U);
    return longest;
  }

 private:
  void carry() {
    FakeHandle& link = handle();
    if (in_request_ > 0 && now_ >= request_ends_) {
      link.report(Outcome::kStored, in_request_);
      in_request_ = 0;
    }
    if (in_request_ > 0 || link.reported == link.sent.size()) return;
    std::size_t bytes = 0;
    for (std::size_t i = link.reported; i < link.sent.size(); ++i, ++in_request_) bytes += link.sent[i].value.size();
    const std::chrono::duration<double> takes{static_cast<double>(bytes) / GetParam().bytes_per_s};
    request_ends_ = now_ + GetParam().round_trip + std::chrono::duration_cast<milliseconds>(takes);
  }

  std::size_t in_request_ = 0;
  TimePoint request_ends_;
};

constexpr Link kLinks[] = {{"Gprs", 4'000, milliseconds{600}},
                           {"HundredTwentyEightKbits", 16'000, milliseconds{100}},
                           {"Umts", 48'000, milliseconds{150}},
                           {"Lte", 1'000'000, milliseconds{50}}};

TEST_P(FeederDrain, AnAlertNeverTakesMoreThanTwoSeconds) {
  prepare();
  EXPECT_LE(longest_alert(seconds{60}), seconds{2});
  const double used = static_cast<double>(counts(kBulk).acked_bytes) / 60 / GetParam().bytes_per_s;
  // On the fast links the backlog is over before the minute is.
  EXPECT_TRUE(used > 0.2 || outbox_.stored(kBulk) == 0) << used << " of the link";
}

TEST_P(FeederDrain, WithoutTheBoundInSecondsItDoesOnASlowLink) {
  options_.window_time = std::chrono::hours{1};
  prepare();
  const bool slow = GetParam().bytes_per_s < 100'000;
  const milliseconds longest = longest_alert(seconds{60});
  EXPECT_EQ(longest > seconds{2}, slow) << longest.count() << " ms";
}

INSTANTIATE_TEST_SUITE_P(Links, FeederDrain, ::testing::ValuesIn(kLinks),
                         [](const auto& row) { return std::string{row.param.name}; });

/// A backlog of messages of about 60 bytes after an outage.
class FeederAfterOutage : public FeederTest {
 protected:
  FeederAfterOutage() {
    options_.send_after = {};
    options_.message_records_max = 10;
    options_.pace = {seconds{30}, seconds{20}, 100};
  }

  void start_after_outage(std::uint32_t records = 1000) {
    start();
    handle().link.connected = false;
    step();
    step(seconds{31});
    for (std::uint32_t n = 1; n <= records; n += 10) outbox_.add(kBulk, n, std::min(10U, records + 1 - n));
    outbox_.add(kAlert, 1, 1);
    handle().link.connected = true;
    handle().stores_at_once = true;
    step();
  }
};

TEST_F(FeederAfterOutage, OnlyBulkWaitsForItsSlot) {
  const milliseconds slot = start_slot(options_.vehicle_id, options_.pace.spread);
  ASSERT_GT(slot, seconds{1});
  start_after_outage();
  const TimePoint back = now_;
  EXPECT_EQ(told_from(), Told{"alert 1:1-1"});
  step();
  EXPECT_EQ(feeder_->deadline(), back + slot);
  outbox_.add(kEvent, 1, 1);
  EXPECT_TRUE(feeder_->wants_chunks(kEvent));
  step(slot - milliseconds{1});
  EXPECT_EQ(told_from(1), Told{"event 1:1-1"});
  step(milliseconds{1});
  EXPECT_EQ(told_from(2), Told{"bulk 1:1-10"});
}

TEST_F(FeederAfterOutage, ASmallBacklogWaitsForItsSlotToo) {
  const milliseconds slot = start_slot(options_.vehicle_id, options_.pace.spread);
  start_after_outage(5);
  const TimePoint back = now_;
  step();
  EXPECT_EQ(feeder_->deadline(), back + slot);
  step(slot - milliseconds{1});
  EXPECT_EQ(told_from(), Told{"alert 1:1-1"});
  step(milliseconds{1});
  EXPECT_EQ(told_from(1), Told{"bulk 1:1-5"});
  step();
  outbox_.add(kBulk, 6, 1);
  step();
  EXPECT_EQ(told_from(2), Told{"bulk 1:6-6"}) << "it has caught up";
}

TEST_F(FeederAfterOutage, BulkIsPacedUntilItHasCaughtUp) {
  start_after_outage();
  const TimePoint back = now_;
  int steps = 0;
  for (; outbox_.stored(kBulk) > 0 && steps < 10'000; ++steps) {
    step();  // Takes the report.
    now_ = std::max(now_, feeder_->deadline().value_or(now_));
    feeder_->step(now_);
  }
  const auto took = std::chrono::duration<double>(now_ - back).count() -
                    std::chrono::duration<double>(start_slot(options_.vehicle_id, options_.pace.spread)).count();
  const auto bytes = static_cast<double>(counts(kBulk).acked_bytes);
  EXPECT_NEAR(took, bytes / 100, 2.0) << "100 bytes a second";
  // From here on it is not paced.
  step();
  for (std::uint32_t n = 1001; n <= 1100; n += 10) outbox_.add(kBulk, n, 10);
  const std::size_t before = handle().sent.size();
  step();
  step();
  EXPECT_EQ(handle().sent.size(), before + 10);
}

TEST_F(FeederAfterOutage, AStartIsNoOutage) {
  for (std::uint32_t n = 1; n <= 100; n += 10) outbox_.add(kBulk, n, 10);
  start();
  handle().stores_at_once = true;
  step();
  step();
  EXPECT_EQ(handle().sent.size(), 10U);
}

}  // namespace
}  // namespace odograph::uplink
