#include "lib/aws/run_program.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include "lib/aws/test_certificates.h"

namespace odograph::aws {
namespace {

using base::Action;
using Words = std::vector<std::string>;
constexpr base::Millis kLong{20'000};

TEST(SplitCommand, TakesQuotesAndExpandsNothing) {
  struct Row {
    const char* command;
    Words expected;
  };
  const Row rows[] = {
      {"a b\tc", {"a", "b", "c"}},
      {"  a  ", {"a"}},
      {"a 'b c' \"d e\"", {"a", "b c", "d e"}},
      {"a b'c d'e", {"a", "bc de"}},
      {R"(a \"b\" c\ d '\' "\"")", {"a", "\"b\"", "c d", "\\", "\""}},
      {"a ''", {"a", ""}},
      {"a $HOME `b` *.c ~ ; d | e > f && g",
       {"a", "$HOME", "`b`", "*.c", "~", ";", "d", "|", "e", ">", "f", "&&", "g"}},
  };
  for (const Row& row : rows) {
    const auto words = split_command(row.command);
    ASSERT_TRUE(words) << row.command;
    EXPECT_EQ(*words, row.expected) << row.command;
  }
  std::string many = "a";
  for (std::size_t i = 0; i < kProgramWordsMax; ++i) many += " a";
  for (const std::string& bad : {std::string{}, std::string("  "), std::string("''"), std::string("a 'b"),
                                 std::string("a \"b"), std::string("a\\"), many + " a"}) {
    const auto words = split_command(bad);
    ASSERT_FALSE(words) << bad;
    EXPECT_EQ(words.error().action, Action::kStop);
  }
}

TEST(RunProgram, GivesOutputErrorsAndExitCode) {
  const auto end = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"}, kLong);
  ASSERT_TRUE(end) << end.error().what;
  EXPECT_EQ(end->output, "out\n");
  EXPECT_EQ(end->errors, "err\n");
  EXPECT_EQ(end->exit_code, 3);
}

TEST(RunProgram, HasNothingToReadAndNoneOfOurSignalsOrFiles) {
  sigset_t term;
  sigset_t before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &term, &before);
  const auto end = run_program({"sh", "-c", "cat; ls /proc/self/fd | wc -l; kill -TERM $$; echo still here"}, kLong);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(end) << end.error().what;
  // Standard input, output, error, and the folder that ls reads.
  EXPECT_EQ(end->output, "4\n");
  EXPECT_EQ(end->exit_code, 128 + SIGTERM);
}

TEST(RunProgram, DoesNotWaitForWhatHoldsItsOutputOpen) {
  const auto began = std::chrono::steady_clock::now();
  const auto end = run_program({"sh", "-c", "sleep 60 & echo done"}, kLong);
  ASSERT_TRUE(end) << end.error().what;
  EXPECT_EQ(end->output, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{15});
}

TEST(RunProgram, KillsTheWholeGroupAtTheDeadline) {
  const auto began = std::chrono::steady_clock::now();
  const auto end = run_program({"sh", "-c", "trap '' TERM INT HUP; sleep 60 & wait; sleep 60"}, base::Millis{200});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().action, Action::kRetry);
  EXPECT_EQ(end.error().what, "did not end within 200 ms and was killed");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{15});
}

TEST(RunProgram, BoundsItsOutput) {
  const auto most = run_program({"sh", "-c", "head -c 65536 /dev/zero"}, kLong);
  ASSERT_TRUE(most) << most.error().what;
  EXPECT_EQ(most->output.size(), kProgramOutputBytesMax);
  for (const char* command : {"head -c 65537 /dev/zero", "cat /dev/zero"}) {
    const auto end = run_program({"sh", "-c", command}, kLong);
    ASSERT_FALSE(end) << command;
    EXPECT_EQ(end.error().action, Action::kRetry);
    EXPECT_EQ(end.error().what, "printed more than 65536 bytes");
  }
  const auto noisy = run_program({"sh", "-c", "head -c 200000 /dev/zero >&2; echo fine"}, kLong);
  ASSERT_TRUE(noisy) << noisy.error().what;
  EXPECT_EQ(noisy->output, "fine\n");
  EXPECT_EQ(noisy->errors.size(), kProgramErrorBytesMax);
}

TEST(RunProgram, SaysWhatCannotBeStarted) {
  const TestFolder folder;
  const std::string text = folder.write("text", "#!/bin/sh\n");
  for (const Words& words : {Words{"/nowhere/program"}, Words{"no-such-program-of-ours"}, Words{text}}) {
    const auto end = run_program(words, kLong);
    ASSERT_FALSE(end) << words[0];
    EXPECT_EQ(end.error().action, Action::kStop);
    EXPECT_EQ(end.error().what.find("cannot start " + words[0] + ": "), 0U) << end.error().what;
  }
}

}  // namespace
}  // namespace odograph::aws
