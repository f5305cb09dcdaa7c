#include "fleet/eta/knowledge.h"

#include <gtest/gtest.h>

#include <map>

#include "fleet/eta/progress.h"
#include "fleet/eta/test_plans.h"

namespace odograph::eta {
namespace {

Trip straight() { return plan({{0, 0}, {6000, 0}}, {{3000, 0, 300}, {6000, 0, 700}}); }

/// 10 m/s to the first stop, two minutes there, on to the second one.
Position drive(int second) {
  const double east_m = second < 300 ? second * 10.0 : second < 420 ? 3000 : 3000 + (second - 420) * 10.0;
  return seen(second, {east_m, 0}, second < 300 || second >= 420 ? 10 : 0, 90);
}

TEST(Fading, AddsWhatComesLateAsFarAsItWouldHaveFaded) {
  Fading in_order;
  in_order.add(moment(0), 100, 8, 4);
  in_order.add(moment(100), 100, 2, 2);
  Fading late;
  late.add(moment(100), 100, 2, 2);
  late.add(moment(0), 100, 8, 4);
  EXPECT_EQ(late.newest, moment(100));
  EXPECT_NEAR(late.observed_s, in_order.observed_s, 1e-12);
  EXPECT_NEAR(late.expected_s, in_order.expected_s, 1e-12);
}

TEST(Knowledge, SaysWhereItLearntSomething) {
  Changes changes;
  Knowledge knowledge;
  knowledge.changes = &changes;
  Progress progress = Progress::create(straight()).value();
  EXPECT_TRUE(changes.empty());
  for (int second = 0; second < 700; second += 10) progress.observe(drive(second), knowledge);
  EXPECT_FALSE(changes.empty());
  EXPECT_GT(changes.cells.size(), 40U);
  EXPECT_EQ(changes.slots, (std::set<std::size_t>{Profile::slot_of(moment(0))}));
  EXPECT_EQ(changes.stops, (std::set<std::string>{"stop-1"}));
  EXPECT_FALSE(changes.bands.empty());
  for (const CellKey key : changes.cells)
    EXPECT_TRUE(knowledge.learned.profile.find(key) != nullptr || knowledge.correction.find(key) != nullptr);
  for (const auto& [stays, horizon] : changes.bands) {
    const auto& histogram = knowledge.learned.bands.histogram(stays, horizon);
    EXPECT_NE(histogram, Bands::Histogram{});
  }
}

/// What was learnt of cells, and what a topic holds of it that keeps the newest word on each.
struct Kept {
  Correction correction;
  std::map<CellKey, Fading> topic;

  void learn(CellKey cell, double second) {
    Piece piece;
    piece.cell = cell;
    piece.area = 1;
    correction.learn(piece, moment(second), 20, 10);
    for (const CellKey key : {piece.cell, piece.area})
      if (const Fading* known = correction.find(key)) topic[key] = *known;
  }
  void restart() {
    Correction next;
    next.restore_fleet(correction.fleet(), correction.forgotten_to());
    for (const auto& [key, known] : topic) next.restore(key, known);
    correction = next;
  }
};

TEST(Correction, ForgetsTheSameWithARestartBetween) {
  const CellKey many = Correction::kLiveCellsMax;
  Kept whole;
  Kept resumed;
  const auto both = [&](CellKey cell, double second) {
    whole.learn(cell, second);
    resumed.learn(cell, second);
  };
  for (CellKey cell = 2; cell < many / 2; ++cell) both(cell, 0);
  for (CellKey cell = many; cell < many + many / 2 + 2; ++cell) both(cell, 8000);
  ASSERT_TRUE(whole.correction.forgotten_to().has_value()) << "or there was room for all";
  EXPECT_EQ(whole.correction.find(2), nullptr);
  EXPECT_NE(whole.correction.find(many), nullptr);
  for (const double second : {100.0, 8000.0, 8010.0}) {
    resumed.restart();
    // One that is forgotten, told late; one that is known; a new one.
    for (const CellKey cell : {CellKey{2}, many, CellKey{many + many + static_cast<CellKey>(second)}})
      both(cell, second);
    for (const auto& [key, known] : whole.topic) {
      const Fading* one = whole.correction.find(key);
      const Fading* other = resumed.correction.find(key);
      ASSERT_EQ(one == nullptr, other == nullptr) << key;
      if (one != nullptr) ASSERT_EQ(*one, *other) << key;
    }
  }
  EXPECT_NE(whole.correction.find(2), nullptr) << "driven again, it counts again";
}

TEST(Progress, ThatOnlyFollowsTeachesNothing) {
  const Knowledge knowledge;
  Progress progress = Progress::create(straight()).value();
  for (int second = 0; second < 700; second += 10) progress.follow(drive(second), knowledge);
  EXPECT_EQ(to_text(knowledge.learned), to_text(Learned{}));
  EXPECT_GT(progress.at_m(), 5500);
}

TEST(Progress, GoesOnFromItsMemoryAtEveryPosition) {
  for (int cut = 0; cut < 1100; cut += 40) {
    Knowledge knowledge;
    Progress whole = Progress::create(straight()).value();
    for (int second = 0; second < cut; second += 10) whole.observe(drive(second), knowledge);
    Progress resumed = Progress::create(straight()).value();
    ASSERT_TRUE(resumed.restore(whole.memory()));
    Knowledge same = knowledge;
    for (int second = cut; second < 1100; second += 10) {
      ASSERT_EQ(resumed.observe(drive(second), same), whole.observe(drive(second), knowledge)) << cut;
      ASSERT_EQ(resumed.estimate(same), whole.estimate(knowledge)) << cut;
    }
    EXPECT_EQ(resumed.memory(), whole.memory());
    EXPECT_EQ(to_text(same.learned), to_text(knowledge.learned));
  }
}

TEST(Progress, RefusesAMemoryOfAnotherPlan) {
  const Progress other = Progress::create(plan({{0, 0}, {100, 0}}, {{100, 0, 60}})).value();
  Progress progress = Progress::create(straight()).value();
  EXPECT_FALSE(progress.restore(other.memory()));
  Progress::Memory memory = progress.memory();
  memory.watch.next = 3;
  EXPECT_FALSE(progress.restore(memory));
  memory = progress.memory();
  memory.matcher.state = RouteState::kOnRoute;
  EXPECT_FALSE(progress.restore(memory)) << "on the route, but no position ever fitted";
  memory = progress.memory();
  memory.progress.at_m = 1e9;
  EXPECT_FALSE(progress.restore(memory));
  EXPECT_TRUE(progress.restore(progress.memory()));
}

TEST(Progress, BeginsBehindTheStopsThatAreServed) {
  const Knowledge knowledge;
  Progress progress = Progress::create(straight()).value();
  progress.begin_at(1);
  EXPECT_TRUE(progress.estimate(knowledge).empty());
  for (int second = 430; second < 460; second += 10) progress.follow(drive(second), knowledge);
  const auto estimates = progress.estimate(knowledge);
  ASSERT_EQ(estimates.size(), 1U);
  EXPECT_EQ(estimates[0].stop, 1U);
  EXPECT_EQ(progress.state(), RouteState::kOnRoute);
}

}  // namespace
}  // namespace odograph::eta
