// Fences of geofences-topic, as one vehicle's module sees them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/fences/fence_row.h"
#include "fleet/topics/topic_table.h"
#include "fleet/watch/rules_module.h"
#include "proto/public/alert.pb.h"

namespace odograph::watch {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const base::UtcTime kNoon = *base::from_rfc3339("2010-04-03T12:00:00.000Z");

/// At once inside of 100 m around that many metres north of the middle.
fences::FenceVersion fence(int from, int north_m) {
  rules::Fence area{.id = "depot", .outline = {}, .centre = {470'000'000 + north_m * 90, 80'000'000}, .radius_m = 100};
  fences::FenceAlert alert;
  alert.life = {.clear_duration = base::Millis(0), .reopen = base::Millis(0), .flap_cycles = 0};
  return {.valid_from = kNoon + seconds(from), .area = std::move(area), .alert = std::move(alert)};
}

model::Record fix(int second, int north_m) {
  model::Record record;
  record.utc = kNoon + seconds(second);
  record.mode = model::FixMode::k3d;
  record.position = model::Position{470'000'000 + north_m * 90, 80'000'000};
  return record;
}

class FencesModuleTest : public testing::Test {
 protected:
  void row(const std::string& value) { factory_.on_shared_row({topics::kGeofences, "depot", value}); }
  void put(std::vector<fences::FenceVersion> versions) {
    row(fences::to_message({.id = "depot", .versions = std::move(versions)}));
  }
  std::vector<std::string> drive(int second, int north_m) {
    const wire::BatchHeader header{.vehicle_id = "truck", .stream_id = 1, .lane = model::Lane::kBulk, .boot = 1};
    vehicle::Outcome outcome;
    module_->on_history({header}, fix(second, north_m), outcome);
    module_->on_live({header}, fix(second, north_m), outcome);
    std::vector<std::string> found;
    for (const vehicle::Output& output : outcome.outputs) {
      odograph::Alert alert;
      EXPECT_TRUE(alert.ParseFromString(*output.value));
      found.push_back(odograph::Alert::State_Name(alert.state()) + " " + alert.scope());
    }
    return found;
  }
  std::string bytes() const {
    std::string bytes;
    module_->save(bytes);
    return bytes;
  }

  RulesFactory factory_{{}};
  std::unique_ptr<vehicle::Module> module_ = factory_.make("truck");
};

TEST_F(FencesModuleTest, KeepsNothingOfAVehicleWithoutRules) {
  EXPECT_THAT(drive(0, 0), IsEmpty());
  put({fence(100, 0)});
  EXPECT_THAT(drive(99, 0), IsEmpty());
  EXPECT_EQ(bytes(), "");
  EXPECT_EQ(module_->wake(), std::nullopt);
  drive(100, 500);
  EXPECT_NE(bytes(), "");
}

TEST_F(FencesModuleTest, JudgesARecordByTheVersionOfItsTime) {
  put({fence(100, 0), fence(200, 1000)});
  EXPECT_THAT(drive(99, 0), IsEmpty());
  EXPECT_THAT(drive(150, 0), ElementsAre("RAISED depot"));
  EXPECT_THAT(drive(200, 0), ElementsAre("CLEARED depot"));
  EXPECT_THAT(drive(300, 1000), ElementsAre("RAISED depot"));
  EXPECT_THAT(drive(150, 0), IsEmpty()) << "what is late says nothing, by no version";
  EXPECT_THAT(drive(310, 1000), IsEmpty());
}

TEST_F(FencesModuleTest, AnEndClearsWithTheFirstRecordFromThenOn) {
  put({fence(0, 0), {.valid_from = kNoon + seconds(100), .area = std::nullopt, .alert = std::nullopt}});
  EXPECT_THAT(drive(50, 0), ElementsAre("RAISED depot"));
  EXPECT_THAT(drive(99, 0), IsEmpty());
  EXPECT_THAT(drive(100, 0), ElementsAre("CLEARED depot"));
  EXPECT_THAT(drive(101, 0), IsEmpty());
}

TEST_F(FencesModuleTest, AnAlertGoesOnThoughItsFenceIsKnownOnlyAfterTheState) {
  put({fence(0, 0)});
  EXPECT_THAT(drive(50, 0), ElementsAre("RAISED depot"));
  const std::string saved = bytes();
  RulesFactory later{{}};
  module_ = later.make("truck");
  ASSERT_TRUE(module_->load(saved));
  EXPECT_EQ(bytes(), saved);
  EXPECT_EQ(module_->wake()->at, kNoon + seconds(50)) << "it has something to look at soon";
  later.on_shared_row({topics::kGeofences, "depot", fences::to_message({.id = "depot", .versions = {fence(0, 0)}})});
  vehicle::Outcome outcome;
  module_->on_time({kNoon + seconds(50)}, outcome);
  EXPECT_THAT(outcome.outputs, IsEmpty());
  EXPECT_EQ(bytes(), saved);
  EXPECT_GT(module_->wake()->at, kNoon + seconds(50));
  EXPECT_THAT(drive(60, 500), ElementsAre("CLEARED depot"));
}

TEST_F(FencesModuleTest, ABadRowIsToldWithTheNextCommitOnce) {
  row("\xff");
  vehicle::Outcome outcome;
  factory_.before_commit(outcome);
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("fence depot of geofences-topic is left out")));
  vehicle::Outcome next;
  factory_.before_commit(next);
  EXPECT_THAT(next.notes, IsEmpty());
  factory_.on_shared_row({topics::kSegmentProfile, "1/x", "\xff"});
  factory_.before_commit(next);
  EXPECT_THAT(next.notes, IsEmpty()) << "rows of other topics are none of its";
}

}  // namespace
}  // namespace odograph::watch
