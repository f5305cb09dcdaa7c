#include "fleet/fences/fence_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/public/geofence.pb.h"

namespace odograph::fences {
namespace {

using testing::HasSubstr;

base::UtcTime at(int second) { return base::UtcTime{std::chrono::seconds(1'270'000'000 + second)}; }

rules::Fence circle(const std::string& id) {
  return {.id = id, .outline = {}, .centre = {470'000'000, -80'000'001}, .radius_m = 150};
}

FenceRow full() {
  FenceAlert alert{.when = rules::GeofenceConfig::When::kOutside,
                   .severity = model::Severity::kCritical,
                   .hysteresis_m = 7,
                   .crossing = base::Millis(1),
                   .life = {.min_duration = base::Millis(2),
                            .min_count = 3,
                            .clear_duration = base::Millis(4),
                            .clear_count = 3,
                            .gap = base::Millis(5),
                            .update_interval = base::Millis(6),
                            .reopen = base::Millis(7),
                            .flap_cycles = 8,
                            .flap_window = base::Millis(9),
                            .flap_stable = base::Millis(10),
                            .expiry = base::Millis(11)},
                   .vehicles = {"truck-17"},
                   .groups = {"night shift"}};
  rules::Fence outline{.id = "depot",
                       .outline = {{470'000'000, 80'000'000}, {470'000'000, 80'010'000}, {470'010'000, 80'000'001}},
                       .centre = {},
                       .radius_m = 0};
  return {.id = "depot",
          .versions = {{.valid_from = at(0), .area = outline, .alert = alert},
                       {.valid_from = at(1) + base::Millis(1), .area = circle("depot"), .alert = std::nullopt},
                       {.valid_from = at(2), .area = circle("depot"), .alert = FenceAlert{}},
                       {.valid_from = at(3), .area = std::nullopt, .alert = std::nullopt}}};
}

TEST(FenceRow, ComesBackAsItWas) {
  const auto back = from_message("depot", to_message(full()));
  ASSERT_TRUE(back.has_value()) << back.error().what;
  EXPECT_EQ(*back, full());
}

TEST(FenceRow, AsLargeAsItMayBeFitsAMessage) {
  FenceRow row{.id = "depot", .versions = {}};
  for (std::size_t i = 0; i < kVersionsMax; ++i) {
    rules::Fence area{.id = "depot", .outline = {}, .centre = {}, .radius_m = 0};
    for (int corner = 0; corner < 1'000; ++corner) {
      area.outline.push_back({470'000'000 + (corner < 500 ? corner : 1'000 - corner), 80'000'000 + corner * 7});
    }
    row.versions.push_back({.valid_from = at(static_cast<int>(i)), .area = std::move(area), .alert = FenceAlert{}});
  }
  ASSERT_TRUE(validate(row)) << validate(row).error().what;
  EXPECT_LT(to_message(row).size(), 900'000U);
}

struct Refused {
  const char* name;
  void (*spoil)(odograph::Geofence& message);
  const char* what;
};

odograph::GeofenceAlert& alert_of(odograph::Geofence& message) { return *message.mutable_versions(0)->mutable_alert(); }

const Refused kRefused[] = {
    {"OfAnother", [](auto& m) { m.set_fence_id("yard"); }, "of another fence than its key"},
    {"Empty", [](auto& m) { m.clear_versions(); }, "versions: none"},
    {"TooMany",
     [](auto& m) {
       while (m.versions_size() <= static_cast<int>(kVersionsMax)) *m.add_versions() = m.versions(0);
     },
     "versions: more than 20"},
    {"WithoutATime", [](auto& m) { m.mutable_versions(1)->clear_valid_from(); }, "versions[1].valid_from"},
    {"FinerThanMillis", [](auto& m) { m.mutable_versions(1)->mutable_valid_from()->set_nanos(1); },
     "versions[1].valid_from"},
    {"OutOfOrder", [](auto& m) { m.mutable_versions()->SwapElements(1, 2); }, "versions[2].valid_from: not after"},
    {"AtTheSameTime", [](auto& m) { *m.mutable_versions(1)->mutable_valid_from() = m.versions(0).valid_from(); },
     "versions[1].valid_from: not after"},
    {"TwoShapes", [](auto& m) { m.mutable_versions(0)->mutable_centre(); }, "versions[0].centre: beside an outline"},
    {"OffTheGlobe", [](auto& m) { m.mutable_versions(0)->mutable_outline(0)->set_lat(90.1); }, "not on the globe"},
    {"CentreIsNoNumber", [](auto& m) { m.mutable_versions(1)->mutable_centre()->set_lon(std::nan("")); },
     "not on the globe"},
    {"TwoCorners", [](auto& m) { m.mutable_versions(0)->mutable_outline()->RemoveLast(); }, "versions[0]."},
    {"RadiusTooSmall", [](auto& m) { m.mutable_versions(1)->set_radius_m(9); }, "versions[1]."},
    {"RadiusTooLarge", [](auto& m) { m.mutable_versions(1)->set_radius_m(4'000'000'000); }, "versions[1].radius_m"},
    {"AlertWithoutAnArea", [](auto& m) { m.mutable_versions(3)->mutable_alert()->set_when({}); }, "versions[3].alert"},
    {"NeitherInNorOut", [](auto& m) { alert_of(m).set_when(odograph::GeofenceAlert::WHEN_UNSPECIFIED); },
     "versions[0].alert.when"},
    {"SeverityOfTomorrow", [](auto& m) { alert_of(m).set_severity(static_cast<odograph::Severity>(9)); },
     "versions[0].alert.severity"},
    {"Hysteresis", [](auto& m) { alert_of(m).set_hysteresis_m(1'000'001); }, "hysteresis_m"},
    {"LongerThanAWeek", [](auto& m) { alert_of(m).set_flap_stable_ms(604'800'001); }, "flap_stable_ms"},
    {"NoGap", [](auto& m) { alert_of(m).set_gap_ms(0); }, "gap_ms"},
    {"Count", [](auto& m) { alert_of(m).set_count(1'001); }, "count"},
    {"FlapCycles", [](auto& m) { alert_of(m).set_flap_cycles(21); }, "flap_cycles"},
    {"NoVehicle", [](auto& m) { alert_of(m).add_vehicles("a b"); }, "vehicles"},
    {"NoGroup", [](auto& m) { alert_of(m).add_groups(""); }, "groups"},
    {"TooManyGroups",
     [](auto& m) {
       for (int i = 0; i < 1'001; ++i) alert_of(m).add_groups("g");
     },
     "groups: more than 1000"},
};

TEST(FenceRow, RefusesWhatCannotBeJudgedBy) {
  for (const Refused& refused : kRefused) {
    odograph::Geofence message;
    ASSERT_TRUE(message.ParseFromString(to_message(full())));
    refused.spoil(message);
    const auto row = from_message("depot", message.SerializeAsString());
    ASSERT_FALSE(row.has_value()) << refused.name;
    EXPECT_EQ(row.error().action, base::Action::kDrop) << refused.name;
    EXPECT_THAT(row.error().what, HasSubstr(refused.what)) << refused.name;
  }
  EXPECT_FALSE(from_message("depot", "\xff\xff"));
  odograph::Geofence nameless;
  ASSERT_TRUE(nameless.ParseFromString(to_message(full())));
  nameless.clear_fence_id();
  EXPECT_THAT(from_message("", nameless.SerializeAsString()).error().what, HasSubstr("fence_id"));
}

}  // namespace
}  // namespace odograph::fences
