#include "fleet/process/transaction_plan.h"

#include <gtest/gtest.h>

namespace odograph::process {
namespace {

using base::Action;
using base::Millis;

struct Case {
  const char* name;
  Phase phase;
  Action action;
  int fences;
  Remedy remedy;
  bool refused = false;
};

const Case kCases[] = {
    {"NobodyAnswersYet", Phase::kTakeOver, Action::kRetry, 0, Remedy::kAgain},
    {"BrokersWithoutTransactions", Phase::kTakeOver, Action::kStop, 0, Remedy::kStop},
    {"MayNotHaveTheName", Phase::kTakeOver, Action::kStop, 0, Remedy::kReplace, true},
    {"TheTokenIsRefused", Phase::kTakeOver, Action::kRetry, 0, Remedy::kReplace, true},
    {"MayNotWrite", Phase::kWrite, Action::kDrop, 0, Remedy::kReplace, true},
    {"MayNotCommitOffsets", Phase::kOffsets, Action::kDrop, 0, Remedy::kReplace, true},
    {"RefusedAndFencedAgainAndAgain", Phase::kCommit, Action::kStop, kFencesMax, Remedy::kStop, true},
    {"FencedWhileTakingOver", Phase::kTakeOver, Action::kStop, 1, Remedy::kReplace},
    {"AbortedWhileTakingOver", Phase::kTakeOver, Action::kDrop, 0, Remedy::kReplace},
    {"AMessageFailed", Phase::kWrite, Action::kDrop, 0, Remedy::kAbort},
    {"NoRoomForTooLong", Phase::kWrite, Action::kRetry, 0, Remedy::kReplace},
    {"TheHandleIsFinished", Phase::kWrite, Action::kStop, 0, Remedy::kReplace},
    {"TheGroupWentOn", Phase::kOffsets, Action::kDrop, 0, Remedy::kAbort},
    {"NoWordOnTheOffsets", Phase::kOffsets, Action::kRetry, 0, Remedy::kReplace},
    {"TheCommitIsInDoubt", Phase::kCommit, Action::kStop, 0, Remedy::kReplace},
    {"TheBrokersRefuseTheCommit", Phase::kCommit, Action::kDrop, 0, Remedy::kAbort},
    {"NotEvenTheAbort", Phase::kAbort, Action::kDrop, 0, Remedy::kReplace},
    {"FencedOnce", Phase::kCommit, Action::kStop, 1, Remedy::kReplace},
    {"FencedAgainAndAgain", Phase::kCommit, Action::kStop, kFencesMax, Remedy::kStop},
};

TEST(TransactionPlan, HasARemedyForEveryFailure) {
  for (const Case& row : kCases) {
    EXPECT_EQ(remedy_of({row.phase, row.action, row.fences, row.refused}), row.remedy) << row.name;
  }
}

TEST(TransactionPlan, PausesLongerAndLongerUpToABound) {
  EXPECT_EQ(pause_after(0), Millis(200));
  EXPECT_EQ(pause_after(1), Millis(200));
  EXPECT_EQ(pause_after(2), Millis(400));
  EXPECT_EQ(pause_after(5), Millis(3'200));
  EXPECT_EQ(pause_after(6), Millis(5'000));
  EXPECT_EQ(pause_after(1'000'000), Millis(5'000));
}

TEST(Pauses, OnlyACommitMakesThemShortAgain) {
  Pauses pauses;
  EXPECT_EQ(pauses.after_failure(false, 0), Millis(200));
  EXPECT_EQ(pauses.after_failure(false, 0), Millis(400));
  EXPECT_EQ(pauses.after_failure(false, 0), Millis(800));
  EXPECT_EQ(pauses.failures(), 3);
  pauses.committed();
  EXPECT_EQ(pauses.failures(), 0);
  EXPECT_EQ(pauses.after_failure(false, 0), Millis(200));
}

TEST(Pauses, WhoIsRefusedWaitsAsAVehicleDoes) {
  Pauses pauses;
  pauses.after_failure(false, 0);
  for (const int seconds : {30, 60, 120, 240, 450, 450}) {
    EXPECT_EQ(pauses.after_failure(true, 0), Millis(seconds * 1'000)) << "of the shortest";
  }
  pauses.renewed();
  EXPECT_EQ(pauses.after_failure(true, 0), Millis(30'000)) << "with other credentials";
  EXPECT_EQ(pauses.after_failure(true, 60'000), Millis(120'000)) << "of the longest";
  EXPECT_EQ(pauses.failures(), 9);
  pauses.committed();
  EXPECT_EQ(pauses.after_failure(true, 30'000), Millis(60'000));
  for (int i = 0; i < 20; ++i) pauses.after_failure(true, 0);
  EXPECT_EQ(pauses.after_failure(true, 450'000), Millis(900'000));
}

TEST(CommitPolicy, IsDueByTimeSinceTheFirstOrByBytes) {
  CommitPolicy policy{Millis(500)};
  const base::BootTime start{Millis(1'000)};
  EXPECT_FALSE(policy.is_due(start + Millis(10'000))) << "nothing to commit";
  policy.add(start, 0);
  policy.add(start + Millis(400), 100);
  EXPECT_FALSE(policy.is_due(start + Millis(499)));
  EXPECT_TRUE(policy.is_due(start + Millis(500)));
  policy.reset();
  EXPECT_FALSE(policy.has_work());
  for (int i = 0; i < 1'000'000; ++i) policy.add(start, 1);
  EXPECT_FALSE(policy.is_due(start)) << "not by counts";
  policy.add(start, CommitPolicy::kBytesMax);
  EXPECT_TRUE(policy.is_due(start));
}

}  // namespace
}  // namespace odograph::process
