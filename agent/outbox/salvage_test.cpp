// Broken files in quarantine: what comes out of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/outbox/database.h"
#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using model::Lane;

/// A new outbox beside a quarantine with `database`.
struct Beside {
  Beside(const OldFile& old, const std::string& database) {
    const fs::path quarantine = dir.path() / "quarantine-1";
    fs::create_directory(quarantine);
    put_bytes(quarantine / "outbox.db", database);
    put_bytes(quarantine / "outbox.known", old.known);
  }
  TempDir dir;
};

const OldFile& small_file() {
  static const OldFile kFile = make_old_file(3, 60, 40);
  return kFile;
}

/// Everything is what it was, and in order; what is missing is told.
void expect_honest(const OldFile& old, const Salvaged& all, const std::string& name) {
  EXPECT_TRUE(all.is_in_order) << name;
  for (const auto& [of, record] : all.records) {
    const auto was = old.records.find(of);
    ASSERT_NE(was, old.records.end()) << name;
    EXPECT_EQ(record, was->second) << name;
  }
  std::size_t untold = 0;
  for (const auto& [of, record] : old.records) untold += all.records.count(of) == 0 && !is_told(all, of) ? 1U : 0U;
  EXPECT_EQ(untold, 0U) << name << ": lost and not told";
}

TEST(Salvage, OfASoundFileIsAllOfItUnderItsOldNames) {
  const OldFile& old = small_file();
  Beside beside(old, old.database);
  Rig rig(beside.dir.path());
  rig.open();
  const Salvaged all = salvage_all(rig);
  expect_honest(old, all, "sound");
  EXPECT_EQ(all.records.size(), old.records.size());
  EXPECT_EQ(all.chunks, old.chunks);
  EXPECT_EQ(all.streams, std::set<std::uint64_t>{old.stream_id});
  EXPECT_TRUE(all.losses.empty());
  ASSERT_EQ(all.boots.size(), 1U);
  EXPECT_EQ(all.boots[0].boot->previous_boot, 3U);
  EXPECT_EQ(all.boots[0].boot->previous_ends.bulk, 2400U);
  EXPECT_FALSE(fs::exists(beside.dir.path() / "quarantine-1"));
  EXPECT_EQ(rig.loop->stats().salvaged_chunks, old.chunks);
  EXPECT_EQ(rig.loop->stats().salvage_lost_records, 0U);
  EXPECT_EQ(rig.loop->stats().cap_bytes, rig.options.cap_bytes);
}

struct PageCase {
  const char* name;
  std::size_t first;  ///< Page, from 0.
  std::size_t count;
  char with;
};

TEST(Salvage, NeedsNeitherTheSchemaNorAnyOtherSinglePage) {
  const PageCase cases[] = {{"HeaderAndSchema", 0, 1, '\0'}, {"HeaderGarbled", 0, 1, '\x5a'}, {"Meta", 1, 1, '\0'},
                            {"Anchors", 2, 1, '\0'},         {"AlertRoot", 4, 1, '\0'},       {"EventRoot", 5, 1, '\0'},
                            {"BulkRoot", 6, 1, '\0'},        {"AllRoots", 0, 7, '\x5a'}};
  const OldFile& old = small_file();
  for (const auto& c : cases) {
    std::string database = old.database;
    database.replace(c.first * kPageBytes, c.count * kPageBytes, c.count * kPageBytes, c.with);
    Beside beside(old, database);
    Rig rig(hasty(beside.dir.path()));
    rig.open();
    const Salvaged all = salvage_all(rig);
    expect_honest(old, all, c.name);
    EXPECT_EQ(all.streams, std::set<std::uint64_t>{old.stream_id}) << c.name;
    // A lane that fits into its root's page is gone with it.
    const auto bulk =
        std::count_if(all.records.begin(), all.records.end(), [](const auto& r) { return r.first[0] == 3; });
    EXPECT_EQ(bulk, 3 * 60 * 40) << c.name;
    EXPECT_FALSE(fs::exists(beside.dir.path() / "quarantine-1")) << c.name;
  }
}

