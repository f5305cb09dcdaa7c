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
};

const Case kCases[] = {
    {"NobodyAnswersYet", Phase::kTakeOver, Action::kRetry, 0, Remedy::kAgain},
    {"NotAllowed", Phase::kTakeOver, Action::kStop, 0, Remedy::kStop},
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
  for (const Case& row : kCases) EXPECT_EQ(remedy_of(row.phase, row.action, row.fences), row.remedy) << row.name;
}

TEST(TransactionPlan, PausesLongerAndLongerUpToABound) {
  EXPECT_EQ(pause_after(0), Millis(200));
  EXPECT_EQ(pause_after(1), Millis(200));
  EXPECT_EQ(pause_after(2), Millis(400));
  EXPECT_EQ(pause_after(5), Millis(3'200));
  EXPECT_EQ(pause_after(6), Millis(5'000));
  EXPECT_EQ(pause_after(1'000'000), Millis(5'000));
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
