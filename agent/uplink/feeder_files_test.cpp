#include "agent/uplink/feeder.h"
#include "agent/uplink/feeder_fixture.h"

namespace odograph::uplink {
namespace {

class FeederFiles : public FeederTest {
 protected:
  FeederFiles() {
    options_.send_after = {};
    options_.message_records_max = 1;
    outbox_.add(kBulk, 1, 1);
    start();
    step();
  }
};

TEST_F(FeederFiles, OthersMakeANewHandleOnceNothingIsOutstanding) {
  ASSERT_EQ(handle().sent.size(), 1U);
  handle().link.outdated = true;
  handle().link.files = "the certificate files are others";
  step();
  step();
  EXPECT_EQ(handles_.size(), 1U) << "what is on its way gets its time";
  EXPECT_EQ(feeder_->stats().held, "reconnecting with other certificate files: the certificate files are others");
  outbox_.add(kBulk, 2, 1);
  handle().store_all();
  step();
  step();
  ASSERT_EQ(handles_.size(), 2U) << "without a wait";
  EXPECT_FALSE(handles_.front()->alive);
  EXPECT_EQ(told_from(), Told{"bulk 1:2-2"}) << "and nothing twice";
  EXPECT_EQ(counts(kBulk).redelivered_records, 0U);
  EXPECT_EQ(feeder_->stats().last_error, "") << "a renewal is no error";
  EXPECT_EQ(feeder_->stats().trouble, Trouble::kNone);
}

TEST_F(FeederFiles, WhatABrokerThatIsAwayHoldsUpIsSentByTheNewHandle) {
  handle().link.outdated = true;
  step();
  step(options_.drain_max);
  EXPECT_EQ(handle().purges, 1);
  step(options_.restart.max);
  ASSERT_EQ(handles_.size(), 2U);
  EXPECT_EQ(told_from(), Told{"bulk 1:1-1"});
}

TEST_F(FeederFiles, ThatCannotServeAreToldOnceAndTheHandleStays) {
  handle().link.files = "cannot serve";
  step();
  step();
  EXPECT_EQ(log_, std::vector<std::string>({"uplink: connected", "uplink: cannot serve"}));
  handle().link.files = "cannot serve either";
  step();
  EXPECT_EQ(log_.size(), 3U);
  handle().link.files.clear();
  step();
  EXPECT_EQ(log_.size(), 3U);
  EXPECT_EQ(handles_.size(), 1U);
  EXPECT_TRUE(handles_.front()->alive);
}

TEST_F(FeederFiles, ThatAreGoneEndTheHandleAndKeepTheRecords) {
  outbox_.add(kBulk, 2, 1);
  handle().store_all();
  handle().link.outdated = true;
  handle().link.files = "kafka.cert_file car.pem was taken away";
  refuse_handles_ = true;
  step();
  step();
  step(options_.drain_max);
  step();
  EXPECT_FALSE(handles_.front()->alive);
  EXPECT_EQ(handles_.size(), 1U);
  EXPECT_EQ(outbox_.stored(kBulk), 1U);
  EXPECT_EQ(feeder_->stats().last_error, "certificate gone");
  refuse_handles_ = false;
  step(options_.restart.max);
  ASSERT_EQ(handles_.size(), 2U);
  EXPECT_EQ(told_from(), Told{"bulk 1:2-2"});
}

}  // namespace
}  // namespace odograph::uplink
