#include "fleet/process/dedupe.h"

#include <gtest/gtest.h>

namespace odograph::process {
namespace {

using model::Lane;
using model::sequence;

constexpr Arrival kNew = Arrival::kNew;
constexpr Arrival kRepeat = Arrival::kRepeat;
constexpr Arrival kReused = Arrival::kReused;
constexpr Arrival kLate = Arrival::kLate;

struct Step {
  Lane lane;
  BootName boot;
  std::uint32_t n;
  Arrival arrival;
};
Step bulk(BootName boot, std::uint32_t n, Arrival arrival) { return {Lane::kBulk, boot, n, arrival}; }
Step event(BootName boot, std::uint32_t n, Arrival arrival) { return {Lane::kEvent, boot, n, arrival}; }
Step alert(BootName boot, std::uint32_t n, Arrival arrival) { return {Lane::kAlert, boot, n, arrival}; }

struct Case {
  const char* name;
  std::vector<Step> steps;
};

void expect_arrivals(const Case& row) {
  Dedupe dedupe;
  int number = 0;
  for (const Step& step : row.steps) {
    ++number;
    EXPECT_EQ(dedupe.admit(step.lane, step.boot, step.n), step.arrival) << row.name << " step " << number;
  }
}

/// Boots without a nonce, as agents sent them before there were any: `{number, 0}`.
const Case kPlainCases[] = {
    {"EachOnce", {bulk({1, 0}, 1, kNew), bulk({1, 0}, 2, kNew)}},
    {"SameAgain", {bulk({1, 0}, 1, kNew), bulk({1, 0}, 1, kRepeat), bulk({1, 0}, 2, kNew)}},
    {"AResentMessage",
     {bulk({1, 0}, 1, kNew), bulk({1, 0}, 2, kNew), bulk({1, 0}, 1, kRepeat), bulk({1, 0}, 2, kRepeat),
      bulk({1, 0}, 3, kNew)}},
    {"AHoleIsNoRepeat", {bulk({1, 0}, 1, kNew), bulk({1, 0}, 9, kNew), bulk({1, 0}, 5, kRepeat)}},
    {"ALaterBootStartsAtOne", {bulk({1, 0}, 900, kNew), bulk({2, 0}, 1, kNew)}},
    {"AnEarlierBootIsOld", {bulk({1, 0}, 900, kNew), bulk({2, 0}, 1, kNew), bulk({1, 0}, 901, kRepeat)}},
    {"AnEarlierBootThatNeverCameIsOld", {bulk({2, 0}, 1, kNew), bulk({1, 0}, 901, kRepeat)}},
    {"TheLargestNumbers", {bulk({~0U, 0}, ~0U, kNew), bulk({~0U, 0}, ~0U, kRepeat)}},
    {"LanesAreApart",
     {bulk({1, 0}, 7, kNew), event({1, 0}, 1, kNew), alert({1, 0}, 1, kNew), event({1, 0}, 1, kRepeat)}},
    {"LiveIsAlwaysNewAndMovesNothing",
     {{Lane::kLive, {1, 0}, 0, kNew},
      {Lane::kLive, {1, 0}, 0, kNew},
      {Lane::kLive, {9, 7}, 9, kNew},
      {Lane::kLive, {9, 8}, 9, kNew},
      bulk({1, 0}, 1, kNew)}},
};

TEST(Dedupe, AdmitsEachRecordOnce) {
  for (const Case& row : kPlainCases) expect_arrivals(row);
}

/// In most of them the disk takes back boot 7 of nonce 70, and 71 is the next one.
const Case kNonceCases[] = {
    {"AReusedNumberIsANewBoot",
     {bulk({7, 70}, 1, kNew), bulk({7, 70}, 2, kNew), bulk({7, 71}, 1, kReused), bulk({7, 71}, 2, kNew),
      bulk({7, 71}, 3, kNew)}},
    {"WithoutANonceItIsTakenForARepeat", {bulk({7, 0}, 1, kNew), bulk({7, 0}, 2, kNew), bulk({7, 0}, 1, kRepeat)}},
    {"AnotherNonceAgainAndAgain",
     {bulk({7, 70}, 1, kNew), bulk({7, 71}, 1, kReused), bulk({7, 72}, 1, kReused), bulk({7, 72}, 1, kRepeat)}},
    {"RepeatsWithinTheNewLife",
     {bulk({7, 70}, 5, kNew), bulk({7, 71}, 1, kReused), bulk({7, 71}, 2, kNew), bulk({7, 71}, 1, kRepeat),
      bulk({7, 71}, 2, kRepeat), bulk({7, 71}, 3, kNew)}},
    {"TheFirstLifeComesAgain",
     {bulk({7, 70}, 1, kNew), bulk({7, 70}, 2, kNew), bulk({7, 71}, 1, kReused), bulk({7, 70}, 1, kRepeat),
      bulk({7, 70}, 2, kRepeat), bulk({7, 71}, 2, kNew)}},
    {"TheFirstLifeIsSalvagedLater",
     {bulk({7, 70}, 2, kNew), bulk({7, 71}, 1, kReused), bulk({7, 70}, 3, kLate), bulk({7, 70}, 3, kRepeat),
      bulk({7, 71}, 2, kNew)}},
    {"ItTakesBackTwoBoots",
     {bulk({6, 60}, 9, kNew), bulk({7, 70}, 9, kNew), bulk({6, 61}, 1, kReused), bulk({6, 61}, 2, kNew),
      bulk({7, 71}, 1, kNew), bulk({8, 80}, 1, kNew)}},
    {"TheBootBeforeIsSentAgainFromTheFile",
     {bulk({6, 60}, 8, kNew), bulk({6, 60}, 9, kNew), bulk({7, 70}, 9, kNew), bulk({6, 60}, 9, kRepeat),
      bulk({7, 71}, 1, kReused)}},
    {"TheLaneHasNeverSeenTheBootBelow",
     {bulk({5, 50}, 1, kNew), bulk({7, 70}, 9, kNew), bulk({6, 60}, 1, kReused), bulk({7, 71}, 1, kNew)}},
    {"ABootIsReusedOnceForAllLanes",
     {event({7, 70}, 1, kNew), alert({7, 70}, 4, kNew), bulk({7, 70}, 9, kNew), event({7, 71}, 1, kReused),
      alert({7, 71}, 1, kNew), bulk({7, 71}, 1, kNew), bulk({7, 71}, 1, kRepeat)}},
    {"ALaneThatNeverSawTheFirstOneToo",
     {event({7, 70}, 1, kNew), bulk({6, 60}, 9, kNew), alert({7, 71}, 1, kReused), event({7, 71}, 1, kNew),
      bulk({7, 71}, 1, kNew)}},
    {"LanesThatAreBehindAreNotReused",
     {event({6, 60}, 1, kNew), event({7, 70}, 1, kNew), bulk({5, 50}, 1, kNew), bulk({6, 60}, 1, kNew),
      bulk({7, 70}, 1, kNew)}},
    {"AnUnknownNonceIsAny",
     {bulk({7, 70}, 3, kNew), bulk({7, 0}, 3, kRepeat), bulk({7, 0}, 4, kNew), bulk({7, 70}, 4, kRepeat),
      bulk({7, 70}, 5, kNew)}},
    {"ANonceIsLearnt", {bulk({7, 0}, 3, kNew), bulk({7, 70}, 4, kNew), bulk({7, 71}, 1, kReused)}},
    {"AnUnknownNonceMeansTheLastLife",
     {bulk({7, 70}, 9, kNew), bulk({7, 71}, 3, kReused), bulk({7, 0}, 3, kRepeat), bulk({7, 0}, 4, kNew)}},
};

TEST(Dedupe, TellsABootFromAnotherOfItsNumber) {
  for (const Case& row : kNonceCases) expect_arrivals(row);
}

// A card that is worn out takes nothing more and says nothing: each start is the same boot again.
TEST(Dedupe, ForgetsBootsAndNeverADiskThatTakesAllBack) {
  Dedupe dedupe;
  EXPECT_EQ(dedupe.admit(Lane::kBulk, {6, 60}, 9), kNew);
  EXPECT_EQ(dedupe.admit(Lane::kBulk, {7, 70}, 1), kNew);
  for (std::uint32_t life = 71; life < 71 + 3 * Dedupe::kBootsMax; ++life) {
    EXPECT_EQ(dedupe.admit(Lane::kBulk, {6, 60}, 9), kRepeat) << "what the card still holds, life " << life;
    EXPECT_EQ(dedupe.admit(Lane::kBulk, {7, life}, 1), kReused) << life;
    EXPECT_EQ(dedupe.admit(Lane::kBulk, {7, life}, 1), kRepeat) << life;
  }
}

TEST(Dedupe, WhatItHasForgottenIsARepeat) {
  Dedupe dedupe;
  const auto last = static_cast<std::uint32_t>(Dedupe::kBootsMax) + 2;
  for (std::uint32_t boot = 1; boot <= last; ++boot) EXPECT_EQ(dedupe.admit(Lane::kBulk, {boot, boot}, 5), kNew);
  EXPECT_EQ(dedupe.admit(Lane::kBulk, {1, 1}, 5), kRepeat)
      << "as a quarantine that is read from its beginning sends it";
  EXPECT_EQ(dedupe.admit(Lane::kBulk, {2, 2}, 5), kRepeat);
  EXPECT_EQ(dedupe.admit(Lane::kBulk, {3, 3}, 5), kRepeat) << "remembered";
  EXPECT_EQ(dedupe.admit(Lane::kBulk, {3, 33}, 1), kReused);
}

TEST(Dedupe, KnowsItsMarks) {
  Dedupe dedupe;
  EXPECT_EQ(dedupe.mark(Lane::kBulk), 0U);
  ASSERT_EQ(dedupe.admit(Lane::kBulk, {2, 20}, 5), kNew);
  ASSERT_EQ(dedupe.admit(Lane::kLive, {2, 20}, 0), kNew);
  EXPECT_EQ(dedupe.mark(Lane::kBulk), sequence(2, 5));
  EXPECT_EQ(dedupe.mark(Lane::kLive), 0U);
  ASSERT_EQ(dedupe.admit(Lane::kBulk, {2, 21}, 1), kReused);
  EXPECT_EQ(dedupe.mark(Lane::kBulk), sequence(2, 1));
  ASSERT_EQ(dedupe.admit(Lane::kBulk, {2, 20}, 9), kLate);
  EXPECT_EQ(dedupe.mark(Lane::kBulk), sequence(2, 1));
}

}  // namespace
}  // namespace odograph::process
