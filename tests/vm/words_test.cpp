#include "tests/vm/words.h"

#include <gtest/gtest.h>

namespace odograph::vm {
namespace {

struct Case {
  const char* name;
  std::vector<std::string_view> given;
  bool is_taken;
};

const Case kCases[] = {
    {"All", {"--disk", "d", "--seed", "7"}, true},
    {"OnlyWhatIsNeeded", {"--disk", "d"}, true},
    {"TheLastOneCounts", {"--disk", "c", "--disk", "d"}, true},
    {"Nothing", {}, false},
    {"NotWhatIsNeeded", {"--seed", "7"}, false},
    {"NeededAndEmpty", {"--disk", ""}, false},
    {"WithoutItsWord", {"--disk", "d", "--seed"}, false},
    {"Unknown", {"--disk", "d", "--sed", "7"}, false},
    {"AWordWithoutItsOption", {"d"}, false},
};

TEST(Words, ArePairsOfKnownOptions) {
  for (const Case& row : kCases) {
    const auto words = Words::read({{"--disk", ""}, {"--seed", "1"}}, row.given, {"--disk"});
    EXPECT_EQ(words.has_value(), row.is_taken) << row.name;
    if (words) EXPECT_EQ(words->word("--disk"), "d") << row.name;
  }
}

TEST(Words, HaveNumbers) {
  const auto words = Words::read({{"--a", "12"}, {"--b", "x"}, {"--c", ""}}, {"--a", "13"}, {});
  ASSERT_TRUE(words);
  EXPECT_EQ(words->number("--a"), 13U);
  EXPECT_EQ(words->number("--b"), 0U);
  EXPECT_EQ(words->number("--c"), 0U);
}

}  // namespace
}  // namespace odograph::vm
