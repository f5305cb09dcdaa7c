// How long the medium takes, as it is told: of given times, and of a storage loop's own work.
#include "agent/outbox/medium_times.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "agent/outbox/failing_writes.h"
#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using std::chrono::microseconds;
using Work = MediumTimes::Work;

struct Case {
  const char* name = nullptr;
  std::vector<int> took;
  MediumTime told;
};

class ToldTimes : public testing::TestWithParam<Case> {};

TEST_P(ToldTimes, AreOfTheLatest) {
  const Case& c = GetParam();
  microseconds now{1'000'000};
  MediumTimes times([&] { return now; });
  for (const int took : c.took) {
    const int done = times.take(Work::kCommit, [&] {
      now += microseconds{took};
      return took;
    });
    EXPECT_EQ(done, took);
  }
  const MediumTime told = times.told(Work::kCommit);
  EXPECT_EQ(told.count, c.told.count);
  EXPECT_EQ(told.median, c.told.median);
  EXPECT_EQ(told.p99, c.told.p99);
  EXPECT_EQ(told.longest, c.told.longest);
  EXPECT_EQ(times.told(Work::kCheckpoint).count, 0U) << "of another kind of work";
}

std::vector<int> one_to(int last) {
  std::vector<int> took;
  for (int i = 1; i <= last; ++i) took.push_back(i);
  return took;
}

/// A long one first, then as many short ones as are kept.
std::vector<int> forgotten() {
  std::vector<int> took(kMediumTimesKept + 1, 7);
  took.front() = 9'000;
  return took;
}

const Case kCases[] = {
    {"None", {}, {}},
    {"One", {5}, {1, microseconds{5}, microseconds{5}, microseconds{5}}},
    {"Two", {9, 5}, {2, microseconds{5}, microseconds{9}, microseconds{9}}},
    {"AHundred", one_to(100), {100, microseconds{50}, microseconds{99}, microseconds{100}}},
    {"WhatIsForgotten", forgotten(), {257, microseconds{7}, microseconds{7}, microseconds{7}}},
};

INSTANTIATE_TEST_SUITE_P(MediumTimes, ToldTimes, testing::ValuesIn(kCases),
                         [](const auto& row) { return row.param.name; });

/// A medium each of whose works takes 3 ms.
Options slow(const std::filesystem::path& directory, microseconds& now) {
  Options options = Rig::plain(directory);
  options.file.checkpoint_pages = 1;
  options.file.stopwatch = [&now] { return now += microseconds{3'000}; };
  return options;
}

TEST(MediumTimesOfALoop, AreOfCommitsAndCheckpointsAndOfFailedOnesToo) {
  TempDir dir;
  microseconds now{0};
  Rig rig(slow(dir.path(), now));
  rig.open();
  rig.flush();
  for (int i = 0; i < 4; ++i) {
    rig.push(model::Lane::kBulk, numbered(i));
    rig.flush();
  }
  Stats stats = rig.loop->stats();
  EXPECT_EQ(stats.commit_time.count, 5U) << "and the boot record";
  EXPECT_EQ(stats.commit_time.longest, microseconds{3'000});
  EXPECT_EQ(stats.checkpoint_time.count, 5U);
  EXPECT_EQ(stats.commit_failures, 0U);
  EXPECT_EQ(stats.wal_pages, 0) << "all of it is in the database";
  {
    const FailingWrites failing(EIO);
    rig.push(model::Lane::kBulk, numbered(5));
    rig.step_after(base::Millis{1'000});
  }
  stats = rig.loop->stats();
  EXPECT_EQ(stats.commit_failures, 1U);
  EXPECT_EQ(stats.commits, 5U);
  EXPECT_EQ(stats.commit_time.count, 6U);
  EXPECT_EQ(stats.checkpoint_time.count, 5U) << "nothing to check in";
}

TEST(MediumTimesOfALoop, WithoutACheckpointTheLogHasPages) {
  TempDir dir;
  Rig rig(dir.path());
  rig.open();
  rig.flush();
  EXPECT_GT(rig.loop->stats().wal_pages, 0);
  EXPECT_EQ(rig.loop->stats().checkpoint_time.count, 0U);
  EXPECT_EQ(rig.loop->stats().commit_time.count, 1U) << "by the system's clock";
}

}  // namespace
}  // namespace odograph::outbox
