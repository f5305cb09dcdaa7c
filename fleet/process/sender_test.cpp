#include "fleet/process/sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/process/fake_broker.h"

namespace odograph::process {
namespace {

using Outcome = kafka::Delivery::Outcome;
using testing::ElementsAre;
using testing::IsEmpty;

class SenderTest : public testing::Test {
 protected:
  void add(const std::string& value) { sender_.add({"topic", "key", value, {}}); }
  void pump(int at_ms) { ASSERT_TRUE(sender_.pump(base::BootTime(base::Millis(at_ms)), base::Millis(0), notes_)); }

  FakeBroker broker_;
  Sender sender_{[this]() -> base::Result<std::unique_ptr<kafka::Producer>> {
    return std::unique_ptr<kafka::Producer>(std::make_unique<FakeProducer>(broker_));
  }};
  std::vector<std::string> notes_;
};

TEST_F(SenderTest, IsEmptyOnlyWhenTheBrokerHasAll) {
  EXPECT_TRUE(sender_.is_empty());
  add("a");
  add("b");
  pump(0);
  EXPECT_FALSE(sender_.is_empty());
  broker_.report(Outcome::kStored);
  pump(1);
  EXPECT_TRUE(sender_.is_empty());
  EXPECT_THAT(broker_.sent, ElementsAre("a", "b"));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(SenderTest, SendsTheRestWhenTheQueueHasRoomAgain) {
  broker_.queue_max = 1;
  add("a");
  add("b");
  pump(0);
  EXPECT_THAT(broker_.sent, ElementsAre("a"));
  broker_.report(Outcome::kStored);
  pump(1);
  pump(2);
  EXPECT_THAT(broker_.sent, ElementsAre("a", "b"));
}

TEST_F(SenderTest, SendsAgainInOrderOnceNothingIsUnderWay) {
  add("a");
  add("b");
  add("c");
  pump(0);
  broker_.reports = {{0, Outcome::kStored, ""}, {1, Outcome::kAgain, "reason"}};
  broker_.unreported = {2};
  pump(1);
  pump(1000);  // "c" is still under way: nothing goes.
  EXPECT_THAT(broker_.sent, ElementsAre("a", "b", "c"));
  broker_.report(Outcome::kAgain);
  pump(1001);
  pump(1100);  // Too soon after the failure.
  EXPECT_EQ(broker_.sent.size(), 3U);
  pump(1300);
  EXPECT_THAT(broker_.sent, ElementsAre("a", "b", "c", "b", "c"));
  EXPECT_EQ(sender_.counts().resends, 2U);
  EXPECT_EQ(broker_.handles, 1);
  broker_.report(Outcome::kStored);
  pump(1301);
  EXPECT_TRUE(sender_.is_empty());
  EXPECT_THAT(notes_, ElementsAre("write to topic: reason; sending it again"));
}

TEST_F(SenderTest, MakesANewHandleAfterAFatalError) {
  add("a");
  pump(0);
  broker_.report(Outcome::kAgain);
  broker_.fatal = true;
  pump(1);
  pump(1000);
  EXPECT_EQ(broker_.handles, 2);
  EXPECT_THAT(broker_.sent, ElementsAre("a", "a"));
}

TEST_F(SenderTest, WaitsLongAfterAPause) {
  add("a");
  pump(0);
  broker_.report(Outcome::kPause);
  pump(1);
  pump(4'900);
  EXPECT_EQ(broker_.sent.size(), 1U);
  pump(5'100);
  EXPECT_EQ(broker_.sent.size(), 2U);
}

TEST_F(SenderTest, GivesUpWhatCanNeverBeTakenAndCountsIt) {
  add("huge");
  add("a");
  pump(0);
  broker_.report(Outcome::kPoison);
  pump(1);
  EXPECT_TRUE(sender_.is_empty());
  EXPECT_EQ(sender_.counts().refused, 2U);
  EXPECT_THAT(notes_, ElementsAre("write to topic: too large; given up", "write to topic: reason; given up"));
}

TEST_F(SenderTest, HasNoRoomBeyondItsBounds) {
  for (std::size_t i = 0; i < Sender::kOutputsMax; ++i) add("a");
  EXPECT_FALSE(sender_.has_room());
  Sender by_bytes([]() -> base::Result<std::unique_ptr<kafka::Producer>> { return base::stop_error("none"); });
  EXPECT_TRUE(by_bytes.has_room());
  by_bytes.add({"topic", "key", std::string(Sender::kBytesMax, 'x'), {}});
  EXPECT_FALSE(by_bytes.has_room());
}

TEST_F(SenderTest, HandsOnThatNoProducerCanBeMade) {
  Sender sender([]() -> base::Result<std::unique_ptr<kafka::Producer>> { return base::stop_error("bad settings"); });
  const auto status = sender.pump({}, base::Millis(0), notes_);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().action, base::Action::kStop);
}

}  // namespace
}  // namespace odograph::process
