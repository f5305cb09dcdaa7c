#include <gtest/gtest.h>

#include <random>

#include "agent/outbox/commit_plan.h"
#include "agent/outbox/evict_plan.h"

namespace odograph::outbox {
namespace {

using base::BootTime;
using base::Millis;

constexpr BootTime at(int ms) { return BootTime{Millis{ms}}; }

struct CommitCase {
  const char* name;
  int now;
  std::array<CommitInputs::Lane, kLanes> lanes;
  std::optional<BootTime> acks;
  std::optional<BootTime> notes;
  Urgency urgency;
  bool commit;
  std::array<bool, kLanes> due;
  std::optional<BootTime> wake;
  std::uint64_t acked_chunks = 1;
  int bulk_ms = 1000;
};

constexpr auto kNormal = Urgency::kNormal;
const CommitCase kCommitCases[] = {
    {"NothingToDo", 100, {}, {}, {}, kNormal, false, {}, {}},
    {"AlertJustBefore", 119, {{{1, at(100)}, {}, {}}}, {}, {}, kNormal, false, {}, at(120)},
    {"AlertAtItsTime", 120, {{{1, at(100)}, {}, {}}}, {}, {}, kNormal, true, {true, false, false}, {}},
    {"EventJustBefore", 349, {{{}, {1, at(100)}, {}}}, {}, {}, kNormal, false, {}, at(350)},
    {"EventAtItsTime", 350, {{{}, {1, at(100)}, {}}}, {}, {}, kNormal, true, {false, true, false}, {}},
    {"BulkJustBefore", 1099, {{{}, {}, {1, at(100)}}}, {}, {}, kNormal, false, {}, at(1100)},
    {"BulkAtItsTime", 1100, {{{}, {}, {1, at(100)}}}, {}, {}, kNormal, true, {false, false, true}, {}},
    {"DueLanesOnly", 400, {{{}, {1, at(100)}, {1, at(100)}}}, {}, {}, kNormal, true, {false, true, false}, at(1100)},
    {"EnoughBytes", 101, {{{}, {}, {1000, at(100)}}}, {}, {}, kNormal, true, {false, false, true}, {}},
    {"NotEnoughBytes", 101, {{{}, {}, {999, at(100)}}}, {}, {}, kNormal, false, {}, at(1100)},
    {"AcksWait", 1099, {}, at(100), {}, kNormal, false, {}, at(1100)},
    {"AcksForce", 1100, {}, at(100), {}, kNormal, true, {}, {}},
    {"AcksWaitForBulk", 10'099, {}, at(100), {}, kNormal, false, {}, at(10'100), 1, 10'000},
    {"AcksForceAfterBulksTime", 10'100, {}, at(100), {}, kNormal, true, {}, {}, 1, 10'000},
    {"AcksNeverHurry", 1099, {}, at(100), {}, kNormal, false, {}, at(1100), 1, 50},
    {"AllowedAcksWaitForBulk", 1100, {}, at(100), {}, kNormal, false, {}, at(10'100), kAcksChunksMax, 10'000},
    {"ManyAcksDoNot", 1100, {}, at(100), {}, kNormal, true, {}, {}, kAcksChunksMax + 1, 10'000},
    {"ManyAcksWaitTheirSecond", 1099, {}, at(100), {}, kNormal, false, {}, at(1100), kAcksChunksMax + 1, 10'000},
    {"NotesWaitLikeEvents", 349, {}, {}, at(100), kNormal, false, {}, at(350)},
    {"NotesForce", 350, {}, {}, at(100), kNormal, true, {}, {}},
    {"FlushTakesAll", 100, {{{}, {1, at(100)}, {1, at(100)}}}, {}, {}, Urgency::kFlush, true, {false, true, true}, {}},
    {"FlushOfNothing", 100, {}, {}, {}, Urgency::kFlush, false, {}, {}},
    {"EarliestWakes", 100, {{{}, {1, at(90)}, {1, at(95)}}}, at(0), {}, kNormal, false, {}, at(340)},
};

TEST(CommitPlan, TakesWhatIsDueAndSaysWhenNext) {
  for (const auto& c : kCommitCases) {
    CommitInputs inputs;
    inputs.now = at(c.now);
    inputs.lanes = c.lanes;
    inputs.commit_after = {Millis{20}, Millis{250}, Millis{c.bulk_ms}};
    inputs.commit_bytes = 1000;
    inputs.acks_since = c.acks;
    inputs.acked_chunks = c.acked_chunks;
    inputs.notes_since = c.notes;
    inputs.urgency = c.urgency;
    const auto plan = plan_commit(inputs);
    EXPECT_EQ(plan.commit, c.commit) << c.name;
    EXPECT_EQ(plan.lanes, c.due) << c.name;
    EXPECT_EQ(plan.wake, c.wake) << c.name;
  }
}

TEST(CommitPlan, GroupsAlertsBeyondFiveCommitsASecond) {
  CommitInputs inputs;
  inputs.now = at(600);
  inputs.commit_after = {Millis{20}, Millis{250}, Millis{1000}};
  inputs.commit_bytes = 1000;
  inputs.lanes[0] = {1, at(500)};
  inputs.alert_commits = {at(100), at(200), at(300), at(400), at(500)};
  EXPECT_FALSE(plan_commit(inputs).commit);
  EXPECT_EQ(plan_commit(inputs).wake, at(1100));
  inputs.now = at(1100);
  EXPECT_TRUE(plan_commit(inputs).lanes[0]);
  inputs.now = at(600);
  inputs.alert_commits = {std::nullopt, at(200), at(300), at(400), at(500)};
  EXPECT_TRUE(plan_commit(inputs).lanes[0]) << "four in the last second leave room for one";
}

struct EvictCase {
  const char* name;
  std::uint64_t used;
  std::array<std::uint64_t, kLanes> lanes;
  Pressure pressure;
  std::array<std::uint64_t, kLanes> drop;
};

// The cap is 1000 bytes: mark at 920, down to 880, alerts keep 100, events 200.
const EvictCase kEvictCases[] = {
    {"Empty", 0, {0, 0, 0}, Pressure::kNormal, {0, 0, 0}},
    {"AtTheMark", 920, {0, 0, 900}, Pressure::kNormal, {0, 0, 0}},
    {"AboveTheMark", 921, {0, 0, 900}, Pressure::kNormal, {0, 0, 41}},
    {"BulkGoesFirst", 950, {150, 300, 500}, Pressure::kNormal, {0, 0, 70}},
    {"ThenEventsAboveTheirReserve", 950, {150, 760, 40}, Pressure::kNormal, {0, 30, 40}},
    {"ThenAlertsAboveTheirReserve", 950, {700, 210, 40}, Pressure::kNormal, {20, 10, 40}},
    {"ReservesStay", 950, {100, 200, 40}, Pressure::kNormal, {0, 0, 40}},
    {"RefusedBelowTheMark", 500, {0, 0, 450}, Pressure::kRefused, {0, 0, 80}},
    {"RefusedWithReservesOnly", 300, {100, 200, 0}, Pressure::kRefused, {0, 0, 0}},
};

TEST(EvictPlan, NeverTakesAnAlertOrAnEventWhileThereIsBulk) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    EvictInputs inputs{random() % 1200, 1000, {random() % 600, random() % 600, random() % 600}, Pressure::kNormal};
    if (i % 3 == 0) inputs.pressure = Pressure::kRefused;
    const auto plan = plan_eviction(inputs);
    for (std::size_t lane = 0; lane < kLanes; ++lane) ASSERT_LE(plan.drop_bytes[lane], inputs.lane_bytes[lane]);
    if (plan.drop_bytes[1] > 0) ASSERT_EQ(plan.drop_bytes[2], inputs.lane_bytes[2]);
    if (plan.drop_bytes[0] > 0) ASSERT_EQ(plan.drop_bytes[2], inputs.lane_bytes[2]);
    if (plan.drop_bytes[0] > 0) ASSERT_LE(inputs.lane_bytes[1] - plan.drop_bytes[1], 200U) << "beyond its reserve";
    ASSERT_GE(inputs.lane_bytes[0] - plan.drop_bytes[0], std::min<std::uint64_t>(inputs.lane_bytes[0], 100));
    ASSERT_GE(inputs.lane_bytes[1] - plan.drop_bytes[1], std::min<std::uint64_t>(inputs.lane_bytes[1], 200));
  }
}

TEST(EvictPlan, DropsBulkFirstAndKeepsTheReserves) {
  for (const auto& c : kEvictCases) {
    const auto plan = plan_eviction({c.used, 1000, c.lanes, c.pressure});
    EXPECT_EQ(plan.drop_bytes, c.drop) << c.name;
  }
}

}  // namespace
}  // namespace odograph::outbox