TEST(Salvage, FindsRowsToWhichASignpostNoLongerLeads) {
  constexpr std::size_t kBulkRoot = 6 * kPageBytes;
  constexpr std::uint8_t kInterior = 0x05;
  const OldFile& old = small_file();
  std::string database = old.database;
  ASSERT_EQ(static_cast<std::uint8_t>(database[kBulkRoot]), kInterior);
  // The greatest id below the middle child, made smaller: all that lies there is looked for in the next one.
  const auto byte = [&](std::size_t at) { return std::size_t{static_cast<std::uint8_t>(database[kBulkRoot + at])}; };
  const std::size_t cells = byte(3) << 8 | byte(4);
  const std::size_t pointer = 12 + 2 * (cells / 2);
  const std::size_t cell = byte(pointer) << 8 | byte(pointer + 1);
  database[kBulkRoot + cell + 4] = static_cast<char>(0x80);  // The first byte of the key.
  Beside beside(old, database);
  Rig rig(hasty(beside.dir.path()));
  rig.open();
  const Salvaged all = salvage_all(rig);
  expect_honest(old, all, "signpost");
  EXPECT_EQ(all.records.size(), old.records.size());
}

TEST(Salvage, BringsNothingBackThatWasAcknowledged) {
  // A header that is gone takes the list of free pages with it, and acknowledged rows still lie on those.
  const std::pair<const char*, bool> cases[] = {{"sound", false}, {"header gone", true}};
  for (const auto& [name, header_gone] : cases) {
    TempDir dir;
    std::mt19937_64 dice(7);
    {
      Rig rig(hasty(dir.path()));
      rig.loop->set_anchor({base::Millis{1'700'000'000'000}, model::TimeQuality::kGnss});
      rig.open();
      for (int i = 0; i < 60; ++i) {
        for (int k = 0; k < 40; ++k) rig.push(Lane::kBulk, bulky(dice));
        rig.flush();
      }
      const auto chunks = rig.drain(Lane::kBulk);
      ASSERT_EQ(chunks.size(), 60U);
      rig.handout.ack(id_of(chunks[39]));
      rig.flush();
      rig.loop->finish(rig.now);
    }
    fs::create_directory(dir.path() / "quarantine-1");
    std::string database = bytes_of(dir.path() / "outbox.db");
    if (header_gone) database.replace(0, 512, 512, '\x77');
    put_bytes(dir.path() / "quarantine-1" / "outbox.db", database);
    fs::rename(dir.path() / "outbox.known", dir.path() / "quarantine-1" / "outbox.known");
    fs::remove(dir.path() / "outbox.db");
    Rig rig(hasty(dir.path()));
    rig.open();
    const Salvaged all = salvage_all(rig);
    EXPECT_TRUE(all.losses.empty()) << name;
    EXPECT_EQ(all.records.count(name_of(Lane::kBulk, 1, 1)), 0U) << name;
    EXPECT_EQ(all.records.count(name_of(Lane::kBulk, 1, 1600)), 0U) << name;
    EXPECT_EQ(all.records.count(name_of(Lane::kBulk, 1, 1601)), 1U) << name;
    EXPECT_EQ(all.records.count(name_of(Lane::kBulk, 1, 2400)), 1U) << name;
  }
}

TEST(Salvage, GoesOnAfterACrashWhereItWasAndRepeatsNoMoreThanItsMark) {
  const OldFile& old = small_file();
  Beside beside(old, old.database);
  Salvaged first;
  std::map<Lane, std::uint64_t> last;
  {
    Rig rig(beside.dir.path());
    rig.open();
    std::optional<ChunkId> through;
    for (int i = 0; i < 10; ++i) {
      rig.step_after(kSalvageEvery);
      for (int k = 0; k < 12; ++k) {
        auto chunk = rig.handout.next_salvaged();
        if (!chunk) break;
        take(first, *chunk, last);
        through = ChunkId{chunk->lane, chunk_id(chunk->boot, chunk->chunk_no), chunk->stream_id};
      }
    }
    ASSERT_TRUE(through);
    rig.handout.ack_salvaged(*through);
    rig.step_after(kSalvageMarkEvery);
    rig.step_after(kSalvageMarkEvery);
  }  // No clean end.
  ASSERT_GT(first.chunks, 20U);
  ASSERT_LT(first.chunks, old.chunks);
  Rig rig(beside.dir.path());
  rig.open();
  const Salvaged rest = salvage_all(rig);
  EXPECT_EQ(first.chunks + rest.chunks, old.chunks) << "what was acknowledged is not sent again";
  EXPECT_TRUE(rest.losses.empty()) << "nor told as lost";
  Salvaged both = rest;
  both.records.insert(first.records.begin(), first.records.end());
  EXPECT_EQ(both.records.size(), old.records.size());
}

