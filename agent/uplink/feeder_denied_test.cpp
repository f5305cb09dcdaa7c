#include "agent/uplink/feeder.h"
#include "agent/uplink/feeder_fixture.h"

namespace odograph::uplink {
namespace {

class FeederDenied : public FeederTest {
 protected:
  void start_with_one() {
    options_.send_after = {};
    outbox_.add(kBulk, 1, 1);
    start();
    step();
    ASSERT_EQ(handle().sent.size(), 1U);
  }
  /// One sees what is wrong, the next one gives the handle up.
  void steps() {
    step();
    step();
  }
  /// The time until something is sent again, by the clock of the test.
  base::Millis held_for() const {
    return std::chrono::duration_cast<base::Millis>(*feeder_->stats().held_until - now_);
  }
};

struct Case {
  const char* name;
  bool fatal;
  bool denied;
  unsigned refusals;
  Trouble trouble;
};

const Case kCases[] = {
    {"AllIsWell", false, false, 0, Trouble::kNone},
    {"RefusedTwice", false, false, 2, Trouble::kNone},
    {"RefusedThreeTimes", false, false, 3, Trouble::kPause},
    {"RefusedForHours", false, false, 1000, Trouble::kPause},
    {"FatalForAnotherReason", true, false, 0, Trouble::kFatal},
    {"FatalBecauseDenied", true, true, 0, Trouble::kPause},
};

class FeederDeniedCases : public FeederDenied, public ::testing::WithParamInterface<Case> {};

TEST_P(FeederDeniedCases, WaitLongAndKeepTheirRecords) {
  const Case& row = GetParam();
  start_with_one();
  handle().link.connected = row.refusals == 0;
  handle().link.fatal = row.fatal;
  handle().link.denied = row.denied;
  handle().link.refusals = row.refusals;
  handle().link.last_error = "identity AKID may not write";
  steps();
  EXPECT_EQ(feeder_->stats().trouble, row.trouble);
  EXPECT_EQ(outbox_.stored(kBulk), 1U);
  if (row.trouble != Trouble::kPause) return;
  EXPECT_GE(held_for(), options_.pause.min);
  EXPECT_EQ(feeder_->producer_fd(), -1) << "it knocks no more";
  EXPECT_EQ(feeder_->stats().held, "paused: identity AKID may not write");
}

INSTANTIATE_TEST_SUITE_P(All, FeederDeniedCases, ::testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string{given.param.name}; });

TEST_F(FeederDenied, GoesOnByItselfOnceItMay) {
  start_with_one();
  handle().link.refusals = 3;
  steps();
  EXPECT_EQ(feeder_->stats().trouble, Trouble::kPause);
  step(held_for());
  ASSERT_EQ(handles_.size(), 2U);
  EXPECT_EQ(told_from(), Told{"bulk 1:1-1"});
  handle().store_all();
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
  EXPECT_EQ(feeder_->stats().trouble, Trouble::kNone);
}

TEST_F(FeederDenied, WaitsLongerEachTimeUpToAnEnd) {
  start_with_one();
  base::Millis longest{0};
  for (int i = 0; i < 12; ++i) {
    handle().link.refusals = 3;
    steps();
    ASSERT_EQ(feeder_->stats().trouble, Trouble::kPause);
    EXPECT_GE(held_for(), longest);
    longest = held_for();
    step(held_for());
  }
  EXPECT_EQ(longest, options_.pause.max / 2);  // The fixture's random bits are all zero.
}

}  // namespace
}  // namespace odograph::uplink
