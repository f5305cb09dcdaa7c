#include "agent/outbox/salvage_losses.h"

#include <gtest/gtest.h>

#include <functional>

namespace odograph::outbox {
namespace {

using model::Lane;

constexpr SalvageLosses::Ends kSure{true, true};
constexpr SalvageLosses::Ends kNoFirst{false, true};
constexpr SalvageLosses::Ends kNoLast{true, false};

Row row(std::uint32_t boot, std::uint32_t first_n, std::uint32_t count, Lane lane = Lane::kBulk) {
  Row made;
  made.lane = lane;
  made.id = chunk_id(boot, first_n);
  made.first_n = first_n;
  made.count = count;
  return made;
}

struct Case {
  const char* name;
  std::vector<Row> rows;
  std::map<std::uint32_t, model::LaneEnds> told;
  SalvageLosses::Ends bulk;  ///< Of the bulk lane; the others are sure.
  std::string losses;        ///< "boot:first-last(count)" each.
};

const Case kCases[] = {
    {"Nothing", {}, {}, kSure, ""},
    {"Whole", {row(1, 1, 10), row(1, 11, 5), row(2, 1, 3)}, {{1, {0, 0, 15}}}, kSure, ""},
    {"Hole", {row(1, 1, 10), row(1, 21, 5)}, {}, kSure, "1:11-20(10)"},
    {"Holes", {row(1, 1, 1), row(1, 3, 1), row(1, 5, 1)}, {}, kSure, "1:2-2(1) 1:4-4(1)"},
    {"AcknowledgedBefore", {row(3, 101, 10)}, {}, kSure, ""},
    {"BeginningGone", {row(3, 101, 10)}, {}, kNoFirst, "3:1-100(100)"},
    {"BeginningGoneWithItsBoots", {row(3, 1, 10)}, {{2, {0, 0, 7}}}, kNoFirst, "2:1-7(7)"},
    {"BeginningOfALaterBoot", {row(1, 1, 10), row(2, 6, 5)}, {{1, {0, 0, 10}}}, kSure, "2:1-5(5)"},
    {"TailOfABoot", {row(1, 1, 10), row(2, 1, 5)}, {{1, {0, 0, 14}}}, kSure, "1:11-14(4)"},
    {"BootBetween", {row(1, 1, 10), row(3, 1, 5)}, {{1, {0, 0, 10}}, {2, {0, 0, 6}}}, kSure, "2:1-6(6)"},
    {"EmptyBootBetween", {row(1, 1, 10), row(3, 1, 5)}, {{1, {0, 0, 10}}, {2, {0, 0, 0}}}, kSure, ""},
    {"EndTold", {row(1, 1, 10)}, {{1, {0, 0, 12}}}, kNoLast, "1:11-12(2)"},
    {"EndReached", {row(1, 1, 10)}, {{1, {0, 0, 10}}}, kNoLast, ""},
    {"EndUnknown", {row(1, 1, 10)}, {}, kNoLast, "1:11-4294967295(1)"},
    {"EndUnknownOfALaterBoot",
     {row(1, 1, 10), row(2, 1, 1, Lane::kEvent)},
     {{1, {0, 0, 10}}},
     kNoLast,
     "2:1-4294967295(1)"},
    {"AllGoneAndTold", {}, {{1, {0, 0, 10}}, {2, {0, 0, 3}}}, {false, false}, "1:1-10(10) 2:1-3(3)"},
};

TEST(SalvageLosses, ComeOutOfTheNumbersAndWhatWasTold) {
  for (const Case& c : kCases) {
    SalvageLosses losses;
    for (const Row& each : c.rows) losses.on_row(each);
    for (const auto& [boot, ends] : c.told) losses.on_boot_ends(boot, ends);
    std::string told;
    for (const auto& loss : losses.finish({kSure, kSure, c.bulk})) {
      EXPECT_EQ(loss.reason, model::LossReason::kCorrupt) << c.name;
      EXPECT_FALSE(loss.first_ago || loss.last_ago) << c.name << ": nobody knows when";
      told += (told.empty() ? "" : " ") + std::to_string(loss.boot) + ":" + std::to_string(loss.first_n) + "-" +
              std::to_string(loss.last_n) + "(" + std::to_string(loss.count) + ")";
    }
    EXPECT_EQ(told, c.losses) << c.name;
  }
}

TEST(SalvageLosses, AreTheSameWhenRowsComeAgain) {
  SalvageLosses losses;
  for (int i = 0; i < 2; ++i) {
    losses.on_row(row(1, 1, 10));
    losses.on_row(row(1, 21, 10));
  }
  EXPECT_EQ(losses.finish({kSure, kSure, kSure}).size(), 1U);
  EXPECT_EQ(losses.last_boot(), 1U);
  EXPECT_EQ(losses.last_ends(), (model::LaneEnds{0, 0, 30}));
}

TEST(SalvageLosses, OfAFileThatIsGoneAreTheNewestThatItHeld) {
  KnownOfFile known;
  known.boot = 5;
  known.previous_boot = 4;
  known.previous_ends = {0, 2, 100};
  known.lanes = {{{9, 0, 0}, {3, 0, 2}, {10, 0, 35}}};
  const auto losses = SalvageLosses::all_of(known);
  ASSERT_EQ(losses.size(), 3U);
  const std::array<std::array<std::uint64_t, 5>, 3> want = {{{2, 5, 2, 3, 2}, {3, 5, 1, 10, 10}, {3, 4, 76, 100, 25}}};
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto& loss = losses[i];
    EXPECT_EQ((std::array<std::uint64_t, 5>{static_cast<std::uint64_t>(loss.lane), loss.boot, loss.first_n, loss.last_n,
                                            loss.count}),
              want[i]);
  }
  EXPECT_TRUE(SalvageLosses::all_of({}).empty());
}

TEST(SalvageLosses, OfAFileThatIsGoneReachAsFarAsThinnedRecordsLie) {
  KnownOfFile known;
  known.boot = 5;
  known.lanes[index_of(Lane::kBulk)] = {1000, 0, 100, 300};
  auto losses = SalvageLosses::all_of(known);
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].first_n, 601U);
  EXPECT_EQ(losses[0].last_n, 1000U);
  EXPECT_EQ(losses[0].count, 100U) << "the others were told as thinned";
  // More than this boot has: the boot before is meant too.
  known.previous_boot = 4;
  known.previous_ends = {0, 0, 500};
  known.lanes[index_of(Lane::kBulk)] = {200, 0, 250, 100};
  losses = SalvageLosses::all_of(known);
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_EQ(losses[1].boot, 4U);
  EXPECT_EQ(losses[1].first_n, 351U);
  EXPECT_EQ(losses[0].count + losses[1].count, 250U);
}

TEST(SalvageLosses, AreBoundedAndExactInTheirSum) {
  SalvageLosses losses;
  constexpr std::uint32_t kRows = 3 * kHolesMax;
  for (std::uint32_t i = 0; i < kRows; ++i) losses.on_row(row(1, 1 + 2 * i, 1));
  std::uint64_t sum = 0;
  const auto told = losses.finish({kSure, kSure, kSure});
  for (const auto& loss : told) sum += loss.count;
  EXPECT_EQ(told.size(), kHolesMax);
  EXPECT_EQ(sum, kRows - 1);
  EXPECT_EQ(told.back().last_n, 2 * (kRows - 1));
}

}  // namespace
}  // namespace odograph::outbox
