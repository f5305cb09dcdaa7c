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

/// Of a vehicle, which is no recording, with a bulk that is committed seldom.
Options seldom(const std::filesystem::path& directory) {
  Options options = Rig::plain(directory);
  options.source_key = "";
  options.commit_after[index_of(Lane::kBulk)] = std::chrono::minutes{10};
  return options;
}

TEST(InRingSince, TellsOfBulkThatIsNotCommittedYet) {
  TempDir dir;
  Rig rig(seldom(dir.path()));
  rig.open();
  rig.push(Lane::kEvent, numbered(1));
  rig.flush();
  rig.now += Millis{60'000};
  rig.push(Lane::kBulk, numbered(2));
  rig.step_after(Millis{30'000});
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 1U);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring_since, std::nullopt) << "the time is not known";
  rig.loop->set_anchor(kGnss);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring_since, base::UtcTime{kGnss.offset + Millis{60'000}});
  EXPECT_EQ(rig.stats(Lane::kEvent).in_ring_since, std::nullopt) << "nothing of it waits in the ring";
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring_since, std::nullopt);
}

TEST(InRingSince, IsOfWhatTheMediumRefusesToo) {
  TempDir dir;
  Rig rig(seldom(dir.path()));
  rig.open();
  rig.loop->set_anchor(kGnss);
  rig.flush();
  rig.push(Lane::kBulk, numbered(1));
  const FailingWrites failing(ENOSPC);
  rig.step_after(Millis{600'000});
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring_since, base::UtcTime{kGnss.offset});
}

TEST(InRingSince, IsPartOfTheOldestThatWaits) {
  TempDir dir;
  Rig rig(seldom(dir.path()));
  rig.open();
  rig.loop->set_anchor(kGnss);
  rig.flush();
  for (const auto& chunk : rig.drain(Lane::kEvent)) rig.handout.ack(id_of(chunk));
  rig.flush();
  rig.step_after(Millis{1'000});
  EXPECT_EQ(rig.loop->stats().oldest_utc, std::nullopt);
  rig.push(Lane::kBulk, numbered(7'000));
  rig.step_after(Millis{2'000});
  rig.push(Lane::kAlert, numbered(10'000));
  rig.step_after(Millis{20});
  EXPECT_EQ(rig.stats(Lane::kAlert).stored, 1U);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 1U);
  EXPECT_EQ(rig.loop->stats().oldest_utc, base::UtcTime{kGnss.offset + Millis{1'000}}) << "not the alert, of 11 s";
}

TEST(InRingSince, IsUntoldOfARecordingWhoseTimeIsAnother) {
  TempDir dir;
  Options options = seldom(dir.path());
  options.source_key = "file";
  Rig rig(options);
  rig.open();
  rig.loop->set_anchor(kGnss);
  rig.push(Lane::kBulk, numbered(1));
  rig.step_after(Millis{1'000});
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 1U);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring_since, std::nullopt);
}

TEST_F(DurableLag, IsNeverNegative) {
  rig_.push(Lane::kBulk, numbered(1));
  EXPECT_EQ(rig_.loop->stats(rig_.now - Millis{1}).durable_lag, Millis{0});
}

}  // namespace
}  // namespace odograph::outbox
