#include "agent/uplink/feeder.h"

#include "agent/uplink/feeder_fixture.h"

namespace odograph::uplink {
namespace {

TEST_F(FeederTest, SendsTheMostUrgentLaneFirst) {
  options_.send_after = {};
  outbox_.add(kBulk, 1, 3);
  outbox_.add(kEvent, 1, 2);
  outbox_.add(kAlert, 1, 1);
  start();
  step();
  EXPECT_EQ(told_from(), Told{"alert 1:1-1"}) << "a flight is of one lane";
  fly();
  EXPECT_EQ(told_from(), (Told{"alert 1:1-1", "event 1:1-2", "bulk 1:1-3"}));
  EXPECT_EQ(handle().sent[0].topic, "raw-data-topic");
  EXPECT_EQ(handle().sent[0].key, "car-1");
}

TEST_F(FeederTest, FillsInIdentityAndTime) {
  options_.send_after = {};
  outbox_.add(kBulk, 5, 2, 3);
  start();
  step();
  const auto batch = wire::decode(handle().sent.at(0).value);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->header, (wire::BatchHeader{"car-1", 7, kBulk, 3, 0}));
  ASSERT_EQ(batch->records.size(), 2U);
  EXPECT_EQ(batch->records[0].utc, base::UtcTime{base::Millis{1'700'000'005'000}});
  EXPECT_EQ(batch->records[0].time_quality, model::TimeQuality::kGnss);
}

TEST_F(FeederTest, AlertsGoAtOnceAndOthersWaitForCompany) {
  start();
  outbox_.add(kAlert, 1, 1);
  outbox_.add(kEvent, 1, 1);
  outbox_.add(kBulk, 1, 1);
  step();
  EXPECT_EQ(told_from(), Told{"alert 1:1-1"});
  fly();
  EXPECT_EQ(feeder_->deadline(), now_ + base::Millis{250});
  outbox_.add(kEvent, 2, 1);
  outbox_.add(kBulk, 2, 1);
  step(base::Millis{249});
  EXPECT_EQ(handle().sent.size(), 1U);
  step(base::Millis{1});
  EXPECT_EQ(told_from(1), Told{"event 1:1-2"});
  fly();
  EXPECT_EQ(feeder_->deadline(), now_ + base::Millis{750});
  step(base::Millis{750});
  EXPECT_EQ(told_from(2), Told{"bulk 1:1-2"});
}

TEST_F(FeederTest, OnlyBulkWaitsLongerForCompany) {
  start();
  feeder_->wait_for_company(std::chrono::seconds{10});
  outbox_.add(kAlert, 1, 1);
  outbox_.add(kEvent, 1, 1);
  outbox_.add(kBulk, 1, 1);
  step();
  fly();
  step(base::Millis{250});
  fly();
  EXPECT_EQ(told_from(), (Told{"alert 1:1-1", "event 1:1-1"}));
  EXPECT_EQ(feeder_->deadline(), now_ + base::Millis{9750});
  step(base::Millis{9749});
  EXPECT_EQ(handle().sent.size(), 2U);
  feeder_->wait_for_company(base::Millis{0});
  step();
  EXPECT_EQ(told_from(2), Told{"bulk 1:1-1"}) << "as configured again";
}

TEST_F(FeederTest, AFullMessageDoesNotWait) {
  options_.message_records_max = 10;
  for (std::uint32_t n = 1; n <= 25; ++n) outbox_.add(kBulk, n, 1);
  start();
  step();
  EXPECT_EQ(told_from(), (Told{"bulk 1:1-10", "bulk 1:11-20"})) << "the rest waits its second";
  fly();
  step(base::Millis{1000});
  EXPECT_EQ(told_from(2), Told{"bulk 1:21-25"});
}

TEST_F(FeederTest, BootsAreNeverMixed) {
  outbox_.add(kBulk, 8, 2, 1);
  outbox_.add(kBulk, 1, 2, 2);
  start();
  step();
  EXPECT_EQ(told_from(), Told{"bulk 1:8-9"}) << "nothing more can come to it";
  fly();
  step(base::Millis{1000});
  EXPECT_EQ(told_from(1), Told{"bulk 2:1-2"});
}

TEST_F(FeederTest, AcknowledgesNothingThatIsNotStored) {
  options_.send_after = {};
  options_.message_records_max = 2;
  for (std::uint32_t n = 1; n <= 6; ++n) outbox_.add(kBulk, n, 1);
  start();
  step();
  ASSERT_EQ(handle().sent.size(), 3U);
  EXPECT_EQ(outbox_.stored(kBulk), 6U);
  // Out of order: the second and third are stored, the first is not.
  for (const std::size_t i : {1U, 2U}) handle().reports.push_back({handle().sent[i].tag, Outcome::kStored, ""});
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 6U);
  handle().reports.push_back({handle().sent[0].tag, Outcome::kStored, ""});
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
  EXPECT_EQ(counts(kBulk).acked_records, 6U);
  EXPECT_EQ(counts(kBulk).sent_records, 6U);
}

TEST_F(FeederTest, AChunkIsAcknowledgedWithItsLastMessage) {
  options_.send_after = {};
  options_.message_records_max = 4;
  outbox_.add(kBulk, 1, 10);
  start();
  step();
  ASSERT_EQ(told_from(), (Told{"bulk 1:1-4", "bulk 1:5-8", "bulk 1:9-10"}));
  handle().report(Outcome::kStored, 2);
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 1U);
  handle().store_all();
  step();
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
}

