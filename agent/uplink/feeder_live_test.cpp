#include "agent/uplink/feeder_fixture.h"

namespace odograph::uplink {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Bulk's records are a second apart from 1,700,000,000 s on; so are the states.
class FeederLive : public FeederTest {
 protected:
  FeederLive() {
    options_.preview = PreviewLimits{};
    options_.send_after = {};
    options_.message_records_max = 10;
    options_.window_bytes_max = 100;  // A flight of bulk is one message.
  }

  void put(int second) {
    model::Record record;
    record.boot_time = base::BootTime{seconds{second}};
    record.utc = base::UtcTime{seconds{1'700'000'000 + second}};
    record.time_quality = model::TimeQuality::kGnss;
    record.speed_cmps = second;
    latest_.put(record, now_);
  }
  void put_undated() {
    model::Record record;
    record.boot_time = base::BootTime{seconds{9}};
    latest_.put(record, now_);
  }
  std::vector<std::string> previews() {
    std::vector<std::string> all;
    for (const auto& sent : handle().sent) {
      if (lane_of(sent.tag) == kLiveIndex) all.push_back(told(sent));
    }
    return all;
  }
  const Stats::Previews& stats() { return last_ = feeder_->stats().previews; }

  Stats::Previews last_;
};

TEST_F(FeederLive, GoesAfterEventsAndBeforeBulk) {
  outbox_.add(kBulk, 1, 10);
  outbox_.add(kEvent, 1, 1);
  outbox_.add(kAlert, 1, 1);
  put(100);
  start();
  step();
  fly();
  EXPECT_EQ(told_from(), (Told{"alert 1:1-1", "event 1:1-1", "live 1:0-0", "bulk 1:1-10"}));
  const auto batch = wire::decode(handle().sent[2].value);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->header, (wire::BatchHeader{"car-1", 7, model::Lane::kLive, 1, 0, 77}));
  EXPECT_EQ(batch->records[0].utc, base::UtcTime{seconds{1'700'000'100}});
  EXPECT_EQ(batch->records[0].speed_cmps, 100);
  EXPECT_EQ(stats().sent, 1U);
}

TEST_F(FeederLive, ComesEveryTenSecondsWhileBulkIsBehindAndStopsWhenItHasCaughtUp) {
  for (std::uint32_t n = 1; n <= 200; n += 10) outbox_.add(kBulk, n, 10);
  start();
  std::vector<std::int32_t> seconds_told;
  for (int second = 200; second < 300; ++second) {
    put(second);
    // One flight a second, ten records of bulk or a preview.
    step();
    handle().store_all();
    outbox_.add(kBulk, static_cast<std::uint32_t>(second + 1), 1);
    now_ += seconds{1};
  }
  for (const auto& sent : handle().sent) {
    if (lane_of(sent.tag) != kLiveIndex) continue;
    seconds_told.push_back(*wire::decode(sent.value)->records[0].speed_cmps);
  }
  EXPECT_EQ(seconds_told, (std::vector<std::int32_t>{200, 210, 220})) << "by 230 bulk is less than 30 s behind";
  EXPECT_GE(counts(kBulk).acked_records, 295U);
}

TEST_F(FeederLive, NoneWhereBulkIsNotBehind) {
  outbox_.add(kBulk, 1, 10);
  outbox_.add(kBulk, 11, 10);
  put(31);
  start();
  step();
  EXPECT_TRUE(previews().empty()) << "30 s behind is not more than 30 s";
  put(42);
  fly();
  EXPECT_EQ(previews().size(), 1U) << "the second is 31 s behind";
}

TEST_F(FeederLive, NoneWhereBulkOnlyWaitsForCompany) {
  options_.message_records_max = 300;
  options_.send_after[2] = seconds{60};
  start();
  outbox_.add(kBulk, 1, 1);
  for (int second = 0; second < 59; ++second) {
    put(second);
    step(seconds{1});
  }
  EXPECT_EQ(told_from(), Told{}) << "half a minute and more, but not behind";
  feeder_->wait_for_company(seconds{300});
  put(299);
  step(seconds{200});
  EXPECT_EQ(told_from(), Told{});
  put(332);
  step();
  EXPECT_EQ(previews().size(), 1U) << "as behind as with any other interval";
}

TEST_F(FeederLive, NoneWhereNothingWaits) {
  put(1000);
  start();
  step();
  step(seconds{60});
  EXPECT_TRUE(handle().sent.empty());
  EXPECT_FALSE(feeder_->wants_state(now_));
  EXPECT_EQ(feeder_->deadline(), now_ + seconds{30}) << "the next look at what waits for its commit";
}

TEST_F(FeederLive, ComesWhileBulkWaitsForItsCommit) {
  start();
  std::vector<int> told_at;
  int steps = 0;
  const TimePoint begin = now_;
  TimePoint due = now_;
  for (int second = 0; second < 180; ++second) {
    put(second);
    if (second == 5) outbox_.wait_in_ring(base::UtcTime{seconds{1'700'000'005}});
    if (second == 120) outbox_.wait_in_ring(std::nullopt);
    now_ = begin + seconds{second};
    // As the thread: at the deadline, or where a new state would go at once.
    if (now_ < due && !feeder_->wants_state(now_)) continue;
    ++steps;
    step();
    if (handle().sent.size() > told_at.size()) told_at.push_back(second);
    handle().store_all();
    step();
    ASSERT_TRUE(feeder_->deadline());
    due = *feeder_->deadline();
  }
  EXPECT_EQ(previews().size(), told_at.size());
  EXPECT_EQ(told_at, (std::vector<int>{36, 46, 56, 66, 76, 86, 96, 106, 116}));
  EXPECT_LE(steps, 120) << "seldom where nothing waits";
}

TEST_F(FeederLive, NoneBeforeThereIsABoot) {
  outbox_.wait_in_ring(base::UtcTime{seconds{1'700'000'000}});
  outbox_.set_boot(0);
  put(100);
  start();
  step();
  step(seconds{2});
  EXPECT_EQ(told_from(), Told{});
  outbox_.set_boot(1);
  step(seconds{2});
  EXPECT_EQ(previews().size(), 1U);
}

TEST_F(FeederLive, NoneWhereItIsSwitchedOff) {
  options_.preview.reset();
  outbox_.add(kBulk, 1, 10);
  put(1000);
  start();
  step();
  EXPECT_TRUE(previews().empty());
  EXPECT_FALSE(feeder_->wants_state(now_));
}

TEST_F(FeederLive, NoneWhileTheLinkIsDown) {
  outbox_.add(kBulk, 1, 10);
  outbox_.add(kBulk, 11, 10);
  put(1000);
  start();
  handle().link.connected = false;
  step();
  EXPECT_EQ(told_from(), Told{"bulk 1:1-10"}) << "that waits in the client until there is a link";
  handle().link.connected = true;
  fly();
  EXPECT_EQ(previews().size(), 1U);
}

TEST_F(FeederLive, WithoutATimeItIsCountedAndNotSent) {
  outbox_.add(kBulk, 1, 10);
  put_undated();
  start();
  step();
  step(seconds{1});
  EXPECT_TRUE(previews().empty());
  EXPECT_EQ(stats().no_time, 1U);
  put_undated();
  step(seconds{10});
  EXPECT_EQ(stats().no_time, 2U) << "once an interval";
}

TEST_F(FeederLive, NothingQueuesBehindOneThatIsOutstanding) {
  outbox_.add(kBulk, 1, 10);
  put(100);
  start();
  step();
  for (int second = 101; second < 160; ++second) {
    put(second);
    step(seconds{1});
  }
  EXPECT_EQ(previews().size(), 1U);
  EXPECT_FALSE(feeder_->wants_state(now_));
  handle().report(Outcome::kStored);
  step();
  ASSERT_EQ(previews().size(), 2U);
  EXPECT_EQ(wire::decode(handle().sent.back().value)->records[0].speed_cmps, 159) << "the latest, not the next";
}

TEST_F(FeederLive, AFailedOneIsNotSentAgain) {
  outbox_.add(kBulk, 1, 10);
  put(100);
  start();
  step();
  ASSERT_EQ(handle().sent.size(), 1U);
  handle().report(Outcome::kAgain);
  step();
  EXPECT_EQ(stats().failed, 1U);
  EXPECT_EQ(feeder_->stats().outstanding_bytes, 0U);
  step(seconds{1});
  EXPECT_EQ(told_from(1), Told{"bulk 1:1-10"});
}

TEST_F(FeederLive, IsGivenUpWithItsHandle) {
  outbox_.add(kBulk, 1, 10);
  put(100);
  start();
  step();
  handle().deaf = true;
  handle().link.fatal = true;
  step();
  step(options_.drain_max);
  EXPECT_FALSE(handle().alive);
  EXPECT_EQ(stats().failed, 1U);
  EXPECT_EQ(feeder_->stats().outstanding_bytes, 0U);
  step(seconds{10});
  EXPECT_EQ(told_from(), Told{"bulk 1:1-10"});
}

TEST_F(FeederLive, OneThatTheClientRefusesHoldsUpNothing) {
  outbox_.add(kBulk, 1, 10);
  put(100);
  start();
  handle().size_max = 10;
  step();
  EXPECT_EQ(stats().refused, 1U);
  EXPECT_EQ(stats().sent, 0U);
}

TEST_F(FeederLive, AFullClientQueueHoldsItBack) {
  outbox_.add(kBulk, 1, 10);
  put(100);
  start();
  handle().queue_full = true;
  step();
  EXPECT_EQ(stats().sent, 0U);
  EXPECT_EQ(stats().refused, 0U);
}

}  // namespace
}  // namespace odograph::uplink
