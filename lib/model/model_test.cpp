#include <gtest/gtest.h>

#include "lib/model/geo.h"
#include "lib/model/record.h"

namespace odograph::model {
namespace {

TEST(Geo, KnownDistances) {
  EXPECT_NEAR(distance_m({0, 0}, {0, 10'000'000}), 111'195.1, 0.5);              // one degree along the equator
  EXPECT_NEAR(distance_m({0, 1'799'999'990}, {0, -1'799'999'990}), 0.22, 0.01);  // across the date line
  EXPECT_EQ(distance_m({473'289'950, 78'211'000}, {473'289'950, 78'211'000}), 0.0);
}

TEST(Geo, CoursesDifferTheShortWayRound) {
  EXPECT_EQ(course_difference_cdeg(100, 35'900), 200);
  EXPECT_EQ(course_difference_cdeg(0, 18'000), 18'000);
  EXPECT_EQ(course_difference_cdeg(9'000, 8'000), 1'000);
}

TEST(Sequence, PutsTheBootAboveTheNumber) {
  EXPECT_EQ(sequence(1, 0xFFFFFFFF), 0x1FFFFFFFFULL);
  EXPECT_LT(sequence(1, 0xFFFFFFFF), sequence(2, 1));
}

}  // namespace
}  // namespace odograph::model
