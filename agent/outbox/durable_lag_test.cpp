#include <gtest/gtest.h>

#include <cerrno>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

class DurableLag : public testing::Test {
 protected:
  void SetUp() override {
    rig_.open();
    rig_.flush();
  }
  std::optional<Millis> lag() const { return rig_.loop->stats(rig_.now).durable_lag; }

  TempDir dir_;
  Rig rig_{dir_.path()};
};

TEST_F(DurableLag, IsTheAgeOfTheOldestRecordThatIsNotDurable) {
  EXPECT_EQ(lag(), std::nullopt);
  rig_.push(Lane::kBulk, numbered(1));
  rig_.now += Millis{400};
  rig_.push(Lane::kEvent, numbered(2));
  EXPECT_EQ(lag(), Millis{400});
  rig_.step_after(Millis{250});
  EXPECT_EQ(lag(), Millis{650}) << "the event is durable, the older record is not";
  rig_.step_after(Millis{350});
  EXPECT_EQ(lag(), std::nullopt);
}

TEST_F(DurableLag, GrowsWhileTheMediumRefuses) {
  rig_.push(Lane::kBulk, numbered(1));
  {
    const FailingWrites failing(ENOSPC);
    rig_.step_after(Millis{1000});
    rig_.push(Lane::kBulk, numbered(2));
    rig_.step_after(Millis{500});
    EXPECT_EQ(lag(), Millis{1500}) << "what is on its way to the file is not durable";
  }
  rig_.now += kFullRetryAfter;
  rig_.flush();
  EXPECT_EQ(lag(), std::nullopt);
}

TEST_F(DurableLag, StaysUntoldWithoutATime) {
  rig_.push(Lane::kBulk, numbered(1));
  EXPECT_EQ(rig_.loop->stats().durable_lag, std::nullopt);
}

TEST_F(DurableLag, IsNeverNegative) {
  rig_.push(Lane::kBulk, numbered(1));
  EXPECT_EQ(rig_.loop->stats(rig_.now - Millis{1}).durable_lag, Millis{0});
}

}  // namespace
}  // namespace odograph::outbox