TEST_F(FeederTest, AnAlertThatComesWhileBulkIsOnItsWayIsNext) {
  options_.send_after = {};
  options_.message_records_max = 1;
  options_.window_bytes_max = 300;
  for (std::uint32_t n = 1; n <= 50; ++n) outbox_.add(kBulk, n, 1);
  start();
  step();
  const std::size_t before = handle().sent.size();
  ASSERT_LT(before, 50U) << "the window is closed";
  EXPECT_FALSE(feeder_->wants_chunks(kBulk)) << "no need to wake for chunks that cannot be sent";
  EXPECT_TRUE(feeder_->wants_chunks(kAlert));
  outbox_.add(kAlert, 1, 1);
  step();
  EXPECT_EQ(handle().sent.size(), before) << "librdkafka has one request on its way";
  EXPECT_EQ(feeder_->deadline(), now_ + options_.watchdog) << "nothing but a report helps";
  handle().store_all();
  step();
  EXPECT_EQ(told_from(before), Told{"alert 1:1-1"}) << "no bulk goes with it";
  fly();
  EXPECT_EQ(handle().sent.size(), 51U);
}

TEST_F(FeederTest, AFlightOfBulkIsHalfOfTheWindow) {
  options_.send_after = {};
  options_.window_bytes_max = 4000;
  for (std::uint32_t n = 1; n <= 6000; n += 300) outbox_.add(kBulk, n, 300);
  start();
  step();
  EXPECT_LE(feeder_->stats().outstanding_bytes, 2000U);
  EXPECT_GE(handle().sent.size(), 2U);
}

TEST_F(FeederTest, TheWindowIsBoundedInSecondsOfThroughput) {
  options_.send_after = {};
  options_.message_records_max = 100;
  for (std::uint32_t n = 1; n <= 500'000; n += 100) outbox_.add(kBulk, n, 100);
  start();
  step();
  EXPECT_LE(feeder_->stats().outstanding_bytes, Window::kFirstBytes);
  // This link takes 5000 bytes a second.
  for (int i = 0; i < 100; ++i) {
    const auto took = static_cast<std::int64_t>(feeder_->stats().outstanding_bytes / 5);
    handle().store_all();
    step(base::Millis{took});
  }
  EXPECT_NEAR(feeder_->stats().bytes_per_s, 5000, 50);
  EXPECT_LE(feeder_->stats().outstanding_bytes, 5000U) << "a second's worth";
  EXPECT_GE(feeder_->stats().outstanding_bytes, 4000U);
}

TEST_F(FeederTest, AChunkThatCannotBeReadIsCountedAndHoldsUpNothing) {
  options_.send_after = {};
  outbox_.add(kBulk, 1, 1);
  outbox::Chunk bad;
  bad.lane = kBulk;
  bad.boot = 1;
  bad.chunk_no = 2;
  bad.first_n = 2;
  bad.count = 1;
  bad.packed.columns = "rubbish";
  outbox_.add(bad);
  start();
  step();
  handle().store_all();
  step();
  EXPECT_EQ(counts(kBulk).corrupt_chunks, 1U);
  EXPECT_EQ(outbox_.stored(kBulk), 0U);
  EXPECT_EQ(told_from(), Told{"bulk 1:1-1"});
}

TEST_F(FeederTest, NothingToDoMeansNoDeadline) {
  start();
  step();
  EXPECT_FALSE(feeder_->deadline());
  EXPECT_TRUE(feeder_->wants_chunks(kBulk));
  EXPECT_EQ(feeder_->stats().held, "");
}

TEST_F(FeederTest, ACleanStopAcknowledgesWhatWasReported) {
  options_.send_after = {};
  options_.message_records_max = 1;
  outbox_.add(kBulk, 1, 1);
  outbox_.add(kBulk, 2, 1);
  start();
  step();
  handle().report(Outcome::kStored, 1);
  outbox_.add(kBulk, 3, 1);
  feeder_->finish(now_);
  EXPECT_EQ(outbox_.stored(kBulk), 2U);
  EXPECT_EQ(handle().sent.size(), 2U) << "nothing more is fed";
  EXPECT_FALSE(handle().alive);
}

TEST_F(FeederTest, SendsAChunkAsTheVehicleThatMadeIt) {
  for (const auto& [boot, vehicle] : {std::pair{1U, "car-0"}, {2U, ""}, {3U, "car-1"}}) {
    outbox::Chunk chunk;
    chunk.stream_id = 7;
    chunk.lane = kBulk;
    chunk.boot = boot;
    chunk.chunk_no = chunk.first_n = chunk.count = 1;
    chunk.vehicle_id = vehicle;
    chunk.packed = wire::pack(records_from(1, 1));
    outbox_.add(std::move(chunk));
  }
  start();
  for (int i = 0; i < 4; ++i) {
    step(base::Millis{2000});
    fly();
  }
  std::vector<std::string> keys;
  for (const auto& sent : handle().sent) {
    keys.push_back(sent.key);
    EXPECT_EQ(wire::decode(sent.value)->header.vehicle_id, sent.key);
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"car-0", "car-1", "car-1"}));
}

}  // namespace
}  // namespace odograph::uplink
