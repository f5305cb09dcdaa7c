#include "lib/base/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace odograph::base {
namespace {

using testing::ElementsAre;

constexpr std::array kBounds = {1.0, 10.0, 60.0};
constexpr double kInfinite = std::numeric_limits<double>::infinity();

TEST(Histogram, PutsEachValueIntoOneBucket) {
  Histogram histogram(kBounds);
  for (const double value : {-3.0, 0.0, 1.0, 1.5, 10.0, 60.1, kInfinite}) histogram.add(value);
  histogram.add(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(histogram.counts(), ElementsAre(3, 2, 0, 2));
  EXPECT_EQ(histogram.count(), 7U);
}

TEST(Histogram, NamesTheBoundThatAShareDoesNotExceed) {
  Histogram histogram(kBounds);
  EXPECT_FALSE(histogram.bound_of(0.5));
  for (int i = 0; i < 8; ++i) histogram.add(0.5);
  histogram.add(5);
  histogram.add(500);
  const struct {
    double share;
    double bound;
  } rows[] = {{0, 1}, {0.5, 1}, {0.8, 1}, {0.81, 10}, {0.9, 10}, {0.91, kInfinite}, {1, kInfinite}, {7, kInfinite}};
  for (const auto& row : rows) EXPECT_EQ(histogram.bound_of(row.share), row.bound) << row.share;
}

TEST(Histogram, AShareOfNothingIsNotAnEmptyBucket) {
  Histogram histogram(kBounds);
  histogram.add(30);
  EXPECT_EQ(histogram.bound_of(0), 60);
}

TEST(Histogram, DiffersAndAddsUp) {
  Histogram histogram(kBounds);
  histogram.add(0.5);
  const Histogram before = histogram;
  histogram.add(20);
  histogram.add(30);
  Histogram since = histogram.since(before);
  EXPECT_THAT(since.counts(), ElementsAre(0, 0, 2, 0));
  EXPECT_EQ(since.count(), 2U);
  EXPECT_EQ(since.sum(), 50);
  since.merge(before);
  EXPECT_EQ(since.counts(), histogram.counts());
  EXPECT_EQ(since.sum(), histogram.sum());
}

}  // namespace
}  // namespace odograph::base
