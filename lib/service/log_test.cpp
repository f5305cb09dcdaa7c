#include "lib/service/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "lib/base/unique_fd.h"
#include "lib/service/repeat_filter.h"

namespace odograph::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  std::string all() {
    writer.reset();
    std::string out(65536, '\0');
    const ssize_t got = ::read(reader.get(), out.data(), out.size());
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  base::UniqueFd reader;
  base::UniqueFd writer;
};

TEST(Log, WritesTimeLevelAndText) {
  Pipe pipe;
  Log log(pipe.writer.get(), LogLevel::kInfo, LogFormat::kHuman);
  log.warning("{} records wait", 3);
  EXPECT_THAT(pipe.all(), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z warning 3 records wait\n"));
}

TEST(Log, TakesTheBarsPlaceOnATerminal) {
  Pipe pipe;
  Log log(pipe.writer.get(), LogLevel::kInfo, LogFormat::kAboveBar);
  log.info("a");
  EXPECT_THAT(pipe.all(), MatchesRegex("\r\x1b\\[K[0-9-]{10}T[0-9:.]{12}Z info    a\n"));
}

TEST(Log, WritesPrioritiesForTheJournal) {
  Pipe pipe;
  Log log(pipe.writer.get(), LogLevel::kDebug, LogFormat::kJournal);
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  EXPECT_EQ(pipe.all(), "<7>a\n<6>b\n<4>c\n<3>d\n");
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  Pipe pipe;
  Log log(pipe.writer.get(), LogLevel::kWarning, LogFormat::kJournal);
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.set_level(LogLevel::kInfo);
  log.info("d");
  EXPECT_EQ(pipe.all(), "<4>c\n<6>d\n");
}

TEST(Log, KeepsALineALine) {
  Pipe pipe;
  Log log(pipe.writer.get(), LogLevel::kInfo, LogFormat::kJournal);
  log.info("a\nb{}\r\x7F", "{}");
  log.info("{}", std::string(5000, 'x'));
  EXPECT_EQ(pipe.all(), "<6>a b{}  \n<6>" + std::string(2048, 'x') + "\n");
}

TEST(LogFormat, IsTheJournalsOnlyForItsOwnStream) {
  Pipe pipe;
  struct stat status {};
  ASSERT_EQ(::fstat(pipe.writer.get(), &status), 0);
  const std::string same = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_EQ(log_format_for(pipe.writer.get()), LogFormat::kHuman);
  ::setenv("JOURNAL_STREAM", same.c_str(), 1);
  EXPECT_EQ(log_format_for(pipe.writer.get()), LogFormat::kJournal);
  for (const std::string& other : {same + "0", std::string("8:1"), std::string()}) {
    ::setenv("JOURNAL_STREAM", other.c_str(), 1);
    EXPECT_EQ(log_format_for(pipe.writer.get()), LogFormat::kHuman) << other;
  }
  ::unsetenv("JOURNAL_STREAM");
}

TEST(LogLevel, KnowsItsFourNames) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::kDebug);
  EXPECT_EQ(parse_log_level("info"), LogLevel::kInfo);
  EXPECT_EQ(parse_log_level("warning"), LogLevel::kWarning);
  EXPECT_EQ(parse_log_level("error"), LogLevel::kError);
  for (const char* bad : {"", "Info", "warn", "trace"}) EXPECT_EQ(parse_log_level(bad), std::nullopt) << bad;
}

base::BootTime at(int ms) { return base::BootTime{base::Millis{ms}}; }

TEST(RepeatFilter, CountsWhatComesAgainWithinTheInterval) {
  RepeatFilter filter(base::Millis{1000});
  EXPECT_THAT(filter.on_line(at(0), "down"), ElementsAre("down"));
  EXPECT_THAT(filter.on_line(at(1), "down"), IsEmpty());
  EXPECT_THAT(filter.on_line(at(999), "down"), IsEmpty());
  EXPECT_THAT(filter.on_line(at(1000), "down"), ElementsAre("same message 2 times more: down", "down"));
  EXPECT_THAT(filter.on_line(at(2500), "down"), ElementsAre("down"));
}

TEST(RepeatFilter, TellsTheCountBeforeAnotherLine) {
  RepeatFilter filter(base::Millis{1000});
  EXPECT_THAT(filter.on_line(at(0), "down"), ElementsAre("down"));
  EXPECT_THAT(filter.on_line(at(1), "down"), IsEmpty());
  EXPECT_THAT(filter.on_line(at(2), "up"), ElementsAre("same message 1 time more: down", "up"));
  EXPECT_THAT(filter.finish(), IsEmpty());
  EXPECT_THAT(filter.on_line(at(3), "up"), ElementsAre("up"));
  EXPECT_THAT(filter.on_line(at(4), "up"), IsEmpty());
  EXPECT_THAT(filter.finish(), ElementsAre("same message 1 time more: up"));
}

}  // namespace
}  // namespace odograph::service
