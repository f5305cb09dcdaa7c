#include "lib/base/output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

namespace odograph::base {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

/// The writing end of a pipe whose reading end is closed.
File unread_pipe() {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  return File(::fdopen(ends[1], "w"));
}

TEST(Output, AFullDiskIsNoEndAndAReaderThatLeftIsOne) {
  EXPECT_TRUE(output_failed(EPIPE));
  const auto full = output_failed(ENOSPC);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().action, Action::kStop);
  EXPECT_EQ(full.error().what, "write to standard output: No space left on device; what was written is incomplete");
  EXPECT_FALSE(output_failed(0));
}

TEST(Output, FinishingTellsWhatCouldNotBeWritten) {
  const File sound(std::tmpfile());
  std::fputs("text", sound.get());
  EXPECT_TRUE(finish_output(sound.get()));

  const File full(std::fopen("/dev/full", "w"));
  std::fputs("text", full.get());
  EXPECT_FALSE(finish_output(full.get())) << "what stdio held back";

  const File earlier(std::fopen("/dev/full", "w"));
  std::fputs("text", earlier.get());
  EXPECT_NE(std::fflush(earlier.get()), 0);
  EXPECT_FALSE(finish_output(earlier.get())) << "what failed before";
}

TEST(Output, AReaderThatLeftEndsItQuietly) {
  const File pipe = unread_pipe();
  std::fputs("text", pipe.get());
  EXPECT_TRUE(finish_output(pipe.get()));
  EXPECT_NE(std::ferror(pipe.get()), 0);
  EXPECT_TRUE(finish_output(pipe.get())) << "also when an earlier write failed";
}

}  // namespace
}  // namespace odograph::base
