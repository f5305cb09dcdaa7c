#include "lib/aws/credential_cache.h"

#include <gtest/gtest.h>

#include <set>

namespace odograph::aws {
namespace {

using base::BootTime;
using base::Millis;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr BootTime kStart{seconds{100}};

base::UtcTime utc(const char* text) { return *base::from_rfc3339(text); }

/// Credentials of an answer that was dated 10:00:00 by its server.
Credentials lasting(Millis lifetime) {
  Credentials made{"ASIAEXAMPLE", "secret", "token"};
  made.answered = AnswerTime{utc("2026-11-23T10:00:00Z"), Millis{100}, true};
  made.expires = made.answered->date + lifetime;
  made.source = "iot:fleet";
  return made;
}

/// A cache that asked at `at` and heard 2 s later.
CredentialCache filled(const Credentials& credentials, BootTime at = kStart, std::uint64_t seed = 1) {
  CredentialCache cache({}, kStart, seed);
  cache.asked(at);
  EXPECT_TRUE(cache.answered(credentials, {at + seconds{2}, std::nullopt}));
  return cache;
}

TEST(CredentialCache, AsksAtOnceAndOneQuestionAtATime) {
  CredentialCache cache({}, kStart, 1);
  EXPECT_TRUE(cache.is_due(kStart));
  EXPECT_EQ(cache.next_fetch(), kStart);
  cache.asked(kStart);
  EXPECT_FALSE(cache.is_due(kStart + hours{1}));
  EXPECT_FALSE(cache.next_fetch());
  ASSERT_TRUE(cache.answered(lasting(hours{1}), {kStart + seconds{2}, std::nullopt}));
  EXPECT_FALSE(cache.is_due(kStart + seconds{3}));
}

TEST(CredentialCache, CountsALifetimeByTheAnswersOwnDateWhateverOurClockSays) {
  struct Row {
    const char* name;
    const char* clock;  // Ours at the answer; nullptr: none that is plausible.
  };
  const Row rows[] = {{"Right", "2026-11-23T10:00:02Z"},
                      {"None", nullptr},
                      {"YearsBehind", "1970-01-01T00:00:10Z"},
                      {"YearsAhead", "2080-01-01T00:00:00Z"},
                      {"RolledOver", "2007-04-08T10:00:00Z"}};
  for (const Row& row : rows) {
    CredentialCache cache({}, kStart, 1);
    cache.asked(kStart);
    const Moment now = {kStart + seconds{2}, row.clock == nullptr ? std::nullopt : std::optional(utc(row.clock))};
    ASSERT_TRUE(cache.answered(lasting(hours{1}), now)) << row.name;
    // A second less than an hour, from the moment of asking: the date was cut to seconds.
    const BootTime end = kStart + hours{1} - seconds{1};
    EXPECT_EQ(cache.usable_until(kStart + seconds{3}), end) << row.name;
    EXPECT_NE(cache.usable(end - Millis{1}), nullptr) << row.name;
    EXPECT_EQ(cache.usable(end), nullptr) << row.name;
  }
}

TEST(CredentialCache, IsNotMovedByAClockThatStepsBetweenItsAnswers) {
  const char* const clocks[] = {"2026-11-23T10:00:00Z", "2080-01-01T00:00:00Z", "1970-01-01T00:00:00Z"};
  for (const char* first : clocks) {
    for (const char* second : clocks) {
      CredentialCache cache({}, kStart, 1);
      cache.asked(kStart);
      ASSERT_TRUE(cache.answered(lasting(hours{1}), {kStart, utc(first)}));
      // The clock steps, a renewal fails, and one succeeds.
      cache.asked(kStart + minutes{55});
      EXPECT_FALSE(cache.answered(base::retry_error("down"), {kStart + minutes{55}, utc(second)}));
      EXPECT_EQ(cache.usable_until(kStart + minutes{55}), kStart + hours{1} - seconds{1});
      cache.asked(kStart + minutes{56});
      ASSERT_TRUE(cache.answered(lasting(hours{1}), {kStart + minutes{56}, utc(second)}));
      EXPECT_EQ(cache.usable_until(kStart + minutes{56}), kStart + minutes{116} - seconds{1});
    }
  }
}

TEST(CredentialCache, WithoutADateGoesByATimeThatIsPlausible) {
  auto undated = lasting(hours{1});
  undated.answered.reset();
  struct Row {
    const char* name = nullptr;
    const char* clock = nullptr;
    std::optional<Millis> lifetime;  // From asking; nothing: refused.
  };
  const Row rows[] = {{"Right", "2026-11-23T10:00:02Z", hours{1}},
                      {"Late", "2026-11-23T10:30:02Z", minutes{30}},
                      {"None", nullptr, minutes{15}},
                      {"Ended", "2026-11-23T11:00:00Z", std::nullopt},
                      {"LongEnded", "2030-01-01T00:00:00Z", std::nullopt},
                      {"TooLong", "2020-01-01T00:00:00Z", hours{12}}};
  for (const Row& row : rows) {
    CredentialCache cache({}, kStart, 1);
    cache.asked(kStart);
    const Moment now = {kStart + seconds{2}, row.clock == nullptr ? std::nullopt : std::optional(utc(row.clock))};
    const auto status = cache.answered(undated, now);
    ASSERT_EQ(status.has_value(), row.lifetime.has_value()) << row.name;
    if (row.lifetime) EXPECT_EQ(cache.usable_until(now.boot), kStart + *row.lifetime) << row.name;
    if (status) continue;
    EXPECT_EQ(status.error().action, base::Action::kRetry);
    EXPECT_EQ(status.error().what, "iot:fleet: gave credentials that ended at 2026-11-23T11:00:00.000Z");
    EXPECT_EQ(cache.usable(now.boot), nullptr);
  }
}

TEST(CredentialCache, RefusesWhatEndedOnTheWay) {
  for (const Millis lifetime : {Millis{-5000}, Millis{0}, Millis{2999}, Millis{3000}}) {
    CredentialCache cache({}, kStart, 1);
    cache.asked(kStart);
    EXPECT_FALSE(cache.answered(lasting(lifetime), {kStart + seconds{2}, std::nullopt})) << lifetime.count();
  }
  CredentialCache cache({}, kStart, 1);
  cache.asked(kStart);
  EXPECT_TRUE(cache.answered(lasting(Millis{3001}), {kStart + seconds{2}, std::nullopt}));
}

TEST(CredentialCache, RenewsEarlyAndSpread) {
  struct Row {
    Millis lifetime;
    Millis earliest;  // From the start.
    Millis latest;
  };
  const Row rows[] = {{hours{1}, minutes{52}, minutes{56}},      // 6 min before, +-20 %.
                      {hours{12}, minutes{633}, minutes{663}},   // 72 min before, +-20 %.
                      {minutes{15}, minutes{8}, minutes{11}},    // 5 min before, +-20 %.
                      {minutes{6}, minutes{2}, minutes{3}},      // At half.
                      {seconds{30}, seconds{62}, seconds{62}},   // Not more often than each minute.
                      {hours{48}, minutes{633}, minutes{663}}};  // Not believed beyond 12 h.
  for (const Row& row : rows) {
    std::set<BootTime> moments;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const auto next = filled(lasting(row.lifetime), kStart, seed).next_fetch();
      ASSERT_TRUE(next);
      EXPECT_GE(*next, kStart + row.earliest) << row.lifetime.count();
      EXPECT_LE(*next, kStart + row.latest) << row.lifetime.count();
      moments.insert(*next);
    }
    if (row.latest - row.earliest > minutes{2}) EXPECT_GT(moments.size(), 190U) << row.lifetime.count();
  }
}

TEST(CredentialCache, LooksKeysWithoutExpiryUpAgain) {
  Credentials keys{"AKIDEXAMPLE", "secret"};
  auto cache = filled(keys);
  EXPECT_NE(cache.usable(kStart + hours{1000}), nullptr);
  EXPECT_FALSE(cache.usable_until(kStart));
  EXPECT_LE(*cache.next_fetch(), kStart + minutes{16});
  EXPECT_GE(*cache.next_fetch(), kStart + minutes{12});
  EXPECT_EQ(cache.generation(), 1U);
  cache.asked(kStart + minutes{15});
  ASSERT_TRUE(cache.answered(keys, {kStart + minutes{15}, std::nullopt}));
  EXPECT_EQ(cache.generation(), 1U) << "the same keys: nothing to sign anew";
  keys.secret_access_key = "other";
  ASSERT_TRUE(cache.answered(keys, {kStart + minutes{30}, std::nullopt}));
  EXPECT_EQ(cache.generation(), 2U);
}

TEST(CredentialCache, KeepsWhatIsGoodWhileRenewalsFail) {
  auto cache = filled(lasting(hours{1}));
  BootTime now = *cache.next_fetch();
  for (int i = 0; i < 3; ++i) {
    cache.asked(now);
    EXPECT_FALSE(cache.answered(i == 1 ? base::stop_error("403") : base::retry_error("down"), {now, std::nullopt}));
    EXPECT_EQ(cache.state(now), CredentialState::kUsable);
    now += seconds{20};
  }
  EXPECT_EQ(cache.status(now).failures_in_row, 3U);
  EXPECT_EQ(cache.status(now).last_error, "down");
  EXPECT_EQ(cache.status(now).access_key_id, "ASIAEXAMPLE");
  const BootTime end = kStart + hours{1} - seconds{1};
  EXPECT_EQ(cache.state(end), CredentialState::kMissing);
  EXPECT_EQ(cache.status(end).access_key_id, "");
}

}  // namespace
}  // namespace odograph::aws
