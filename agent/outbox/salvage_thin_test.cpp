// A file that was thinned before it broke.
#include <gtest/gtest.h>

#include <cmath>

#include "agent/outbox/salvage_fixture.h"

namespace odograph::outbox {
namespace {

using model::Lane;

constexpr std::uint64_t kCap = 512 << 10;

Options small(const std::filesystem::path& directory) {
  Options options = hasty(directory);
  options.cap_bytes = kCap;
  return options;
}

/// One record a second, which compresses as records do.
model::Record drive(std::int32_t second) {
  auto record = numbered(second);
  record.boot_time = at(std::int64_t{second} * 1000);
  const double angle = second * 0.01;
  record.position = model::Position{523'000'000 + static_cast<std::int32_t>(100'000 * std::sin(angle)),
                                    134'000'000 + static_cast<std::int32_t>(100'000 * std::sin(angle * 1.7))};
  record.speed_cmps = second * 7919 % 3000;
  return record;
}

/// A file that filled to four fifths and was thinned, what bulk it holds, and which numbers it tells as thinned.
struct ThinnedFile {
  std::string database;
  std::string known;
  std::map<Name, model::Record> bulk;
  std::vector<bool> thinned;
  std::uint32_t made = 0;

  ThinnedFile() {
    TempDir dir;
    Rig rig(small(dir.path()));
    rig.loop->set_anchor(kGnss);
    rig.open();
    while (rig.loop->stats().used_bytes * 5 < kCap * 4 && rig.stats(Lane::kBulk).thinned == 0) {
      for (int i = 0; i < 20; ++i) rig.push(Lane::kBulk, drive(static_cast<std::int32_t>(made++)));
      rig.flush();
    }
    for (int i = 0; i < 200; ++i) rig.step_after(kThinEvery);
    EXPECT_GT(rig.stats(Lane::kBulk).thinned, 100U);
    thinned.resize(std::size_t{made} + 1);
    for (const auto& loss : losses_of(rig.drain(Lane::kEvent))) {
      EXPECT_EQ(loss.reason, model::LossReason::kThinned);
      for (std::uint32_t n = loss.first_n; n <= loss.last_n; ++n) thinned.at(n) = true;
    }
    for (const Chunk& chunk : rig.drain(Lane::kBulk)) {
      for (const auto& record : records_of(chunk)) bulk[name_of(Lane::kBulk, 1, record.n)] = record;
    }
    rig.loop->finish(rig.now);
    rig.loop.reset();
    database = bytes_of(dir.path() / "outbox.db");
    known = bytes_of(dir.path() / "outbox.known");
  }
};
const ThinnedFile& thinned_file() {
  static const ThinnedFile kOnce;
  return kOnce;
}

Salvaged salvaged_from(const std::string& database) {
  TempDir dir;
  const auto quarantine = dir.path() / "quarantine-1";
  std::filesystem::create_directory(quarantine);
  put_bytes(quarantine / "outbox.db", database);
  put_bytes(quarantine / "outbox.known", thinned_file().known);
  Rig rig(hasty(dir.path()));
  rig.loop->set_anchor(kGnss);
  rig.open();
  return salvage_all(rig);
}

std::map<Name, model::Record> bulk_of(const Salvaged& all) {
  std::map<Name, model::Record> bulk;
  for (const auto& [name, record] : all.records) {
    if (name[0] == static_cast<std::uint32_t>(Lane::kBulk)) bulk[name] = record;
  }
  return bulk;
}

TEST(SalvageThinned, WhatThinningLeftOutIsNotToldAgain) {
  const Salvaged all = salvaged_from(thinned_file().database);
  EXPECT_EQ(bulk_of(all), thinned_file().bulk);
  EXPECT_TRUE(all.losses.empty()) << all.losses.size() << " losses, the first from " << all.losses.front().first_n
                                  << " to " << all.losses.front().last_n;
  EXPECT_TRUE(all.is_in_order);
}

TEST(SalvageThinned, EveryNumberThatDoesNotComeIsTold) {
  for (const Damage damage : {Damage::kSector, Damage::kZeroPage}) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      std::mt19937_64 dice(seed);
      const Salvaged all = salvaged_from(damaged(thinned_file().database, damage, dice));
      std::uint64_t missing = 0;
      for (std::uint32_t n = 1; n <= thinned_file().made; ++n) {
        const Name name = name_of(Lane::kBulk, 1, n);
        const auto came = all.records.find(name);
        const bool was_there = thinned_file().bulk.contains(name);
        if (came != all.records.end()) {
          EXPECT_TRUE(was_there && came->second == thinned_file().bulk.at(name)) << n;
          continue;
        }
        EXPECT_TRUE(thinned_file().thinned[n] || is_told(all, name)) << n << " seed " << seed;
        if (was_there) {
          ++missing;
          EXPECT_TRUE(is_told(all, name)) << n << " seed " << seed;
        }
      }
      std::uint64_t told = 0;
      for (const auto& loss : all.losses) told += loss.lane == Lane::kBulk ? loss.count : 0;
      EXPECT_GE(told, missing) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace odograph::outbox
