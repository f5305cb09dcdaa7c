#include "tests/vm/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "agent/outbox/outbox_fixture.h"
#include "lib/base/ids.h"
#include "tests/powercut/process.h"
#include "tests/powercut/records.h"
#include "tests/vm/event_log.h"

namespace odograph::vm {
namespace {

constexpr std::uint32_t kRecords = 10;

/// A file with the bulk records 1 to 10, in one boot that did not end in order.
class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    outbox::Options options;
    options.directory = dir_.path();
    options.source_key = "file";
    powercut::Process process(options);
    EXPECT_FALSE(process.loop->open(process.now));
    for (std::uint32_t i = 1; i <= kRecords; ++i) {
      EXPECT_TRUE(process.push(model::Lane::kBulk, powercut::record_of(model::Lane::kBulk, i, powercut::Weather::kFair),
                               {i, 0}));
    }
    process.loop->ask_flush();
    process.loop->step(process.now);
    stream_ = base::to_hex16(process.loop->stats().stream_id);
  }

  std::string opened(int boot = 1) const { return "O " + stream_ + " " + std::to_string(boot) + " 7\n"; }
  static std::string pushed(std::uint32_t first, std::uint32_t last) {
    std::string lines;
    for (std::uint32_t i = first; i <= last; ++i) lines += "P 3 " + std::to_string(i) + "\n";
    return lines;
  }
  static std::string durable(std::uint32_t bulk) { return "S 0 1 " + std::to_string(bulk) + " 0 0 0\n"; }

  base::Result<Story> read(const std::string& lines) {
    std::ofstream(dir_.path() / "notes") << lines;
    return Story::read(dir_.path() / "notes");
  }
  /// What does not fit, if the first `told` lines were told and the others only possible.
  std::string wrong(const std::string& lines, std::size_t told = 1000) {
    const auto story = read(lines);
    EXPECT_TRUE(story) << (story ? "" : story.error().what);
    Teller teller(*story, Teller::Promises::kCount);
    teller.go_to(told);
    return check(dir_.path(), teller, story->events().size()).wrong;
  }

  outbox::TempDir dir_;
  std::string stream_;
};

TEST_F(CheckTest, WhatWasReportedIsThere) { EXPECT_EQ(wrong(opened() + pushed(1, 10) + durable(10)), ""); }

TEST_F(CheckTest, MoreMayBeThereThanWasReported) { EXPECT_EQ(wrong(opened() + pushed(1, 10) + durable(3)), ""); }

/// The file does not hold what follows; its third line promises it.
std::string going_on() { return "P 3 11\nP 3 12\nF\nB\nE\n"; }

TEST_F(CheckTest, MoreMayHaveHappenedThanWasNotedForCertain) {
  EXPECT_EQ(wrong(opened() + pushed(1, 10) + durable(10) + going_on(), 1), "");
}

TEST_F(CheckTest, WhatIsNotCertainIsNotAskedFor) {
  EXPECT_EQ(wrong(opened() + pushed(1, 10) + durable(10) + going_on(), 14), "");
}

TEST_F(CheckTest, WhatIsCertainIsAskedFor) {
  EXPECT_NE(wrong(opened() + pushed(1, 10) + durable(10) + going_on(), 15), "") << "12 records were flushed";
}

TEST_F(CheckTest, ABootThatMayHaveBegunNeedNotBeOnTheDisk) {
  EXPECT_EQ(wrong(opened() + pushed(1, 10) + durable(10) + opened(2) + pushed(20, 21), 12), "");
}

TEST_F(CheckTest, ReportedAndGone) {
  EXPECT_THAT(wrong(opened() + pushed(1, 12) + durable(12)), testing::HasSubstr("bulk 1/10 is told as the end"));
}

TEST_F(CheckTest, FlushedAndGone) {
  EXPECT_THAT(wrong(opened() + pushed(1, 11) + "F\n"), testing::HasSubstr("bulk 1/11 was flushed and is gone"));
}

TEST_F(CheckTest, NeverPushed) {
  EXPECT_THAT(wrong(opened() + pushed(1, 9) + durable(9)), testing::HasSubstr("was not pushed in that boot"));
}

TEST_F(CheckTest, AnotherStream) {
  const std::string other = "O 0123456789abcdef 1 7\n";
  EXPECT_THAT(wrong(other + pushed(1, 10) + durable(10)), testing::HasSubstr("the stream is another one"));
}

TEST_F(CheckTest, AnotherOrder) { EXPECT_NE(wrong(opened() + pushed(2, 10) + durable(9)), ""); }

TEST_F(CheckTest, ABootThatWasReportedAndIsNotOnTheDisk) {
  EXPECT_THAT(wrong(opened() + pushed(1, 10) + durable(10) + opened(2)), testing::HasSubstr("boot 2 is used twice"));
}

TEST_F(CheckTest, ADiskThatLiedMayHaveLess) {
  const auto story = read(opened() + pushed(1, 12) + durable(12) + "F\n");
  ASSERT_TRUE(story);
  Teller teller(*story, Teller::Promises::kMayBreak);
  teller.go_to(story->events().size());
  const Found found = check(dir_.path(), teller, story->events().size());
  EXPECT_EQ(found.wrong, "");
  EXPECT_EQ(found.records, kRecords);
  ASSERT_TRUE(found.told);
  EXPECT_EQ(found.told->previous_ends.bulk, kRecords);
}

TEST_F(CheckTest, LinesThatAreNoNotesAreRefused) {
  const char* const refused[] = {"",
                                 "X\n",
                                 "O 12 1 1\n",
                                 "O 0123456789abcdef 1\n",
                                 "O\n",
                                 "P 4 1\n",
                                 "P 3\n",
                                 "R 0 1\n",
                                 "S 1 2 3 4 5\n",
                                 "H 3 1 1\n",
                                 "H 3 1 7 1 1 1 0 abc\n",
                                 "H 3 1 7 1 1 1 0 zz\n",
                                 "\n"};
  for (const char* lines : refused) EXPECT_FALSE(*lines != '\0' && read(lines)) << lines;
  EXPECT_TRUE(read("T ok \nN a note\nB\nE\nF\nS 1 2 3 4 5 6\nH 3 1 7 1 1 1 0 ab\n"));
  EXPECT_FALSE(Story::read(dir_.path() / "missing"));
}

TEST_F(CheckTest, AnEventLogIsReadBack) {
  const auto path = dir_.path() / "events";
  auto log = EventLog::open(path, "");
  ASSERT_TRUE(log);
  EXPECT_TRUE(log->note("P 3 7"));
  EXPECT_TRUE(log->note("R 3 7"));
  EXPECT_TRUE(log->mark()) << "without a device a mark is nothing";
  const auto story = Story::read(path);
  ASSERT_TRUE(story);
  ASSERT_EQ(story->events().size(), 2U);
  EXPECT_EQ(story->events()[0].serial, 7U);
  EXPECT_FALSE(story->events()[0].taken) << "it was refused";
  EXPECT_FALSE(EventLog::open(dir_.path() / "missing" / "events", ""));
}

}  // namespace
}  // namespace odograph::vm
