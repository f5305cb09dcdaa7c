#include <gtest/gtest.h>

#include "agent/traffic/data_budget.h"
#include "lib/base/crc32c.h"

namespace odograph::traffic {
namespace {

DataAccount full() {
  DataAccount account;
  account.month = std::chrono::year{2026} / std::chrono::November;
  account.bytes = 42'000'000;
  account.undated_bytes = 7;
  account.before = std::chrono::year{2026} / std::chrono::October;
  account.before_bytes = 90'000'000;
  account.recent_bytes = 1'234'567;
  account.recent_age = std::chrono::days{40};
  account.utc = base::from_rfc3339("2026-11-23T12:00:00.250Z");
  return account;
}

std::string with_checksum(const std::string& text) { return text + std::to_string(base::crc32c(text)) + "\n"; }

TEST(DataLine, ComesBackAsItWas) {
  for (const DataAccount& account : {full(), DataAccount{}}) {
    const auto read = from_line(to_line(account, 0));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, account);
  }
}

TEST(DataLine, BringsItsMarginAlong) {
  const auto read = from_line(to_line(full(), 5'000));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->used(), full().used() + 5'000);
  EXPECT_EQ(read->recent_bytes, full().recent_bytes + 5'000);
}

// A golden line: what a released version wrote is read for ever.
TEST(DataLine, IsReadAsItHasAlwaysBeen) {
  const auto read =
      from_line(with_checksum("odograph-data 1 24322 42000000 7 24321 90000000 1234567 3456000000 1795435200250 0 "));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, full());
}

TEST(DataLine, IsRefusedWhereItIsNotSound) {
  const std::string good = "odograph-data 1 24322 4 7 24321 9 12 34 1795435200250 0 ";
  ASSERT_TRUE(from_line(with_checksum(good)));
  const std::pair<const char*, std::string> cases[] = {
      {"Nothing", ""},
      {"AnotherFile", with_checksum("something else 1 ")},
      {"ALaterVersion", with_checksum("odograph-data 2 24322 4 7 24321 9 12 34 1795435200250 0 ")},
      {"CutShort", with_checksum(good).substr(0, 30)},
      {"NoNewline", good + std::to_string(base::crc32c(good))},
      {"AnotherNumber", with_checksum(good).replace(22, 1, "5")},
      {"AWordTooFew", with_checksum("odograph-data 1 24322 4 7 24321 9 12 34 1795435200250 ")},
      {"AWordTooMany", with_checksum(good + "1 ")},
      {"NoNumber", with_checksum("odograph-data 1 24322 four 7 24321 9 12 34 1795435200250 0 ")},
      {"BytesUnknown", with_checksum("odograph-data 1 24322 - 7 24321 9 12 34 1795435200250 0 ")},
      {"Negative", with_checksum("odograph-data 1 24322 -4 7 24321 9 12 34 1795435200250 0 ")},
      {"AMonthTooLate", with_checksum("odograph-data 1 120000 4 7 24321 9 12 34 1795435200250 0 ")},
      {"TooManyBytes", with_checksum("odograph-data 1 24322 4000000000000000000 7 24321 9 12 34 1 0 ")},
      {"MoreThanANumberHolds", with_checksum("odograph-data 1 24322 99999999999999999999 7 24321 9 12 34 1 0 ")},
      {"TooLong", with_checksum(good + std::string(600, '0') + " ")},
      {"NoText", std::string(100, '\0')},
  };
  for (const auto& [name, line] : cases) {
    const auto read = from_line(line);
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().action, base::Action::kDrop) << name;
  }
}

TEST(DataLine, HoldsTheLargestNumbers) {
  DataAccount account = full();
  account.bytes = account.before_bytes = ~std::uint64_t{0};
  account.recent_bytes = 1e30;
  const auto read = from_line(to_line(account, ~std::uint64_t{0}));
  ASSERT_TRUE(read);
  EXPECT_GE(read->bytes, std::uint64_t{1} << 59);
}

}  // namespace
}  // namespace odograph::traffic