TEST(Salvage, HandsOutAgainWhatWasNotAcknowledged) {
  const OldFile& old = small_file();
  Beside beside(old, old.database);
  Rig rig(beside.dir.path());
  rig.open();
  for (int i = 0; i < 5; ++i) rig.step_after(kSalvageEvery);
  std::vector<Chunk> before;
  while (auto chunk = rig.handout.next_salvaged()) before.push_back(*chunk);
  ASSERT_GT(before.size(), 10U);
  const Chunk& acked = before[4];
  rig.handout.ack_salvaged({acked.lane, chunk_id(acked.boot, acked.chunk_no), acked.stream_id});
  rig.handout.rewind_salvaged();
  const Salvaged rest = salvage_all(rig);
  EXPECT_EQ(rest.chunks, old.chunks - 5);
  EXPECT_TRUE(rest.is_in_order);
  EXPECT_EQ(rig.loop->stats().salvaged_chunks, old.chunks) << "each is counted once";
}

TEST(Salvage, LeavesIngestAloneAndInsideTheCap) {
  const OldFile& old = small_file();
  Beside beside(old, old.database);
  Options options = Rig::plain(beside.dir.path());
  options.cap_bytes = 8 << 20;
  Rig rig(options);
  rig.open();
  EXPECT_EQ(rig.loop->stats().cap_bytes, (8U << 20) - old.database.size());
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U);
  EXPECT_EQ(rig.loop->stats().quarantines_waiting, 1U);
  static_cast<void>(salvage_all(rig));
  EXPECT_EQ(rig.loop->stats().cap_bytes, 8U << 20);
}

struct DamageCase {
  const char* name;
  Damage damage;
  int trials;
  double mean;  ///< Of the chunks, in percent, at least.
};

/// What an ordered read finds, up to where it ends.
std::size_t ordered_scan(const fs::path& path) {
  std::size_t found = 0;
  auto opened = Database::open(path, "");
  if (std::holds_alternative<Failure>(opened)) return 0;
  auto& database = *std::get<0>(opened);
  if (database.exec("PRAGMA locking_mode=EXCLUSIVE")) return 0;
  for (const auto lane : model::kStoredLanes) {
    Statement select;
    const std::string sql = std::string("SELECT id,payload FROM ") + model::to_string(lane) + " ORDER BY id";
    if (database.prepare(sql.c_str(), select)) continue;
    Query query(select);
    while (query.step() == Query::Step::kRow) found += query.blob_at(1).empty() ? 0U : 1U;
  }
  return found;
}

/// What ./dev durability reads, in percent (tests/powercut/rot.py).
void record_percent(const char* what, double percent) { testing::Test::RecordProperty(what, std::to_string(percent)); }

class RandomDamage : public testing::TestWithParam<DamageCase> {};

TEST_P(RandomDamage, LeavesAtLeastThisShareToSalvage) {
  const DamageCase& c = GetParam();
  // 3 boots of 500 commits with a chunk of some KB each.
  const OldFile old = make_old_file(3, 500, 200);
  double sum = 0;
  double worst = 100;
  double scan_sum = 0;
  double scan_worst = 100;
  for (int seed = 1; seed <= c.trials; ++seed) {
    std::mt19937_64 dice(static_cast<std::uint64_t>(seed));
    Beside beside(old, damaged(old.database, c.damage, dice));
    const double percent_each = 100.0 / static_cast<double>(old.chunks);
    const double scanned =
        percent_each * static_cast<double>(ordered_scan(beside.dir.path() / "quarantine-1" / "outbox.db"));
    scan_sum += scanned;
    scan_worst = std::min(scan_worst, scanned);
    Rig rig(hasty(beside.dir.path()));
    rig.open();
    const Salvaged all = salvage_all(rig);
    expect_honest(old, all, std::string(c.name) + ", seed " + std::to_string(seed));
    const double percent = percent_each * static_cast<double>(all.chunks);
    sum += percent;
    worst = std::min(worst, percent);
  }
  RecordProperty("bytes", static_cast<int>(old.database.size()));
  RecordProperty("chunks", static_cast<int>(old.chunks));
  RecordProperty("trials", c.trials);
  record_percent("mean", sum / c.trials);
  record_percent("least", worst);
  record_percent("scan_mean", scan_sum / c.trials);
  record_percent("scan_least", scan_worst);
  EXPECT_GE(sum / c.trials, c.mean);
  if (c.damage == Damage::kZeroPage || c.damage == Damage::kSector) {
    EXPECT_LT(scan_sum / c.trials, c.mean) << "then an ordered scan would do";
  }
}

INSTANTIATE_TEST_SUITE_P(Salvage, RandomDamage,
                         testing::Values(DamageCase{"OneBit", Damage::kBit, 15, 99.0},
                                         DamageCase{"SectorOfGarbage", Damage::kSector, 15, 99.0},
                                         DamageCase{"ZeroedPage", Damage::kZeroPage, 15, 99.0},
                                         DamageCase{"CutShort", Damage::kCut, 5, 40.0}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace odograph::outbox
