#include "agent/sample/slow_down.h"

#include <gtest/gtest.h>

#include <limits>

namespace odograph::sample {
namespace {

using base::Millis;

TEST(SlowDown, KeepsFewerByTimeAndByDistance) {
  const struct {
    int factor;
    Millis time, rest_time;
    std::int32_t distance_m;
  } cases[] = {{1, Millis{10'000}, Millis{300'000}, 100},
               {2, Millis{20'000}, Millis{600'000}, 200},
               {4, Millis{40'000}, Millis{1'200'000}, 400}};
  for (const auto& c : cases) {
    const Config slow = slowed(Config{}, c.factor);
    EXPECT_EQ(slow.time, c.time);
    EXPECT_EQ(slow.rest_time, c.rest_time);
    EXPECT_EQ(slow.distance_m, c.distance_m);
    EXPECT_TRUE(validate(slow));
  }
}

TEST(SlowDown, LeavesWhatIsKeptForItsOwnSake) {
  const Config plain;
  const Config slow = slowed(plain, 4);
  EXPECT_EQ(slow.mode, plain.mode);
  EXPECT_EQ(slow.angle_cdeg, plain.angle_cdeg);
  EXPECT_EQ(slow.speed_change_cmps, plain.speed_change_cmps);
  EXPECT_EQ(slow.rest_radius_m, plain.rest_radius_m);
}

TEST(SlowDown, NeverOverflows) {
  Config far;
  far.distance_m = std::numeric_limits<std::int32_t>::max() / 2 + 1;
  EXPECT_EQ(slowed(far, 2).distance_m, std::numeric_limits<std::int32_t>::max());
  EXPECT_TRUE(validate(slowed(far, 4)));
}

TEST(SlowDown, ARecordComesThatMuchLater) {
  const Config slow = slowed(Config{}, 2);
  model::Record record;
  record.boot_time = base::BootTime{Millis{0}};
  const State first = decide(slow, {}, record).next;
  record.boot_time = base::BootTime{Millis{19'999}};
  EXPECT_EQ(decide(slow, first, record).reason, 0U);
  record.boot_time = base::BootTime{Millis{20'000}};
  EXPECT_EQ(decide(slow, first, record).reason, model::reason::kTime);
}

}  // namespace
}  // namespace odograph::sample
