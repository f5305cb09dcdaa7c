#include "fleet/trips/csv.h"

#include <gmock/gmock.h>

namespace odograph::trips {
namespace {

using Rows = std::vector<std::vector<std::string>>;

struct Case {
  const char* name;
  std::string text;
  Rows rows;
  const char* refused = "";  ///< Empty where it is taken; else what the error says.
};

const Case kCases[] = {
    {"Empty", "", {}},
    {"OneCell", "a", {{"a"}}},
    {"Commas", "a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
    {"Semicolons", "a;b\n1;2,5\n", {{"a", "b"}, {"1", "2,5"}}},
    {"Tabs", "a\tb\n1\t2\n", {{"a", "b"}, {"1", "2"}}},
    {"CrLfAndNoLastEnd", "a,b\r\n1,2", {{"a", "b"}, {"1", "2"}}},
    {"ByteOrderMark",
     "\xEF\xBB\xBF"
     "a,b\n",
     {{"a", "b"}}},
    {"EmptyCells", ",\n,,\n", {{"", ""}, {"", "", ""}}},
    {"EmptyLinesAreLeftOut", "a,b\n\n\r\n1,2\n\n", {{"a", "b"}, {"1", "2"}}},
    {"QuotedSeparatorAndLineEnd", "\"a,\nb\",c\n", {{"a,\nb", "c"}}},
    {"DoubledQuotes", "\"say \"\"hi\"\"\",\"\"\n", {{"say \"hi\"", ""}}},
    {"QuoteInsideAPlainCell", "a\"b,c\n", {{"a\"b", "c"}}},
    {"QuoteThatNeverEnds", "a,b\n\"1,2\n", {{"a", "b"}}, "a quote that never ends"},
    {"TextBehindAQuote", "\"a\"b,c\n", {}, "something follows a quoted cell"},
    {"TooManyCells", std::string(kCsvColumnsMax, ','), {}, "more than 256 cells"},
};

class Csv : public testing::TestWithParam<Case> {};

TEST_P(Csv, RowsOrWhatIsWrong) {
  CsvReader reader(GetParam().text);
  Rows rows;
  CsvRow row;
  std::string refused;
  while (true) {
    const auto more = reader.next(row);
    if (!more) refused = more.error().what;
    if (!more || !*more) break;
    rows.push_back(row.cells);
  }
  EXPECT_EQ(rows, GetParam().rows);
  EXPECT_EQ(refused, GetParam().refused);
}

INSTANTIATE_TEST_SUITE_P(All, Csv, testing::ValuesIn(kCases), [](const auto& one) { return one.param.name; });

TEST(CsvLines, AreCountedThroughQuotesAndEmptyLines) {
  CsvReader reader("a,\"b\nc\"\n\n\nd,e\n");
  CsvRow row;
  ASSERT_TRUE(*reader.next(row));
  EXPECT_EQ(row.line, 1U);
  ASSERT_TRUE(*reader.next(row));
  EXPECT_EQ(row.line, 5U);
}

}  // namespace
}  // namespace odograph::trips
