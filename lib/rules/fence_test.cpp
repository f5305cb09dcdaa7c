#include "lib/rules/fence.h"

#include <gtest/gtest.h>

#include "lib/model/geo.h"

namespace odograph::rules {
namespace {

/// About 1,112 m north to south and 758 m east to west.
const Fence kSquare{
    "depot",
    {{470'000'000, 80'000'000}, {470'100'000, 80'000'000}, {470'100'000, 80'100'000}, {470'000'000, 80'100'000}},
    {},
    0};
const Fence kCircle{"yard", {}, {470'000'000, 80'000'000}, 500};

struct PlaceCase {
  const char* name;
  const Fence& fence;
  model::Position position;
  std::int32_t margin_m;
  Where where;
};

const PlaceCase kPlaces[] = {
    {"Within", kSquare, {470'050'000, 80'050'000}, 50, Where::kInside},
    {"OnTheBorder", kSquare, {470'000'000, 80'050'000}, 50, Where::kInside},
    {"FortyMetresSouth", kSquare, {469'996'403, 80'050'000}, 50, Where::kNear},
    {"FortyMetresSouthWithoutMargin", kSquare, {469'996'403, 80'050'000}, 0, Where::kOutside},
    {"SixtyMetresSouth", kSquare, {469'994'604, 80'050'000}, 50, Where::kOutside},
    {"OffACornerByFortyEachWay", kSquare, {469'996'403, 79'994'726}, 50, Where::kOutside},
    {"OffACornerByThirtyEachWay", kSquare, {469'997'302, 79'996'045}, 50, Where::kNear},
    {"AtTheOtherEndOfTheWorld", kSquare, {-470'000'000, -1'000'000'000}, 1'000, Where::kOutside},
    {"InTheCircle", kCircle, {470'044'000, 80'000'000}, 50, Where::kInside},
    {"JustOutOfTheCircle", kCircle, {470'047'000, 80'000'000}, 50, Where::kNear},
    {"FarOutOfTheCircle", kCircle, {470'050'000, 80'000'000}, 50, Where::kOutside},
    {"InItsBoxButNotInTheCircle", kCircle, {470'040'000, 80'060'000}, 50, Where::kOutside},
};

TEST(FenceArea, KnowsWhereAPositionIs) {
  for (const PlaceCase& row : kPlaces)
    EXPECT_EQ(FenceArea(row.fence).where(row.position, row.margin_m), row.where) << row.name;
}

struct WayCase {
  const char* name;
  const Fence& fence;
  model::Position from;
  model::Position to;
  bool crossed;
};

const WayCase kWays[] = {
    {"ThroughTheMiddle", kSquare, {469'900'000, 80'050'000}, {470'200'000, 80'050'000}, true},
    {"OverACorner", kSquare, {469'990'000, 80'020'000}, {470'020'000, 79'990'000}, true},
    {"PastACorner", kSquare, {469'980'000, 80'010'000}, {470'010'000, 79'980'000}, false},
    {"BesideIt", kSquare, {469'900'000, 80'200'000}, {470'200'000, 80'200'000}, false},
    {"TowardsItButNotThere", kSquare, {469'900'000, 80'050'000}, {469'990'000, 80'050'000}, false},
    {"ThroughTheCircle", kCircle, {469'900'000, 80'000'000}, {470'100'000, 80'000'000}, true},
    {"BesideTheCircle", kCircle, {469'900'000, 80'070'000}, {470'100'000, 80'070'000}, false},
};

TEST(FenceArea, KnowsWhichWaysLeadThroughIt) {
  for (const WayCase& row : kWays) {
    EXPECT_EQ(FenceArea(row.fence).crossed(row.from, row.to), row.crossed) << row.name;
    EXPECT_EQ(FenceArea(row.fence).crossed(row.to, row.from), row.crossed) << row.name << ", the other way";
  }
}

TEST(FenceArea, ReachesOverTheDateLine) {
  const FenceArea circle(Fence{"fiji", {}, {-170'000'000, 1'799'999'000}, 500});
  EXPECT_EQ(circle.where({-170'000'000, -1'799'999'000}, 0), Where::kInside);
  EXPECT_EQ(circle.where({-170'000'000, -1'799'900'000}, 0), Where::kOutside);
}

TEST(Distance, IsThatOfTheSphere) {
  const model::Position from{470'000'000, 80'000'000};
  for (const model::Position& to : {model::Position{470'010'000, 80'000'000},
                                    {470'000'000, 80'010'000},
                                    {473'000'000, 84'000'000},
                                    {470'000'000, 80'000'000}}) {
    const double exact_dm = model::distance_m(from, to) * 10;
    EXPECT_NEAR(static_cast<double>(distance_dm(from, to)), exact_dm, 2 + exact_dm * 0.001);
  }
}

struct SoundCase {
  const char* name;
  Fence fence;
  bool sound;
};

const SoundCase kSounds[] = {
    {"Polygon", kSquare, true},
    {"Circle", kCircle, true},
    {"NoName", {"", {}, {}, 500}, false},
    {"NameTooLong", {std::string(65, 'x'), {}, {}, 500}, false},
    {"TwoCorners", {"x", {{0, 0}, {0, 1}}, {}, 0}, false},
    {"OffThePlanet", {"x", {{0, 0}, {0, 1}, {900'000'001, 0}}, {}, 0}, false},
    {"NeitherOfTheTwo", {"x", {}, {}, 0}, false},
    {"TooSmall", {"x", {}, {}, 9}, false},
    {"TooLarge", {"x", {}, {}, 100'001}, false},
    {"CentreOffThePlanet", {"x", {}, {0, 1'800'000'001}, 500}, false},
};

TEST(Fence, IsCheckedWhole) {
  for (const SoundCase& row : kSounds) EXPECT_EQ(validate(row.fence).has_value(), row.sound) << row.name;
}

}  // namespace
}  // namespace odograph::rules
