// A file that fills: packed anew, thinned, then dropped from the oldest end, and every record accounted for.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "agent/outbox/database.h"
#include "agent/outbox/outbox_fixture.h"
#include "agent/outbox/rewrite.h"
#include "agent/outbox/thin_plan.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;
using model::LossReason;

constexpr std::uint64_t kCap = 512 << 10;

/// A rig whose file is small and whose vehicle drives.
struct FullRig : Rig {
  explicit FullRig(const std::filesystem::path& directory) : Rig(small(directory)) { loop->set_anchor(kGnss); }
  static Options small(const std::filesystem::path& directory) {
    Options options = plain(directory);
    options.cap_bytes = kCap;
    options.file.synchronous = Synchronous::kOff;  // Thousands of commits; nothing here cuts the power.
    return options;
  }
  /// One record a second, which compresses as records do.
  static model::Record drive(std::int32_t second) {
    auto record = numbered(second);
    record.boot_time = at(std::int64_t{second} * 1000);
    const double angle = second * 0.01;
    record.position = model::Position{523'000'000 + static_cast<std::int32_t>(100'000 * std::sin(angle)),
                                      134'000'000 + static_cast<std::int32_t>(100'000 * std::sin(angle * 1.7))};
    record.speed_cmps = static_cast<std::int32_t>(base::random_u64() % 3000);
    return record;
  }
  double use_percent() const { return static_cast<double>(loop->stats().used_bytes) * 100 / kCap; }
  void commit_bulk(int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(push(Lane::kBulk, drive(made++)));
    flush();
  }
  /// Chunks of `chunk` records until `percent` of the file are in use or thinning has begun to work.
  void fill_to(double percent, int chunk) {
    while (use_percent() < percent) commit_bulk(chunk);
  }
  /// Lets the time go by until no thinning is due.
  void thin_all() {
    for (int i = 0; i < 200; ++i) step_after(kThinEvery);
  }
  std::int32_t made = 0;
};

struct Account {
  std::map<std::uint32_t, model::Record> came;
  std::map<LossReason, std::uint64_t> lost;
  std::int32_t error_m = 0;
};

/// Everything that is left comes: each number is there or in the range of a loss record, and the counts are right.
Account settle(FullRig& rig) {
  Account account;
  std::vector<bool> told(static_cast<std::size_t>(rig.made) + 1, false);
  for (const auto& loss : losses_of(rig.drain(Lane::kEvent))) {
    EXPECT_EQ(loss.lane, Lane::kBulk);
    account.lost[loss.reason] += loss.count;
    account.error_m = std::max(account.error_m, loss.error_m);
    EXPECT_LE(loss.count, loss.last_n - loss.first_n + 1);
    EXPECT_GE(loss.first_ago, loss.last_ago);
    for (std::uint32_t n = loss.first_n; n <= loss.last_n; ++n) told.at(n) = true;
  }
  std::uint32_t last = 0;
  for (auto& record : records_of(rig.drain(Lane::kBulk))) {
    EXPECT_GT(record.n, last);
    last = record.n;
    account.came.emplace(record.n, std::move(record));
  }
  std::uint64_t missing = 0;
  for (std::uint32_t n = 1; n < told.size(); ++n) {
    if (account.came.contains(n)) continue;
    ++missing;
    EXPECT_TRUE(told[n]) << n << " is gone and nobody says so";
  }
  std::uint64_t counted = 0;
  for (const auto& [reason, count] : account.lost) counted += count;
  EXPECT_EQ(counted, missing);
  const auto bulk = rig.stats(Lane::kBulk);
  EXPECT_EQ(bulk.evicted + bulk.thinned, counted);
  EXPECT_EQ(bulk.stored, account.came.size());
  EXPECT_EQ(bulk.stored + bulk.evicted + bulk.thinned, bulk.durable);
  return account;
}

TEST(Thinning, DoesNothingBelowItsMark) {
  TempDir dir;
  FullRig rig(dir.path());
  rig.open();
  rig.fill_to(70, 1);
  const auto commits = rig.loop->stats().commits;
  EXPECT_GT(rig.loop->step(rig.now), rig.now + kThinEvery) << "nothing to wait for but the search for rot";
  EXPECT_EQ(rig.loop->stats().commits, commits);
  EXPECT_TRUE(settle(rig).lost.empty());
}

TEST(Thinning, PacksSmallChunksTogetherAndLosesNothing) {
  TempDir dir;
  FullRig rig(dir.path());
  rig.open();
  rig.fill_to(74, 1);
  const auto fitted = rig.made;
  while (rig.made < fitted * 2) {
    rig.now += Millis{100};
    rig.commit_bulk(1);
  }
  EXPECT_LT(rig.use_percent(), 80);
  const auto account = settle(rig);
  EXPECT_TRUE(account.lost.empty());
  EXPECT_EQ(account.came.size(), static_cast<std::size_t>(rig.made));
}

TEST(Thinning, KeepsTheTrackOfTheOldestHalfWithinTheToldError) {
  TempDir dir;
  FullRig rig(dir.path());
  rig.open();
  rig.fill_to(75, 300);
  EXPECT_EQ(rig.loop->step(rig.now), rig.now + kThinEvery);
  rig.thin_all();
  EXPECT_LT(rig.use_percent(), kThinOnceFromPercent);
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
  const auto account = settle(rig);
  EXPECT_GT(account.lost.at(LossReason::kThinned), 0U);
  EXPECT_FALSE(account.lost.contains(LossReason::kEvictedSpace));
  EXPECT_GT(account.error_m, 0);
  EXPECT_LT(account.error_m, 1000);
  EXPECT_TRUE(account.came.contains(static_cast<std::uint32_t>(rig.made))) << "the newest half stays whole";
  for (std::int32_t second = 0; second < rig.made; ++second) {
    const auto after = account.came.lower_bound(static_cast<std::uint32_t>(second + 1));
    const auto before = after->first == static_cast<std::uint32_t>(second + 1) ? after : std::prev(after);
    const double span = after->first - before->first;
    const double part = span > 0 ? (second + 1 - static_cast<double>(before->first)) / span : 0;
    const model::Position a = *before->second.position;
    const model::Position b = *after->second.position;
    const model::Position was = *FullRig::drive(second).position;
    const double north = (a.lat_e7 + part * (b.lat_e7 - a.lat_e7) - was.lat_e7) * 0.0111195;
    const double east =
        (a.lon_e7 + part * (b.lon_e7 - a.lon_e7) - was.lon_e7) * 0.0111195 * std::cos(52.3 * M_PI / 180);
    ASSERT_LE(std::hypot(north, east), account.error_m) << second;
  }
}

TEST(Thinning, GoesBeforeDroppingAndEverythingIsAccountedFor) {
  for (const int chunk : {100, 500}) {
    TempDir dir;
    FullRig rig(dir.path());
    rig.open();
    for (int i = 0; i < 10; ++i) rig.push(Lane::kAlert, numbered(i));
    while (rig.stats(Lane::kBulk).evicted < 500) {
      rig.commit_bulk(chunk);
      rig.now += Millis{100};
      ASSERT_LE(rig.loop->stats().used_bytes, kCap);
      if (rig.stats(Lane::kBulk).thinned == 0) ASSERT_EQ(rig.stats(Lane::kBulk).evicted, 0U);
    }
    EXPECT_EQ(rig.loop->stats().state, State::kFull);
    EXPECT_EQ(rig.stats(Lane::kAlert).stored, 10U);
    const auto account = settle(rig);
    EXPECT_TRUE(account.came.contains(1)) << "what waits in the queue is neither thinned nor dropped";
  }
}

/// What cannot be thinned: more of each lane than it may keep, all the time.
TEST(Eviction, NoAlertGoesWhileThereIsBulk) {
  TempDir dir;
  // Without an anchor nothing is on its way to the uplink, so that everything may go.
  Rig rig(FullRig::small(dir.path()));
  rig.open();
  std::int32_t serial = 0;
  const auto push = [&](Lane lane, int count) {
    for (int i = 0; i < count; ++i) {
      auto record = noisy(++serial);
      record.reason = model::reason::kFixChange;
      rig.push(lane, std::move(record));
    }
  };
  std::uint64_t alerts_gone = 0;
  for (int i = 0; i < 400; ++i) {
    if (i < 200) push(Lane::kBulk, 200);
    push(Lane::kEvent, 100);
    push(Lane::kAlert, 100);
    rig.flush();
    const auto gone = rig.stats(Lane::kAlert).evicted;
    if (gone > alerts_gone) ASSERT_LE(rig.stats(Lane::kBulk).stored, 200U) << "but for what came with it, " << i;
    alerts_gone = gone;
    ASSERT_LE(rig.loop->stats().used_bytes, kCap);
  }
  EXPECT_GT(rig.stats(Lane::kBulk).evicted, 0U);
  EXPECT_GT(rig.stats(Lane::kEvent).evicted, 0U);
  EXPECT_GT(alerts_gone, 0U) << "the guard was never needed";
}

TEST(Thinning, LeavesAloneWhatIsOnItsWay) {
  TempDir dir;
  FullRig rig(dir.path());
  rig.open();
  rig.fill_to(60, 300);
  std::vector<Chunk> handed;
  for (int i = 0; i < 30; ++i) handed.push_back(*rig.handout.next(Lane::kBulk));
  rig.fill_to(76, 300);
  rig.thin_all();
  EXPECT_GT(rig.stats(Lane::kBulk).thinned, 0U);
  rig.handout.rewind(Lane::kBulk);
  rig.loop->step(rig.now);
  const auto again = rig.drain(Lane::kBulk);
  for (std::size_t i = 0; i < handed.size(); ++i) {
    EXPECT_EQ(again[i].chunk_no, handed[i].chunk_no);
    EXPECT_EQ(again[i].packed.columns, handed[i].packed.columns);
  }
}

TEST(Thinning, WaitsForAnAlertAndIsBackAfterIt) {
  TempDir dir;
  FullRig rig(dir.path());
  rig.open();
  rig.fill_to(75, 1);
  rig.now += kThinEvery;
  const auto before = rig.stats(Lane::kBulk).stored;
  const auto commits = rig.loop->stats().commits;
  rig.push(Lane::kAlert, numbered(1));
  EXPECT_LE(rig.loop->step(rig.now), rig.now + Millis{20}) << "the alert's own time";
  EXPECT_EQ(rig.loop->stats().commits, commits);
  rig.step_after(Millis{20});
  EXPECT_EQ(rig.stats(Lane::kAlert).stored, 1U);
  rig.thin_all();
  EXPECT_LT(rig.use_percent(), kThinOnceFromPercent);
  EXPECT_EQ(rig.stats(Lane::kBulk).stored, before);
}

TEST(Thinning, RestsWhereNothingCanBeMadeSmaller) {
  TempDir dir;
  FullRig rig(dir.path());
  rig.open();
  for (std::int32_t i = 0; rig.use_percent() < 76; ++i) {
    auto event = numbered(i);
    event.event = model::RuleEvent{};
    event.event->scope = base::to_hex16(base::random_u64());
    rig.push(Lane::kBulk, event);
    if (i % 500 == 499) rig.flush();
  }
  rig.thin_all();
  EXPECT_EQ(rig.stats(Lane::kBulk).thinned, 0U);
  const auto commits = rig.loop->stats().commits;
  const auto wake = rig.loop->step(rig.now);
  ASSERT_TRUE(wake);
  EXPECT_GT(*wake, rig.now + Millis{5000});
  EXPECT_EQ(rig.loop->stats().commits, commits);
}

TEST(Thinning, TheEndOfABootIsKnownAfterItsRowsWereThinned) {
  TempDir dir;
  std::int32_t made = 0;
  {
    FullRig rig(dir.path());
    rig.open();
    rig.fill_to(76, 300);
    rig.thin_all();
    EXPECT_GT(rig.stats(Lane::kBulk).thinned, 0U);
    made = rig.made;
  }
  FullRig rig(dir.path());
  rig.open();
  rig.flush();
  for (const auto& record : records_of(rig.drain(Lane::kEvent))) {
    if (record.boot && record.boot->previous_boot == 1) {
      EXPECT_EQ(record.boot->previous_ends.bulk, static_cast<std::uint32_t>(made));
    }
  }
}

}  // namespace
}  // namespace odograph::outbox
