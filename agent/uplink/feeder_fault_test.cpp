#include "agent/uplink/feeder.h"

#include <algorithm>

#include "agent/uplink/feeder_fixture.h"

namespace odograph::uplink {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class FeederFaults : public FeederTest {
 protected:
  FeederFaults() {
    options_.send_after = {};
    options_.message_records_max = 2;
  }
  void start_with(std::uint32_t records) {
    for (std::uint32_t n = 1; n <= records; ++n) outbox_.add(kBulk, n, 1);
    start();
    step();
  }
};

TEST_F(FeederFaults, WhatWasNotStoredIsSentAgainInOrderOnceNothingIsOutstanding) {
  start_with(6);
  ASSERT_EQ(handle().sent.size(), 3U);
  handle().report(Outcome::kStored);
  handle().report(Outcome::kAgain);
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 4U);
  EXPECT_EQ(outbox_.rewinds(kBulk), 0) << "the third is still outstanding";
  EXPECT_EQ(feeder_->stats().held, "sending again: refused");
  handle().report(Outcome::kAgain);
  step();
  EXPECT_EQ(outbox_.rewinds(kBulk), 1);
  EXPECT_EQ(handle().sent.size(), 3U) << "not without a breath";
  EXPECT_FALSE(feeder_->wants_chunks(kBulk));
  step(seconds{1});
  EXPECT_EQ(told_from(3), (Told{"bulk 1:3-4", "bulk 1:5-6"}));
  EXPECT_EQ(handles_.size(), 1U) << "the handle is sound";
  EXPECT_EQ(counts(kBulk).redelivered_records, 4U);
  EXPECT_EQ(counts(kBulk).overtaken_records, 0U);
  handle().store_all();
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
}

TEST_F(FeederFaults, CountsWhatWasOvertaken) {
  start_with(4);
  handle().report(Outcome::kAgain);
  handle().report(Outcome::kStored);
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 4U);
  EXPECT_EQ(counts(kBulk).overtaken_records, 2U);
}

TEST_F(FeederFaults, AnUnreachableBrokerIsToldOnceAndWhenItIsBack) {
  start_with(1);
  EXPECT_EQ(outbox_.link(), outbox::Link::kUp);
  handle().link = {.connected = false, .last_error = "broker unreachable: a"};
  step();
  EXPECT_EQ(outbox_.link(), outbox::Link::kDown);
  step(seconds{1});
  handle().link.last_error = "broker unreachable: b";
  step(seconds{30});
  handle().link.last_error = "broker unreachable: a";
  step(seconds{1});
  EXPECT_EQ(log_, (std::vector<std::string>{"uplink: connected", "uplink: broker unreachable: a"}));
  handle().link.last_error = "broker unreachable: c";
  step(seconds{30});
  EXPECT_EQ(log_.back(), "uplink: broker unreachable: c");
  handle().link.connected = true;
  step();
  step();
  EXPECT_EQ(outbox_.link(), outbox::Link::kUp);
  EXPECT_EQ(log_.size(), 4U);
  EXPECT_EQ(log_.back(), "uplink: connected");
}

TEST_F(FeederFaults, WhatIsGivenUpOvertakesNothing) {
  options_.message_records_max = 1;
  start_with(2);
  handle().report(Outcome::kAgain);
  handle().report(Outcome::kPoison);
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 2U);
  EXPECT_EQ(counts(kBulk).overtaken_records, 0U);
  EXPECT_EQ(counts(kBulk).redelivered_records, 1U);
}

TEST_F(FeederFaults, WhatIsNeverReportedIsGivenUpWithItsHandle) {
  start_with(4);
  handle().deaf = true;
  handle().report(Outcome::kAgain);
  step();
  EXPECT_EQ(feeder_->deadline(), now_ + options_.drain_max);
  step(options_.drain_max);
  EXPECT_FALSE(handle().alive);
  EXPECT_EQ(outbox_.rewinds(kBulk), 1);
  step(seconds{5});
  ASSERT_EQ(handles_.size(), 2U);
  EXPECT_EQ(told_from(), (Told{"bulk 1:1-2", "bulk 1:3-4"}));
  EXPECT_EQ(feeder_->stats().outstanding_messages, 2U);
}

