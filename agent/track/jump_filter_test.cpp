#include "agent/track/jump_filter.h"

#include <gtest/gtest.h>

#include <vector>

namespace odograph::track {
namespace {

constexpr std::int32_t kE7PerKm = 89'932;  ///< Of latitude.

struct Step {
  std::int64_t at_ms;
  double north_km;
  std::int32_t speed_mmps;
  bool jump;
  JumpFilter::Otherwise otherwise = JumpFilter::Otherwise::kUsable;
  std::int64_t told_late_ms = 0;  ///< The receiver's time minus that of receipt.
};

constexpr auto kUnusable = JumpFilter::Otherwise::kUnusable;
constexpr auto kUsable = JumpFilter::Otherwise::kUsable;

struct Case {
  const char* name;
  std::vector<Step> steps;
};

const Case kCases[] = {
    {"TheFirstIsNone", {{0, 500, 0, false}}},
    {"Standing", {{0, 0, 0, false}, {1000, 0, 0, false}}},
    {"JustUnder60", {{0, 0, 0, false}, {1000, 0.0599, 0, false}}},
    {"JustOver60", {{0, 0, 0, false}, {1000, 0.0602, 0, true}}},
    {"AFastTrainUnder1Point5TimesItsSpeedAnd10", {{0, 0, 0, false}, {1000, 0.1595, 100'000, false}}},
    {"AFastTrainOver", {{0, 0, 0, false}, {1000, 0.1605, 100'000, true}}},
    {"AfterALongSilenceMuchIsInReach", {{0, 0, 0, false}, {600'000, 35.0, 0, false}}},
    {"BackFromAnOutlier", {{0, 0, 0, false}, {1000, 5, 0, true}, {2000, 0.01, 0, false}, {3000, 0.02, 0, false}}},
    {"ThePlaceIsConfirmedByTwo",
     {{0, 0, 0, false}, {1000, 5, 0, true}, {2000, 5.01, 0, true}, {3000, 5.02, 0, false}, {4000, 5.03, 0, false}}},
    {"OutliersDoNotConfirmEachOther",
     {{0, 0, 0, false},
      {1000, 5, 0, true},
      {2000, 9, 0, true},
      {3000, 5, 0, true},
      {4000, 9, 0, true},
      {5000, 0, 0, false}}},
    {"AGoodFixBetweenStartsTheConfirmingOver",
     {{0, 0, 0, false},
      {1000, 5, 0, true},
      {2000, 5, 0, true},
      {3000, 0, 0, false},
      {4000, 5, 0, true},
      {5000, 5, 0, true},
      {6000, 5, 0, false}}},
    {"UnusableFixesAreJudgedButConfirmNothing",
     {{0, 0, 0, false},
      {1000, 5, 0, true, kUnusable},
      {2000, 5, 0, true, kUnusable},
      {3000, 5, 0, true, kUnusable},
      {4000, 5, 0, true}}},
    {"UnusableFixesAreNoReference", {{0, 7, 0, false, kUnusable}, {1000, 0, 0, false}}},
    {"SeveralAtOnceGoByTheReceiversTime",
     {{0, 0, 0, false}, {1, 0.03, 0, false, kUsable, 999}, {2, 0.06, 0, false, kUsable, 1998}}},
    {"WhereNoTimePassedNothingIsSaid", {{0, 0, 0, false}, {0, 5, 0, false}}},
    {"TheReceiversTimeWentBack", {{5000, 0, 0, false}, {6000, 5, 0, true, kUsable, -4000}}},
};

TEST(JumpFilter, FindsWhatNoVehicleCanReach) {
  for (const Case& row : kCases) {
    SCOPED_TRACE(row.name);
    JumpFilter filter;
    for (const Step& step : row.steps) {
      Sighting sighting;
      sighting.received = base::BootTime{base::Millis{step.at_ms}};
      sighting.time = base::UtcTime{base::Millis{1'800'000'000'000 + step.at_ms + step.told_late_ms}};
      sighting.position.lat_e7 = static_cast<std::int32_t>(step.north_km * kE7PerKm);
      sighting.speed_mmps = step.speed_mmps;
      EXPECT_EQ(filter.is_jump(sighting, step.otherwise), step.jump) << "at " << step.at_ms;
    }
  }
}

}  // namespace
}  // namespace odograph::track
