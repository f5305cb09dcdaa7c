#include "agent/outbox/commit_report.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <limits>
#include <string>
#include <vector>

#include "agent/outbox/outbox_fixture.h"

namespace odograph::outbox {
namespace {

using base::Millis;
using model::Lane;

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK), 0);
    reader.reset(fds[0]);
    writer.reset(fds[1]);
  }
  /// What is there now, as lines.
  std::vector<std::string> lines() {
    std::array<char, 4096> piece{};
    for (ssize_t got = 0; (got = ::read(reader.get(), piece.data(), piece.size())) > 0;) {
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
    std::vector<std::string> found;
    for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
      found.push_back(text.substr(0, end));
    }
    return found;
  }
  base::UniqueFd reader;
  base::UniqueFd writer;
  std::string text;
};

std::shared_ptr<CommitReport> report_to(int fd) {
  auto report = CommitReport::open(fd);
  EXPECT_TRUE(report) << (report ? "" : report.error().what);
  return report ? *report : nullptr;
}

Row row(Lane lane, std::uint64_t id, std::uint32_t first_n, std::uint32_t count) {
  return {.lane = lane, .id = id, .first_n = first_n, .count = count};
}

/// A commit of `count` bulk records of boot 1, beginning with `first_n`.
Batch bulk(std::uint32_t first_n, std::uint32_t count = 1) {
  Batch batch;
  batch.transaction.rows = {row(Lane::kBulk, chunk_id(1, first_n), first_n, count)};
  return batch;
}

CommittedRange range(Lane lane, std::uint32_t boot, std::uint32_t first_n, std::uint32_t last_n) {
  CommittedRange made{.stream_id = 7, .lane = lane, .boot = boot};
  made.first_n = first_n;
  made.last_n = last_n;
  return made;
}