TEST_F(FeederFaults, AFatalErrorBringsANewHandleAfterABreath) {
  start_with(4);
  handle().link.fatal = true;
  handle().link.last_error = "fatal: sequence";
  step();
  EXPECT_EQ(handle().purges, 1);
  step();
  EXPECT_FALSE(handle().alive);
  EXPECT_EQ(feeder_->producer_fd(), -1);
  EXPECT_EQ(feeder_->stats().held, "reconnecting after a fatal error: fatal: sequence");
  EXPECT_FALSE(feeder_->stats().connected);
  EXPECT_EQ(feeder_->deadline(), now_ + seconds{5});
  step(seconds{5});
  ASSERT_EQ(handles_.size(), 2U);
  EXPECT_EQ(told_from(), (Told{"bulk 1:1-2", "bulk 1:3-4"}));
  EXPECT_EQ(feeder_->stats().handles, 2U);
  handle().store_all();
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
}

TEST_F(FeederFaults, FatalErrorsInARowAreSpacedWiderAndAStoredMessageForgivesThem) {
  start_with(2);
  for (const int wait_s : {5, 10, 20}) {
    handle().link.fatal = true;
    step();
    step();
    EXPECT_EQ(feeder_->deadline(), now_ + seconds{wait_s});
    step(seconds{wait_s});
  }
  handle().store_all();
  step();
  handle().link.fatal = true;
  step();
  step();
  EXPECT_EQ(feeder_->deadline(), now_ + seconds{5});
}

TEST_F(FeederFaults, AHandleThatCannotBeMadeIsTriedAgain) {
  start_with(2);
  refuse_handles_ = true;
  handle().link.fatal = true;
  step();
  step();
  step(seconds{5});
  EXPECT_EQ(handles_.size(), 1U);
  EXPECT_EQ(feeder_->stats().last_error, "certificate gone");
  ASSERT_TRUE(feeder_->deadline());
  EXPECT_GT(*feeder_->deadline(), now_);
  refuse_handles_ = false;
  step(minutes{5});
  EXPECT_EQ(handles_.size(), 2U);
  EXPECT_EQ(told_from(), Told{"bulk 1:1-2"});
}

TEST_F(FeederFaults, APauseKeepsTheRowsAndSaysWhy) {
  start_with(4);
  handle().report(Outcome::kPause, 2, "topic authorization failed");
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 4U);
  EXPECT_EQ(feeder_->stats().held, "paused: topic authorization failed");
  EXPECT_EQ(feeder_->stats().held_until, now_ + seconds{30});
  outbox_.add(kAlert, 1, 1);
  step(seconds{29});
  EXPECT_EQ(handles_.size(), 1U);
  EXPECT_EQ(handle().sent.size(), 2U) << "nothing is fed, alerts neither";
  step(seconds{1});
  ASSERT_EQ(handles_.size(), 2U) << "the old one has the topic marked";
  EXPECT_EQ(told_from(), Told{"alert 1:1-1"});
  handle().report(Outcome::kPause);
  step();
  EXPECT_EQ(feeder_->stats().held_until, now_ + seconds{60}) << "longer each time";
}

TEST_F(FeederFaults, TheWatchdogMakesANewHandle) {
  start_with(4);
  EXPECT_EQ(feeder_->deadline(), now_ + options_.watchdog);
  step(options_.watchdog - seconds{1});
  EXPECT_EQ(handle().purges, 0);
  handle().report(Outcome::kStored, 1);
  step(seconds{1});
  EXPECT_EQ(handle().purges, 0) << "there was a report";
  handle().deaf = true;
  step(options_.watchdog);
  EXPECT_EQ(handle().purges, 1);
  step(options_.drain_max);
  EXPECT_FALSE(handle().alive);
  step(seconds{5});
  ASSERT_EQ(handles_.size(), 2U);
  EXPECT_EQ(told_from(), Told{"bulk 1:3-4"});
}

