#include "agent/uplink/latest_state.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace odograph::uplink {
namespace {

using std::chrono::seconds;

const TimePoint kNow{std::chrono::hours{1}};
const base::UtcTime kNoon{std::chrono::hours{500'000}};
constexpr outbox::Anchor kGnss{base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

model::Signal signal(const std::string& name, std::int64_t value) {
  return {std::make_shared<model::SignalDef>(model::SignalDef{name, "", 0}), value};
}

model::Record at(int second, std::vector<model::Signal> signals = {}) {
  model::Record record;
  record.n = 7;
  record.boot_time = base::BootTime{seconds{second}};
  record.utc = kNoon + seconds{second};
  record.speed_cmps = second;
  record.signals = std::move(signals);
  return record;
}

model::Record undated(int second) {
  model::Record record = at(second);
  record.utc.reset();
  return record;
}

TEST(LatestState, IsEmptyAtFirst) {
  const LatestState state;
  EXPECT_EQ(state.look().number, 0U);
  EXPECT_FALSE(state.look().utc);
  EXPECT_FALSE(state.record());
}

TEST(LatestState, TheLatestWins) {
  LatestState state;
  state.put(at(1), kNow);
  state.put(at(2), kNow + seconds{1});
  EXPECT_EQ(state.look().number, 2U);
  EXPECT_EQ(state.look().utc, kNoon + seconds{2});
  EXPECT_EQ(state.look().at, kNow + seconds{1});
  const auto record = state.record();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->speed_cmps, 2);
  EXPECT_EQ(record->n, 0U) << "the live lane is not numbered";
}

TEST(LatestState, HoldsTheNewestValueOfEverySignal) {
  LatestState state;
  state.put(at(1, {signal("rpm", 900), signal("fuel", 50)}), kNow);
  state.put(at(2, {signal("rpm", 1000)}), kNow);
  state.put(at(3), kNow);
  const auto record = state.record();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->signals, (std::vector<model::Signal>{signal("fuel", 50), signal("rpm", 1000)}));
}

TEST(LatestState, LeavesOutSignalsThatAreOld) {
  LatestState state;
  state.put(at(1, {signal("fuel", 50)}), kNow);
  state.put(at(301), kNow);
  EXPECT_EQ(state.record()->signals.size(), 1U);
  state.put(at(302), kNow);
  EXPECT_TRUE(state.record()->signals.empty());
}

TEST(LatestState, KeepsABoundedNumberOfSignals) {
  LatestState state;
  for (std::size_t i = 0; i <= LatestState::kSignalsMax; ++i)
    state.put(at(1, {signal("s" + std::to_string(i), 0)}), kNow);
  const auto record = state.record();
  ASSERT_EQ(record->signals.size(), LatestState::kSignalsMax);
  EXPECT_EQ(record->signals.front(), signal("s1", 0)) << "the oldest went";
}

TEST(LatestState, WithoutATimeThereIsNoRecord) {
  LatestState state;
  state.put(undated(5), kNow);
  EXPECT_EQ(state.look().number, 1U);
  EXPECT_FALSE(state.look().utc);
  EXPECT_FALSE(state.record());
  state.set_anchor({base::Millis{1'700'000'000'000}, model::TimeQuality::kNone});
  EXPECT_FALSE(state.record()) << "an anchor that nobody vouches for is none";
}

TEST(LatestState, AnAnchorGivesTheTime) {
  LatestState state;
  state.put(undated(5), kNow);
  state.set_anchor(kGnss);
  const base::UtcTime utc{base::Millis{1'700'000'005'000}};
  EXPECT_EQ(state.look().utc, utc);
  const auto record = state.record();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->utc, utc);
  EXPECT_EQ(record->time_quality, model::TimeQuality::kGnss);
  EXPECT_NE(record->flags & model::flag::kBackstamped, 0U);
}

TEST(LatestState, TheRecordsOwnTimeIsKept) {
  LatestState state;
  state.set_anchor(kGnss);
  state.put(at(5), kNow);
  EXPECT_EQ(state.record()->utc, kNoon + seconds{5});
}

}  // namespace
}  // namespace odograph::uplink
