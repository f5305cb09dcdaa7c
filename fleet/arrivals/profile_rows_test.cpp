#include "fleet/arrivals/profile_rows.h"

#include <gmock/gmock.h>

#include <cmath>

#include "fleet/arrivals/test_fleet.h"
#include "fleet/eta/progress.h"

namespace odograph::arrivals {
namespace {

/// What one drive teaches, and where.
struct Lesson {
  Lesson() {
    knowledge.changes = &changes;
    eta::Progress progress = eta::Progress::create(three_stops()).value();
    for (int second = 0; second < 800; second += 10) progress.observe(on_plan(second), knowledge);
  }
  eta::Changes changes;
  eta::Knowledge knowledge;
};

TEST(ProfileRows, NameWhoseAndWhat) {
  EXPECT_EQ(to_key({3, "road/1f"}), "3/road/1f");
  const auto name = from_key("12/stop/a/b");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->partition, 12);
  EXPECT_EQ(name->part, "stop/a/b");
  for (const char* wrong : {"", "3", "3/", "/fleet", "x/fleet", "-1/fleet", "3fleet", "99999999999/fleet"})
    EXPECT_FALSE(from_key(wrong).has_value()) << wrong;
}

TEST(ProfileRows, HoldAllThatWasLearnt) {
  const Lesson lesson;
  const auto rows = changed_rows(lesson.knowledge, lesson.changes);
  eta::Knowledge again;
  for (const Row& row : rows) {
    const auto read = parse_row(row.value.SerializeAsString());
    ASSERT_TRUE(read.has_value()) << row.part << ": " << read.error().what;
    put_row(*read, again);
  }
  EXPECT_EQ(eta::to_text(again.learned), eta::to_text(lesson.knowledge.learned));
  const auto same = changed_rows(again, lesson.changes);
  ASSERT_EQ(same.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(same[i].part, rows[i].part);
    EXPECT_EQ(same[i].value.SerializeAsString(), rows[i].value.SerializeAsString()) << rows[i].part;
  }
}

odograph::SegmentProfile sound(odograph::SegmentProfile::PartCase part) {
  const Lesson lesson;
  for (const Row& row : changed_rows(lesson.knowledge, lesson.changes)) {
    const bool empty_road = row.value.has_road() && row.value.road().slots_size() == 0;
    if (row.value.part_case() == part && !empty_road) return row.value;
  }
  return {};
}

struct Refused {
  const char* name;
  odograph::SegmentProfile::PartCase part;
  void (*spoil)(odograph::SegmentProfile&);
  base::Action action = base::Action::kDrop;
};

using Part = odograph::SegmentProfile;
const Refused kRefused[] = {
    {"NoPart", Part::kFleet, [](auto& r) { r.clear_part(); }},
    {"NewerVersion", Part::kFleet, [](auto& r) { r.set_version(2); }, base::Action::kStop},
    {"WidthOfNothing", Part::kFleet, [](auto& r) { r.mutable_fleet()->set_width_below(0); }},
    {"PlanNan", Part::kFleet, [](auto& r) { r.mutable_fleet()->mutable_plan()->set_observed(std::nan("")); }},
    {"TodayBeyondTime", Part::kFleet, [](auto& r) { r.mutable_fleet()->mutable_today()->set_newest_ms(INT64_MIN); }},
    {"ForgottenBeyondTime", Part::kFleet, [](auto& r) { r.mutable_fleet()->set_forgotten_ms(INT64_MAX); }},
    {"SlotTooHigh", Part::kSlot, [](auto& r) { r.mutable_slot()->set_slot(288); }},
    {"SlotNegative", Part::kSlot, [](auto& r) { r.mutable_slot()->mutable_sums()->set_expected(-1); }},
    {"RoadSlotsUneven", Part::kRoad, [](auto& r) { r.mutable_road()->add_slots(287); }},
    {"RoadSlotTwice", Part::kRoad,
     [](auto& r) {
       r.mutable_road()->add_slots(r.road().slots(0));
       r.mutable_road()->add_observed(1);
       r.mutable_road()->add_expected(1);
     }},
    {"RoadInfinite", Part::kRoad, [](auto& r) { r.mutable_road()->mutable_base()->set_expected(INFINITY); }},
    {"StopWithoutName", Part::kStop, [](auto& r) { r.mutable_stop()->clear_stop_id(); }},
    {"StopInfinite", Part::kStop, [](auto& r) { r.mutable_stop()->mutable_dwells()->set_sum(-INFINITY); }},
    {"BandTooShort", Part::kBand, [](auto& r) { r.mutable_band()->mutable_seen()->RemoveLast(); }},
    {"BandOfNoHorizon", Part::kBand, [](auto& r) { r.mutable_band()->set_horizon(8); }},
    {"BandNegative", Part::kBand, [](auto& r) { r.mutable_band()->set_seen(0, -1); }},
};

class ProfileRowsRefuse : public testing::TestWithParam<Refused> {};

TEST_P(ProfileRowsRefuse, WhatIsUnsound) {
  odograph::SegmentProfile row = sound(GetParam().part);
  ASSERT_TRUE(parse_row(row.SerializeAsString()).has_value());
  GetParam().spoil(row);
  const auto read = parse_row(row.SerializeAsString());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().action, GetParam().action);
}

INSTANTIATE_TEST_SUITE_P(All, ProfileRowsRefuse, testing::ValuesIn(kRefused),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace odograph::arrivals