TEST_F(FeederFaults, TheWatchdogLeavesTheCauseOfAnOutageInPlace) {
  start_with(2);
  handle().link = {.connected = false, .last_error = "broker unreachable: a"};
  handle().deaf = true;
  step(options_.watchdog);
  EXPECT_EQ(feeder_->stats().held, "reconnecting, the broker did not answer: broker unreachable: a");
  step(options_.drain_max);
  step(seconds{10});
  ASSERT_EQ(handles_.size(), 2U);
  handle().link = {};
  step();
  EXPECT_EQ(feeder_->stats().last_error, "broker unreachable: a") << "the new handle has made no try yet";
}

TEST_F(FeederFaults, SilenceWithNothingOutstandingIsNoTrouble) {
  start();
  step(options_.watchdog * 3);
  outbox_.add(kBulk, 1, 1);
  step();
  step(options_.watchdog - seconds{1});
  EXPECT_EQ(handle().purges, 0);
  EXPECT_EQ(feeder_->stats().held, "");
}

TEST_F(FeederFaults, ARefusedMessageIsSplitDownToTheRecordThatIsGivenUp) {
  options_.message_records_max = 4;
  start_with(6);
  ASSERT_EQ(told_from(), (Told{"bulk 1:1-4", "bulk 1:5-6"}));
  // The broker takes nothing that holds record 3; everything behind a refusal comes back.
  std::size_t seen = 0;
  for (int i = 0; i < 20 && outbox_.stored(kBulk) > 0; ++i) {
    bool refused = false;
    for (; seen < handle().sent.size(); ++seen) {
      const auto batch = wire::decode(handle().sent[seen].value);
      const bool poisoned = std::any_of(batch->records.begin(), batch->records.end(),
                                        [](const model::Record& record) { return record.n == 3; });
      handle().report(refused ? Outcome::kAgain : poisoned ? Outcome::kPoison : Outcome::kStored, 1, "too large");
      refused = refused || poisoned;
    }
    step(minutes{2});
  }
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
  EXPECT_EQ(counts(kBulk).poison_records, 1U);
  EXPECT_TRUE(std::any_of(log_.begin(), log_.end(), [](const std::string& line) {
    return line.find("gave up record boot 1 n 3") != std::string::npos && line.find("too large") != std::string::npos;
  }));
  // Every other record was stored.
  std::vector<bool> stored(7, false);
  for (const FakeHandle::Sent& sent : handle().sent) {
    const auto batch = wire::decode(sent.value);
    for (const model::Record& record : batch->records) stored.at(record.n) = true;
  }
  for (std::size_t n = 1; n <= 6; ++n) EXPECT_TRUE(stored[n]) << n;
}

TEST_F(FeederFaults, WhatTheLibraryRefusesToTakeIsSplitToo) {
  options_.message_records_max = 100;
  outbox_.add(kBulk, 1, 100);
  start();
  handle().size_max = 80;
  for (int i = 0; i < 20 && outbox_.stored(kBulk) > 0; ++i) {
    step(minutes{2});
    handle().store_all();
    step();
  }
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
  EXPECT_EQ(counts(kBulk).acked_records, 100U);
  EXPECT_EQ(counts(kBulk).poison_records, 0U);
  EXPECT_GT(handle().sent.size(), 1U);
}

TEST_F(FeederFaults, ASingleRecordThatIsTooLargeIsGivenUpAndTheNextGoesOn) {
  options_.message_records_max = 1;
  outbox_.add(kBulk, 1, 1);
  start();
  handle().size_max = 10;
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
  EXPECT_EQ(counts(kBulk).poison_records, 1U);
  handle().size_max = 1000;
  outbox_.add(kBulk, 2, 1);
  step();
  EXPECT_EQ(told_from(), Told{"bulk 1:2-2"});
}

TEST_F(FeederFaults, AFullLibraryQueueWaitsForAReport) {
  options_.message_records_max = 1;
  start_with(1);
  handle().queue_full = true;
  outbox_.add(kBulk, 2, 1);
  step();
  EXPECT_EQ(handle().sent.size(), 1U);
  EXPECT_FALSE(feeder_->wants_chunks(kBulk));
  handle().queue_full = false;
  handle().store_all();
  step();
  EXPECT_EQ(told_from(1), Told{"bulk 1:2-2"});
}

}  // namespace
}  // namespace odograph::uplink