TEST(CommittedRanges, AreOneForEachLaneAndRunOfNumbers) {
  struct Case {
    const char* name;
    std::vector<Row> rows;
    std::vector<CommittedRange> ranges;
  };
  const Case cases[] = {
      {"NothingButAcknowledgements", {}, {}},
      {"ChunksOfOneLane",
       {row(Lane::kBulk, chunk_id(1, 1), 1, 60), row(Lane::kBulk, chunk_id(1, 2), 61, 40)},
       {range(Lane::kBulk, 1, 1, 100)}},
      {"LanesInTheOrderOfSending",
       {row(Lane::kBulk, chunk_id(1, 1), 1, 2), row(Lane::kAlert, chunk_id(1, 1), 1, 1)},
       {range(Lane::kAlert, 1, 1, 1), range(Lane::kBulk, 1, 1, 2)}},
      {"AHoleInTheNumbers",
       {row(Lane::kBulk, chunk_id(1, 1), 1, 2), row(Lane::kBulk, chunk_id(1, 2), 4, 2)},
       {range(Lane::kBulk, 1, 1, 2), range(Lane::kBulk, 1, 4, 5)}},
      {"AnotherBoot",
       {row(Lane::kBulk, chunk_id(1, 1), 1, 2), row(Lane::kBulk, chunk_id(2, 1), 3, 1)},
       {range(Lane::kBulk, 1, 1, 2), range(Lane::kBulk, 2, 3, 3)}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Batch batch;
    batch.transaction.rows = c.rows;
    EXPECT_EQ(committed_ranges(7, batch), c.ranges);
  }
}

TEST(CommittedRanges, TellWhichInputIsInThem) {
  TempDir dir;
  Pipe pipe;
  Options options = Rig::plain(dir.path());
  options.commit_report = report_to(pipe.writer.release());
  Rig rig(options);
  rig.open();
  auto told = numbered(0);
  told.utc = base::UtcTime{Millis{1'700'000'000'250}};
  rig.push(Lane::kBulk, told, SourceMark{400, 0});
  rig.push(Lane::kBulk, told, SourceMark{480, 2});
  EXPECT_EQ(pipe.lines(), std::vector<std::string>{}) << "nothing is durable yet";
  rig.flush();
  const std::string stream = R"({"stream_id":")" + base::to_hex16(rig.loop->stats().stream_id) + R"(","lane":)";
  EXPECT_EQ(pipe.lines(), (std::vector<std::string>{
                              stream + R"("event","boot":1,"first_n":1,"last_n":1,"count":1,"commits":1,"own":1})",
                              stream + R"("bulk","boot":1,"first_n":1,"last_n":2,"count":2,"commits":1,)" +
                                  R"("last_time":"2023-11-14T22:13:20.250Z","mark":{"offset":480,"index":2}})"}));
  rig.push(Lane::kBulk, numbered(1));
  rig.flush();
  EXPECT_EQ(pipe.lines(),
            std::vector<std::string>{stream + R"("bulk","boot":1,"first_n":3,"last_n":3,"count":1,"commits":1})"});
  EXPECT_EQ(options.commit_report->stats().lines, 3U);
}

TEST(CommittedRanges, TakeNoLineLongerThanItsBound) {
  auto longest = range(Lane::kAlert, std::numeric_limits<std::uint32_t>::max(), 1, 0xFFFFFFFF);
  longest.commits = longest.own = std::numeric_limits<std::uint64_t>::max();
  longest.last_time = base::UtcTime{Millis{1'700'000'000'250}};
  longest.mark = SourceMark{std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint32_t>::max()};
  EXPECT_LE(to_line(longest, std::numeric_limits<std::uint64_t>::max()).size(), kReportLineBytesMax);
}

TEST(CommitReport, RefusesWhatItCannotWriteTo) {
  TempDir dir;
  Pipe pipe;
  const base::UniqueFd file(::open((dir.path() / "file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const base::UniqueFd folder(::open(dir.path().c_str(), O_RDONLY | O_CLOEXEC));
  const std::pair<int, const char*> cases[] = {{1'000'000, "is not open"},
                                               {-1, "is not open"},
                                               {STDIN_FILENO, "is taken"},
                                               {STDERR_FILENO, "is taken"},
                                               {pipe.reader.get(), "is open for reading only"},
                                               {folder.get(), "is open for reading only"},
                                               {file.get(), "is neither a pipe nor a socket"}};
  for (const auto& [fd, why] : cases) {
    const auto report = CommitReport::open(fd);
    ASSERT_FALSE(report) << fd;
    EXPECT_EQ(report.error().action, base::Action::kStop);
    EXPECT_NE(report.error().what.find(why), std::string::npos) << report.error().what;
  }
}

TEST(CommitReport, ASlowReaderGetsFewerAndLongerRangesAndNothingIsMissing) {
  Pipe pipe;
  ASSERT_GT(::fcntl(pipe.writer.get(), F_SETPIPE_SZ, 4096), 0);
  const auto report = report_to(pipe.writer.release());
  constexpr std::uint32_t kCommits = 2000;
  for (std::uint32_t n = 1; n <= kCommits; ++n) report->tell(7, bulk(n));
  EXPECT_EQ(report->stats().trouble, "commit report: the reader does not keep up");
  EXPECT_TRUE(report->pump(at(0)));
  std::string told;
  for (auto again = std::optional(at(0)); again;) {
    for (const auto& line : pipe.lines()) told += line + "\n";
    again = report->pump(*again);
  }
  for (const auto& line : pipe.lines()) told += line + "\n";
  std::uint32_t last = 0;
  std::uint64_t commits = 0;
  for (std::size_t from = 0; from < told.size(); from = told.find('\n', from) + 1) {
    const auto value = [&](const char* name) {
      return static_cast<std::uint32_t>(std::stoul(told.substr(told.find(name, from) + std::string(name).size())));
    };
    EXPECT_EQ(value("\"first_n\":"), last + 1);
    last = value("\"last_n\":");
    commits += value("\"commits\":");
  }
  EXPECT_EQ(last, kCommits);
  EXPECT_EQ(commits, kCommits);
  EXPECT_EQ(told.find("untold"), std::string::npos);
  const auto stats = report->stats();
  EXPECT_EQ(stats.lines + stats.joined, kCommits);
  EXPECT_GT(stats.joined, kCommits / 2);
  EXPECT_EQ(stats.untold, 0U);
  EXPECT_EQ(stats.trouble, "");
}

TEST(CommitReport, WhatCannotBeJoinedIsCountedAndToldInTheNextLine) {
  Pipe pipe;
  ASSERT_GT(::fcntl(pipe.writer.get(), F_SETPIPE_SZ, 4096), 0);
  const auto report = report_to(pipe.writer.release());
  // Every other number only: no two of these are one range.
  constexpr std::uint32_t kCommits = 1000;
  for (std::uint32_t i = 0; i < kCommits; ++i) report->tell(7, bulk(1 + 2 * i));
  std::vector<std::string> lines = pipe.lines();
  const std::uint64_t untold = report->stats().untold;
  EXPECT_EQ(untold, kCommits - lines.size() - kReportRangesMax);
  const auto first_after = lines.size();
  for (auto again = std::optional(at(0)); again;) {
    again = report->pump(*again);
    for (const auto& line : pipe.lines()) lines.push_back(line);
  }
  ASSERT_EQ(lines.size(), first_after + kReportRangesMax);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].ends_with(",\"untold\":" + std::to_string(untold) + "}"), i == first_after) << lines[i];
  }
  EXPECT_NE(lines.back().find("\"last_n\":1999,"), std::string::npos) << lines.back();
}

TEST(CommitReport, AReaderThatIsGoneEndsItAndNothingElse) {
  std::signal(SIGPIPE, SIG_IGN);
  TempDir dir;
  Pipe pipe;
  Options options = Rig::plain(dir.path());
  options.commit_report = report_to(pipe.writer.release());
  Rig rig(options);
  rig.open();
  pipe.reader.reset();
  for (int i = 0; i < 3; ++i) {
    rig.push(Lane::kBulk, numbered(i));
    rig.flush();
  }
  EXPECT_EQ(rig.stats(Lane::kBulk).durable, 3U);
  EXPECT_EQ(rig.loop->stats().state, State::kOk);
  const auto stats = options.commit_report->stats();
  EXPECT_EQ(stats.trouble, "commit report: ended, nobody reads it: Broken pipe");
  EXPECT_EQ(stats.untold, 4U);  // Three of bulk, and the boot record.
  EXPECT_FALSE(options.commit_report->pump(at(0)));
}

TEST(CommitReport, FinishesTheLineThatASocketTookInPart) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()), 0);
  Pipe ends;
  ends.reader.reset(fds[0]);
  const auto report = report_to(fds[1]);
  constexpr std::uint32_t kCommits = 20'000;
  for (std::uint32_t n = 1; n <= kCommits; ++n) report->tell(7, bulk(n));
  std::vector<std::string> lines;
  for (auto again = std::optional(at(0)); again;) {
    for (const auto& line : ends.lines()) lines.push_back(line);
    again = report->pump(*again);
  }
  for (const auto& line : ends.lines()) lines.push_back(line);
  for (const auto& line : lines) EXPECT_TRUE(line.starts_with("{\"stream_id\":") && line.ends_with("}")) << line;
  EXPECT_NE(lines.back().find("\"last_n\":20000,"), std::string::npos) << lines.back();
  EXPECT_EQ(ends.text, "");
}

}  // namespace
}  // namespace odograph::outbox
