// Clocks that jump by years, both ways: nothing expires, and no number comes twice.
#include <gtest/gtest.h>

#include "agent/outbox/database.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;
using model::TimeQuality;

constexpr std::int64_t kYear = 31'556'952'000;
constexpr std::int64_t kNow = 1'790'000'000'000;

TEST(Clock, AnchorsThatJumpByYearsExpireNothingAndReorderNothing) {
  TempDir dir;
  const std::int64_t offsets[] = {0, kNow, kNow + 10 * kYear, kNow - 20 * kYear, -5 * kYear, kNow};
  std::int32_t made = 0;
  for (const std::int64_t offset : offsets) {
    Rig rig(dir.path());
    rig.now = at(1000);  // CLOCK_BOOTTIME begins anew with every boot.
    rig.open();
    for (const auto quality : {TimeQuality::kRtc, TimeQuality::kNtp, TimeQuality::kGnss}) {
      const std::int64_t jump = quality == TimeQuality::kNtp ? 10 * kYear : 0;
      rig.loop->set_anchor({Millis{offset + jump}, quality});
      for (int i = 0; i < 10; ++i) {
        rig.push(Lane::kBulk, numbered(made++));
        rig.step_after(Millis{1000});
      }
      rig.now += std::chrono::hours{100};
      rig.flush();
    }
    EXPECT_EQ(rig.stats(Lane::kBulk).evicted, 0U);
    EXPECT_EQ(rig.stats(Lane::kBulk).stored, static_cast<std::uint64_t>(made));
  }
  Rig rig(dir.path());
  rig.open();
  std::uint64_t last = 0;
  std::int32_t want = 0;
  for (const Chunk& chunk : rig.drain(Lane::kBulk)) {
    const std::uint64_t id = chunk_id(chunk.boot, chunk.chunk_no);
    EXPECT_GT(id, last);
    last = id;
    for (const auto& record : records_of(chunk)) EXPECT_EQ(record.alt_cm, want++);
  }
  EXPECT_EQ(want, made);
}

TEST(Clock, CommitsGoByTheStorageThreadsTimeWhateverThePipelinesDoes) {
  TempDir dir;
  Rig rig(dir.path());
  rig.open();
  rig.flush();
  for (const std::int64_t pipeline : {kNow, std::int64_t{5}, kNow + 10 * kYear, std::int64_t{0}}) {
    auto record = numbered(1);
    record.boot_time = at(pipeline);
    record.utc = base::UtcTime{Millis{pipeline - 10 * kYear}};
    const auto before = rig.stats(Lane::kBulk).durable;
    rig.push(Lane::kBulk, record);
    rig.step_after(rig.options.commit_after[2] - Millis{1});
    EXPECT_EQ(rig.stats(Lane::kBulk).durable, before) << pipeline;
    rig.step_after(Millis{1});
    EXPECT_EQ(rig.stats(Lane::kBulk).durable, before + 1) << pipeline;
  }
  EXPECT_EQ(records_of(rig.drain(Lane::kBulk)).size(), 4U);
}

TEST(Clock, BootsAreCountedNotDated) {
  TempDir dir;
  base::VirtualClock clock;
  for (std::uint32_t boot = 1; boot <= 4; ++boot) {
    // 2080, 1970, 2080, 1970; trusted by the kernel or not.
    const auto utc = base::UtcTime{Millis{boot % 2 == 1 ? 110 * kYear : 0}};
    clock.set_utc(base::SystemUtc{utc, boot > 2});
    const auto outbox = Outbox::start(Rig::plain(dir.path()), clock, Outbox::OnTrouble::kFail);
    ASSERT_TRUE(outbox);
    EXPECT_EQ((*outbox)->stats().boot, boot);
  }
}

struct BootCase {
  const char* name;
  const char* sql;
  std::uint32_t boot;  ///< Of the next opening.
  std::uint64_t quarantines;
};

TEST(Clock, ABootNumberThatRotMadeSmallerGivesNoIdTwice) {
  const BootCase cases[] = {
      {"AsItWas", "SELECT 1", 4, 0},
      {"Smaller", "UPDATE meta SET v=1 WHERE k='boot'", 4, 0},
      {"Gone", "DELETE FROM meta WHERE k='boot'", 4, 0},
      {"Greater", "UPDATE meta SET v=v+1024 WHERE k='boot'", 1028, 0},
      {"BeyondAll", "UPDATE meta SET v=v+(1<<31) WHERE k='boot'", 1, 1},
      {"Negative", "UPDATE meta SET v=-v-(1<<40) WHERE k='boot'", 4, 0},
  };
  for (const auto& c : cases) {
    TempDir dir;
    for (int boot = 0; boot < 3; ++boot) {
      Rig rig(dir.path());
      rig.open();
      rig.push(Lane::kBulk, numbered(boot));
      rig.loop->finish(rig.now);
    }
    {
      auto opened = Database::open(dir.path() / "outbox.db", "");
      auto& file = *std::get<0>(opened);
      EXPECT_FALSE(file.exec("PRAGMA locking_mode=EXCLUSIVE"));
      EXPECT_FALSE(file.exec(c.sql)) << c.name;
    }
    Rig rig(dir.path());
    rig.open();
    EXPECT_EQ(rig.loop->stats().boot, c.boot) << c.name;
    EXPECT_EQ(rig.loop->stats().quarantines, c.quarantines) << c.name;
  }
}

}  // namespace
}  // namespace odograph::outbox
