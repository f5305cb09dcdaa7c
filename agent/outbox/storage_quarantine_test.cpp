// Files that cannot be used as they are: whose they are, and where they go.
#include <gtest/gtest.h>

#include "agent/outbox/database.h"
#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

namespace fs = std::filesystem;
using base::Millis;
using model::Lane;

constexpr Anchor kGnss{Millis{1'700'000'000'000}, model::TimeQuality::kGnss};

/// A directory with a file of ours that holds 100 chunks; its stream.
std::uint64_t fill(const fs::path& dir) {
  Rig rig(hasty(dir));
  rig.loop->set_anchor(kGnss);
  rig.open();
  for (int i = 0; i < 100; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.flush();
  }
  rig.loop->finish(rig.now);
  return rig.loop->stats().stream_id;
}

void change(const fs::path& path, const std::function<void(std::string&)>& how) {
  std::string bytes = bytes_of(path);
  how(bytes);
  put_bytes(path, bytes);
}

struct GarbledCase {
  const char* name;
  std::function<void(std::string&)> how;
};

const GarbledCase kGarbled[] = {
    {"MagicBit", [](std::string& file) { file[3] = 'm'; }},
    {"HeaderZeroed", [](std::string& file) { file.replace(0, 100, 100, '\0'); }},
    {"FirstSectorGarbage", [](std::string& file) { file.replace(0, 512, 512, '\xa7'); }},
    {"ApplicationIdBit", [](std::string& file) { file[70] = static_cast<char>(file[70] ^ 4); }},
    {"ApplicationIdZeroed", [](std::string& file) { file.replace(68, 4, 4, '\0'); }},
    {"SchemaGarbage", [](std::string& file) { file.replace(100, 3000, 3000, '\x5a'); }},
    {"CutShort", [](std::string& file) { file.resize(file.size() - 2 * kPageBytes); }},
    {"BulkRootZeroed", [](std::string& file) { file.replace(6 * kPageBytes, kPageBytes, kPageBytes, '\0'); }},
};

TEST(Quarantine, TakesAGarbledFileOfOursAndIngestGoesOnAndItIsSalvaged) {
  for (const auto& c : kGarbled) {
    TempDir dir;
    const std::uint64_t stream = fill(dir.path());
    // What the WAL has of a page would be read instead of the page.
    fs::resize_file(dir.path() / "outbox.db-wal", 0);
    change(dir.path() / "outbox.db", c.how);
    Rig rig(dir.path());
    rig.open();
    EXPECT_TRUE(fs::exists(dir.path() / "quarantine-1" / "outbox.db")) << c.name;
    auto stats = rig.loop->stats();
    EXPECT_NE(stats.stream_id, stream) << c.name;
    EXPECT_EQ(stats.state, State::kOk) << c.name;
    EXPECT_EQ(stats.quarantines, 1U) << c.name;
    EXPECT_EQ(stats.quarantines_waiting, 1U) << c.name;
    rig.push(Lane::kBulk, numbered(1));
    rig.flush();
    EXPECT_EQ(rig.stats(Lane::kBulk).durable, 1U) << c.name;
    const Salvaged all = salvage_all(rig);
    EXPECT_EQ(all.streams, std::set<std::uint64_t>{stream}) << c.name;
    for (std::uint32_t n = 1; n <= 100; ++n) {
      const Name name = name_of(Lane::kBulk, 1, n);
      EXPECT_TRUE(all.records.count(name) == 1 || is_told(all, name)) << c.name << " " << n;
    }
    stats = rig.loop->stats();
    EXPECT_EQ(stats.quarantines_waiting, 0U) << c.name;
    EXPECT_GT(stats.salvaged_records, 0U) << c.name;
    EXPECT_FALSE(fs::exists(dir.path() / "quarantine-1")) << c.name;
  }
}

TEST(Quarantine, TakesWhatIsNoDatabaseAndHasNothingToSayOfIt) {
  TempDir dir;
  std::ofstream(dir.path() / "outbox.db") << std::string(8192, 'x');
  Rig rig(dir.path());
  rig.open();
  EXPECT_EQ(rig.loop->stats().quarantines_waiting, 1U);
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(rig.loop->stats().quarantines_waiting, 0U);
  EXPECT_TRUE(all.records.empty());
}

