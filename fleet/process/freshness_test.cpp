#include "fleet/process/freshness.h"

#include <gtest/gtest.h>

namespace odograph::process {
namespace {

using base::Millis;

const base::UtcTime kNow = *base::from_rfc3339("2026-11-23T12:00:00.000Z");
constexpr base::BootTime kBoot{Millis(1'000'000)};

/// Appended so many milliseconds before kNow.
kafka::Message message(std::int32_t partition, std::int64_t offset, std::int64_t ago_ms) {
  kafka::Message made;
  made.partition = partition;
  made.offset = offset;
  made.timestamp_ms = kNow.time_since_epoch().count() - ago_ms;
  return made;
}

TEST(Freshness, MeasuresOnceItIsCommitted) {
  Freshness fresh;
  fresh.on_message(message(0, 7, 400), kNow - Millis(3'000));
  EXPECT_EQ(fresh.event().all.count(), 0U);
  fresh.on_commit(kNow, kBoot);
  EXPECT_EQ(fresh.event().all.bound_of(1), 5);
  EXPECT_EQ(fresh.event().all.sum(), 3);
  EXPECT_EQ(fresh.append().all.bound_of(1), 0.5);
  fresh.on_commit(kNow, kBoot);
  EXPECT_EQ(fresh.event().all.count(), 1U) << "once";
}

TEST(Freshness, WhatWasAbortedDoesNotCount) {
  Freshness fresh;
  fresh.on_message(message(0, 7, 400), kNow);
  fresh.on_anew();
  fresh.on_commit(kNow, kBoot);
  EXPECT_EQ(fresh.append().all.count(), 0U);
  EXPECT_TRUE(fresh.lags([](auto) { return 9; }, kNow).empty());
}

TEST(Freshness, TakesWhatIsKnown) {
  Freshness fresh;
  fresh.on_message(message(0, 1, 400), std::nullopt);
  kafka::Message undated = message(0, 2, 0);
  undated.timestamp_ms = -1;
  fresh.on_message(undated, kNow - Millis(50));
  fresh.on_message(message(0, 3, -60'000), kNow + Millis(60'000));  // Of clocks that are ahead.
  fresh.on_commit(kNow, kBoot);
  EXPECT_EQ(fresh.event().all.count(), 2U);
  EXPECT_EQ(fresh.append().all.count(), 2U);
  EXPECT_EQ(fresh.event().all.bound_of(1), 0.1);
}

TEST(Freshness, BoundsWhatItRemembers) {
  Freshness fresh;
  for (std::size_t i = 0; i < Freshness::kPendingMax + 5; ++i) fresh.on_message(message(0, 1, 0), kNow);
  fresh.on_commit(kNow, kBoot);
  EXPECT_EQ(fresh.event().all.count(), Freshness::kPendingMax);
}

TEST(Freshness, WhatIsRecentIsOfTheLastMinutes) {
  Freshness fresh;
  const auto commit_after = [&](int seconds) {
    fresh.on_message(message(0, 1, 0), kNow);
    fresh.on_commit(kNow, kBoot + std::chrono::seconds(seconds));
    return fresh.event().recent.count();
  };
  EXPECT_EQ(commit_after(0), 1U);
  EXPECT_EQ(commit_after(59), 2U);
  EXPECT_EQ(commit_after(61), 3U);
  EXPECT_EQ(commit_after(122), 2U) << "the first two are gone";
  EXPECT_EQ(commit_after(1000), 1U) << "after a long silence nothing of before is recent";
  EXPECT_EQ(fresh.event().all.count(), 5U);
}

TEST(Freshness, TellsHowFarEachPartitionIsFromItsEnd) {
  Freshness fresh;
  for (int partition = 0; partition < 5; ++partition) fresh.on_begin(partition, 100);
  fresh.on_message(message(1, 104, 30'000), std::nullopt);
  fresh.on_message(message(2, 104, 30'000), std::nullopt);
  fresh.on_end({"raw-data-topic", 3, 120});
  fresh.on_end({"raw-data-topic", 9, 120});
  const auto high = [](std::int32_t partition) -> std::optional<std::int64_t> {
    if (partition == 4) return std::nullopt;
    return partition == 2 ? 105 : 120;
  };
  const auto lags = fresh.lags(high, kNow);
  ASSERT_EQ(lags.size(), 4U) << "the end of the last one is not known";
  EXPECT_EQ(lags[0].waiting, 20);
  EXPECT_FALSE(lags[0].behind) << "nothing was processed yet";
  EXPECT_EQ(lags[1].waiting, 15);
  EXPECT_EQ(lags[1].behind, Millis(30'000));
  EXPECT_EQ(lags[2].waiting, 0);
  EXPECT_EQ(lags[2].behind, Millis(0));
  EXPECT_EQ(lags[3].waiting, 0) << "what is left there is nobody's to read";
  EXPECT_FALSE(fresh.lags(high, std::nullopt)[1].behind);
}

}  // namespace
}  // namespace odograph::process
