// A table whose rows are out of order: what pages that never reached the medium leave behind.
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

constexpr std::size_t kRows = 300;
/// An inner page of a table in SQLite's file format: its type, in the bytes 3 and 4 how many cells it has, in 8 to 11
/// the page behind the last of them, and from 12 on two bytes for each that tell where it lies; a cell begins with the
/// number of its page (https://www.sqlite.org/fileformat2.html, section 1.6).
constexpr char kInner = 0x05;
constexpr std::size_t kPointersAt = 12;

std::size_t two_bytes(const std::string& file, std::size_t at) {
  return static_cast<unsigned char>(file[at]) * 256U + static_cast<unsigned char>(file[at + 1]);
}

/// The first page of the one table that has several comes twice in its order: rows without end, before the last.
void make_endless(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string file{std::istreambuf_iterator<char>(in), {}};
  int found = 0;
  for (std::size_t page = kPageBytes; page < file.size(); page += kPageBytes) {
    if (file[page] != kInner) continue;
    ASSERT_GE(two_bytes(file, page + 3), 2U) << "cells";
    const std::size_t first = page + two_bytes(file, page + kPointersAt);
    const std::size_t second = page + two_bytes(file, page + kPointersAt + 2);
    file.replace(second, 4, file.substr(first, 4));
    ++found;
  }
  ASSERT_EQ(found, 1);
  std::ofstream(path, std::ios::binary) << file;
}

TEST(StoreOrder, ATableOutOfOrderIsPutAsideAndNotReadRoundAndRound) {
  const TempDir dir;
  {
    Rig rig(dir.path());
    rig.open();
    for (std::size_t i = 0; i < kRows; ++i) {
      ASSERT_TRUE(rig.push(model::Lane::kBulk, numbered(static_cast<std::int32_t>(i))));
      rig.flush();
    }
    rig.loop->finish(rig.now);
  }
  // All of it is in the database since the end; SQLite would take the pages from here.
  std::filesystem::remove(dir.path() / "outbox.db-wal");
  ASSERT_NO_FATAL_FAILURE(make_endless(dir.path() / "outbox.db"));
  Rig rig(dir.path());
  rig.open();
  const auto stream = rig.loop->stats().stream_id;
  std::size_t chunks = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    while (chunks < 4 * kRows && rig.handout.next(model::Lane::kBulk)) ++chunks;
    rig.loop->step(rig.now);
  }
  EXPECT_LE(chunks, kRows);
  EXPECT_NE(rig.loop->stats().stream_id, stream) << "a new file";
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
}

}  // namespace
}  // namespace odograph::outbox