TEST(Quarantine, ForeignFilesAreRefusedAtTheStartAndLeftAloneForEverWhileIngestGoesOnInMemory) {
  const std::pair<const char*, const char*> cases[] = {
      {"CREATE TABLE theirs(x)", "another program"},
      {"PRAGMA application_id=7", "another program"},
      {"CREATE TABLE bulk(id INTEGER PRIMARY KEY)", "another program"},
  };
  for (const auto& [sql, says] : cases) {
    TempDir dir;
    {
      auto opened = Database::open(dir.path() / "outbox.db", "");
      EXPECT_FALSE(std::get<0>(opened)->exec(sql));
    }
    const std::string before = bytes_of(dir.path() / "outbox.db");
    EXPECT_FALSE(Outbox::start(Rig::plain(dir.path()), base::RealClock(), Outbox::OnTrouble::kFail)) << sql;
    Rig rig(dir.path());
    EXPECT_TRUE(rig.loop->open(rig.now)) << sql;
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(rig.push(Lane::kBulk, numbered(i))) << sql;
      rig.step_after(kReopenAfter);
    }
    EXPECT_EQ(rig.loop->stats().state, State::kDegradedRam) << sql;
    EXPECT_NE(rig.loop->stats().trouble.find(says), std::string::npos) << rig.loop->stats().trouble;
    EXPECT_TRUE(bytes_of(dir.path() / "outbox.db") == before) << sql;
    EXPECT_FALSE(fs::exists(dir.path() / "quarantine-1")) << sql;
    // Somebody takes it away.
    fs::rename(dir.path() / "outbox.db", dir.path() / "theirs.db");
    rig.step_after(kReopenAfter);
    rig.flush();
    EXPECT_EQ(rig.stats(Lane::kBulk).durable, 5U) << sql;
  }
}

TEST(Quarantine, OfARunningFileTellsWhatItKnewOfIt) {
  TempDir dir;
  Rig rig(dir.path());
  rig.loop->set_anchor(kGnss);
  rig.open();
  for (int i = 0; i < 100; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.flush();
  }
  const auto chunks = rig.drain(Lane::kBulk);
  ASSERT_EQ(chunks.size(), 100U);
  rig.handout.ack(id_of(chunks[9]));
  const std::uint64_t stream = rig.loop->stats().stream_id;
  // Seen by the next opening: what was committed is cached, and what is on the medium is not what it was.
  rig.step_after(Millis{1000});
  rig.loop->finish(rig.now);
  change(dir.path() / "outbox.db", [](std::string& file) { file.replace(0, 8 * kPageBytes, 8 * kPageBytes, '\x11'); });
  rig.open();
  EXPECT_EQ(rig.loop->stats().quarantines, 1U);
  EXPECT_EQ(rig.loop->stats().boot, 2U) << "ids ascend within a process";
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(all.streams, std::set<std::uint64_t>{stream});
  for (std::uint32_t n = 11; n <= 100; ++n) {
    const Name name = name_of(Lane::kBulk, 1, n);
    EXPECT_TRUE(all.records.count(name) == 1 || is_told(all, name)) << n;
  }
  ASSERT_EQ(all.boots.size(), 1U);
  EXPECT_EQ(all.boots[0].boot->previous_ends.bulk, 100U) << "known, though not to be read any more";
}

