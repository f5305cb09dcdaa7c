#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "lib/aws/credential_cache.h"

namespace odograph::aws {
namespace {

using base::BootTime;
using base::Millis;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr BootTime kStart{seconds{100}};

Credentials an_hour() {
  Credentials made{"ASIAEXAMPLE", "secret", "token"};
  made.answered = AnswerTime{*base::from_rfc3339("2026-11-23T10:00:00Z"), Millis{100}, true};
  made.expires = made.answered->date + hours{1};
  return made;
}

/// The waits after `count` failures in a row.
std::vector<Millis> waits(const base::Error& error, std::size_t count, std::uint64_t seed) {
  CredentialCache cache({}, kStart, seed);
  std::vector<Millis> out;
  BootTime now = kStart;
  for (std::size_t i = 0; i < count; ++i) {
    cache.asked(now);
    EXPECT_FALSE(cache.answered(error, {now, std::nullopt}));
    out.push_back(*cache.next_fetch() - now);
    EXPECT_FALSE(cache.is_due(*cache.next_fetch() - Millis{1}));
    EXPECT_TRUE(cache.is_due(*cache.next_fetch()));
    now = *cache.next_fetch();
  }
  return out;
}

TEST(CredentialRetry, BacksOffWithFullJitterUpToFiveMinutes) {
  std::vector<Millis> longest(10);
  std::vector<Millis> shortest(10, hours{1});
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto all = waits(base::retry_error("down"), 10, seed);
    for (std::size_t i = 0; i < all.size(); ++i) {
      longest[i] = std::max(longest[i], all[i]);
      shortest[i] = std::min(shortest[i], all[i]);
    }
  }
  const Millis most[] = {seconds{5},   seconds{10},  seconds{20},  seconds{40},  seconds{80},
                         seconds{160}, seconds{300}, seconds{300}, seconds{300}, seconds{300}};
  for (std::size_t i = 0; i < longest.size(); ++i) {
    EXPECT_LE(longest[i], most[i]) << i;
    EXPECT_GT(longest[i], most[i] * 9 / 10) << i;
    EXPECT_GE(shortest[i], seconds{1}) << i;
    EXPECT_LT(shortest[i], seconds{1} + most[i] / 10) << i;
  }
}

TEST(CredentialRetry, WaitsLongWhereAPersonHasToMend) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto all = waits(base::stop_error("403"), 7, seed);
    const Millis most[] = {minutes{1}, minutes{2}, minutes{4}, minutes{8}, minutes{15}, minutes{15}, minutes{15}};
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_LE(all[i], most[i]) << i;
      EXPECT_GE(all[i], most[i] / 2) << i;
    }
  }
}

TEST(CredentialRetry, BeginsAnewAfterASuccess) {
  CredentialCache cache({}, kStart, 1);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(cache.answered(base::retry_error("down"), {kStart, std::nullopt}));
  EXPECT_EQ(cache.status(kStart).failures_in_row, 9U);
  cache.asked(kStart);
  ASSERT_TRUE(cache.answered(an_hour(), {kStart, std::nullopt}));
  EXPECT_EQ(cache.status(kStart).failures_in_row, 0U);
  EXPECT_EQ(cache.status(kStart).failures, 9U);
  EXPECT_EQ(cache.status(kStart).fetches, 1U);
  EXPECT_EQ(cache.status(kStart).last_error, "");
  EXPECT_FALSE(cache.answered(base::retry_error("down"), {kStart, std::nullopt}));
  EXPECT_LE(*cache.next_fetch(), kStart + seconds{5});
}

TEST(CredentialRetry, HurriesWithoutBecomingAFlood) {
  CredentialCache cache({}, kStart, 1);
  cache.asked(kStart);
  ASSERT_TRUE(cache.answered(an_hour(), {kStart, std::nullopt}));
  cache.hurry(kStart + seconds{1});
  EXPECT_EQ(cache.next_fetch(), kStart + minutes{1});
  cache.hurry(kStart + seconds{2});
  EXPECT_EQ(cache.next_fetch(), kStart + minutes{1}) << "no later than it already was";
  cache.asked(kStart + minutes{1});
  EXPECT_FALSE(cache.answered(base::stop_error("403"), {kStart + minutes{1}, std::nullopt}));
  const auto planned = *cache.next_fetch();
  cache.hurry(kStart + minutes{1});
  EXPECT_LE(*cache.next_fetch(), planned) << "a hurry never makes it later";
  EXPECT_LE(*cache.next_fetch(), kStart + minutes{2});
  cache.asked(kStart + minutes{2});
  ASSERT_TRUE(cache.answered(an_hour(), {kStart + minutes{2}, std::nullopt}));
  cache.hurry(kStart + minutes{20});
  EXPECT_TRUE(cache.is_due(kStart + minutes{20}));
}

TEST(CredentialRetry, AwaitsTheFirstOnesOnlySoLong) {
  CredentialCache cache({}, kStart, 1);
  EXPECT_EQ(cache.state(kStart), CredentialState::kAwaited);
  EXPECT_EQ(cache.state(kStart + Millis{29'999}), CredentialState::kAwaited);
  EXPECT_EQ(cache.state(kStart + seconds{30}), CredentialState::kMissing);
  cache.asked(kStart + seconds{31});
  ASSERT_TRUE(cache.answered(an_hour(), {kStart + seconds{31}, std::nullopt}));
  EXPECT_EQ(cache.state(kStart + seconds{31}), CredentialState::kUsable);
  EXPECT_EQ(cache.state(kStart + hours{2}), CredentialState::kMissing);
}

TEST(CredentialRetry, ToldStatusHoldsNoSecret) {
  CredentialCache cache({}, kStart, 1);
  cache.asked(kStart);
  ASSERT_TRUE(cache.answered(an_hour(), {kStart, std::nullopt}));
  const auto status = cache.status(kStart + minutes{1});
  EXPECT_EQ(status.access_key_id, "ASIAEXAMPLE");
  EXPECT_EQ(status.valid_for, minutes{59} - seconds{1});
  EXPECT_GT(status.next_fetch_in, minutes{50});
  EXPECT_EQ(status.last_error, "");
}

}  // namespace
}  // namespace odograph::aws