TEST(Quarantine, HappensWhileRunningAndLosesNothingThatWasAcceptedMeanwhile) {
  TempDir dir;
  Rig rig(hasty(dir.path()));
  rig.loop->set_anchor(kGnss);
  rig.open();
  const std::uint64_t stream = rig.loop->stats().stream_id;
  std::mt19937_64 dice(5);
  for (int i = 0; i < 600; ++i) {
    for (int k = 0; k < 300; ++k) rig.push(Lane::kBulk, bulky(dice));
    rig.flush();
  }
  // More than SQLite caches; about every second page from the third part on.
  {
    std::fstream file(dir.path() / "outbox.db", std::ios::in | std::ios::out | std::ios::binary);
    const auto pages = fs::file_size(dir.path() / "outbox.db") / kPageBytes;
    for (auto page = pages / 3; page < pages; page += 1 + dice() % 3) {
      file.seekp(static_cast<std::streamoff>(page * kPageBytes));
      file << std::string(kPageBytes, '\0');
    }
  }
  std::size_t handed = 0;
  for (int i = 0; i < 200 && rig.loop->stats().quarantines == 0; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.step_after(Millis{1000});
    while (rig.handout.next(Lane::kBulk)) ++handed;
  }
  EXPECT_EQ(rig.loop->stats().quarantines, 1U);
  rig.flush();
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
  EXPECT_EQ(rig.stats(Lane::kBulk).ring_full, 0U);
  EXPECT_EQ(rig.stats(Lane::kBulk).in_ring, 0U);
  const Salvaged all = salvage_all(rig);
  EXPECT_EQ(all.streams, std::set<std::uint64_t>{stream});
  EXPECT_TRUE(all.is_in_order);
  for (std::uint32_t n = 1; n <= 180'000; ++n) {
    const Name name = name_of(Lane::kBulk, 1, n);
    ASSERT_TRUE(all.records.count(name) == 1 || is_told(all, name)) << n;
  }
}

TEST(Quarantine, KeepsTheNewestTwoAndLeavesTheFileInUseItsRoom) {
  TempDir dir;
  for (int i = 1; i <= 4; ++i) {
    put_bytes(dir.path() / "outbox.db", std::string(1000, 'x'));
    const auto moved = quarantine(dir.path(), {.stream_id = 5, .lanes = {}}, {}, 8000);
    ASSERT_TRUE(std::holds_alternative<fs::path>(moved));
    EXPECT_EQ(std::get<fs::path>(moved), dir.path() / ("quarantine-" + std::to_string(i)));
  }
  EXPECT_EQ(find_quarantines(dir.path()).paths,
            (std::vector<fs::path>{dir.path() / "quarantine-3", dir.path() / "quarantine-4"}));
  put_bytes(dir.path() / "outbox.db", std::string(6500, 'x'));
  static_cast<void>(quarantine(dir.path(), {}, {}, 8000));
  EXPECT_EQ(find_quarantines(dir.path()).paths, std::vector<fs::path>{dir.path() / "quarantine-5"});
  EXPECT_EQ(cap_beside(8000, 0), 8000U);
  EXPECT_EQ(cap_beside(8000, 3000), 5000U);
  EXPECT_EQ(cap_beside(8000, 7900), 1000U);
  EXPECT_EQ(cap_beside(8000, 80'000), 1000U);
}

TEST(Quarantine, AFileOfThatNameIsNoneAndIsLeftAlone) {
  TempDir dir;
  put_bytes(dir.path() / "quarantine-1", "mine");
  EXPECT_TRUE(find_quarantines(dir.path()).paths.empty());
  put_bytes(dir.path() / "outbox.db", "broken");
  const auto moved = quarantine(dir.path(), {}, {}, 8000);
  ASSERT_TRUE(std::holds_alternative<fs::path>(moved));
  EXPECT_EQ(std::get<fs::path>(moved), dir.path() / "quarantine-2");
  EXPECT_EQ(find_quarantines(dir.path()).paths, std::vector<fs::path>{dir.path() / "quarantine-2"});
  Rig rig(dir.path());
  rig.open();
  static_cast<void>(salvage_all(rig));
  EXPECT_FALSE(fs::exists(dir.path() / "quarantine-2"));
  EXPECT_TRUE(fs::is_regular_file(dir.path() / "quarantine-1"));
}

TEST(Quarantine, WhatIsKnownSurvivesAsTextAndRotInItIsPassedOver) {
  KnownOfFile known;
  known.stream_id = 0x0123456789abcdefULL;
  known.boot = 7;
  known.lanes = {{{1, 2, 3}, {3, 0, 1ULL << 40}, {4294967295U, 0x700000001ULL, 0}}};
  known.previous_boot = 6;
  known.previous_ends = {1, 22, 333};
  EXPECT_EQ(known_from(to_text(known)), known);
  EXPECT_EQ(known_from(""), KnownOfFile{});
  for (const char* text : {"stream xyz", "stream 123", "boot -1", "boot 1 2", "bulk x y z", "bulk 1 2", "previous 1",
                           "\0\0\0", "stream"}) {
    EXPECT_EQ(known_from(text), KnownOfFile{}) << text;
  }
}

}  // namespace
}  // namespace odograph::outbox
