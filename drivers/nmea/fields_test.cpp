#include "drivers/nmea/fields.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace odograph::nmea {
namespace {

/// As a field lies in a frame: behind a tag, and before a comma.
struct InFrame {
  explicit InFrame(const std::string& field) : text("$GPXXX," + field + ",9.9"), view(text.data() + 7, field.size()) {}
  std::string text;
  std::string_view view;
};

struct AngleCase {
  const char* text;
  std::uint32_t degrees_max;
  std::optional<std::int32_t> e7;
};

TEST(Fields, AnglesAreExactIntegersRoundedHalfUp) {
  const AngleCase rows[] = {
      {"4134.49821229", 90, 415'749'702},
      {"09345.03351845", 180, 937'505'586},
      {"4404.14063", 90, 440'690'105},
      {"8959.99999999", 90, 900'000'000},
      {"9000.00000", 90, 900'000'000},
      {"18000.0000", 180, 1'800'000'000},
      {"17959.987654", 180, 1'799'997'942},  // A float would be 0.8 m off.
      {"17959.9876540000", 180, 1'799'997'942},
      {"17959.98765400009999", 180, 1'799'997'942},  // Past ten decimals digits are cut.
      {"04719.9737", 90, 473'328'950},               // Latitude with five digits before the point.
      {"4719.9737", 90, 473'328'950},
      {"4719", 90, 473'166'667},
      {"4719.", 90, 473'166'667},
      {"119.5", 90, 13'250'000},
      {"0000.0000", 90, 0},
      {"0000.00003", 90, 5},
      {"0000.000003", 90, 1},  // 0.5 units exactly.
      {"0000.0000029", 90, 0},
      {"9100.0000", 90, std::nullopt},
      {"9000.00001", 90, std::nullopt},
      {"18000.00001", 180, std::nullopt},
      {"4575.0000", 90, std::nullopt},
      {"4560.0000", 90, std::nullopt},
      {"45x0.123", 90, std::nullopt},
      {"4500.12x", 90, std::nullopt},
      {"4500.12345678901x", 90, std::nullopt},
      {"4500.1.2", 90, std::nullopt},
      {"-4500.12", 90, std::nullopt},
      {"45.12", 90, std::nullopt},
      {"004500.12", 180, std::nullopt},
      {"nan", 90, std::nullopt},
      {"45:0.123", 90, std::nullopt},
      {"45/0.123", 90, std::nullopt},
  };
  for (const AngleCase& row : rows) {
    EXPECT_EQ(read_angle_e7(InFrame(row.text).view, row.degrees_max), row.e7) << row.text;
  }
}

struct DecimalCase {
  const char* text;
  std::uint64_t max;
  std::optional<std::uint64_t> centi;
};

TEST(Fields, DecimalsAreHundredthsRoundedHalfUp) {
  constexpr std::uint64_t kAny = 1'000'000'000;
  const DecimalCase rows[] = {
      {"0", kAny, 0},
      {"12.3456", kAny, 1'235},
      {"12.34", kAny, 1'234},
      {"12.345", kAny, 1'235},
      {"12.344999", kAny, 1'234},
      {".5", kAny, 50},
      {".0051", kAny, 1},
      {"7.", kAny, 700},
      {"1234567.", kAny, 123'456'700},
      {"99.99", kAny, 9'999},
      {"123456789", kAny, 12'345'678'900},
      {"123456.789", kAny, 12'345'679},
      {"1.123456789", kAny, 112},
      {"1.1249999", kAny, 112},
      {"0.004999", kAny, 0},
      {"360", 360, 36'000},
      {"360.00", 360, 36'000},
      {"359.999", 360, 36'000},
      {"360.01", 360, std::nullopt},
      {"360.001", 360, std::nullopt},
      {"361", 360, std::nullopt},
      {".", kAny, std::nullopt},
      {"", kAny, std::nullopt},
      {"1234567890", kAny, std::nullopt},
      {"-1", kAny, std::nullopt},
      {"-1.5", kAny, std::nullopt},
      {"1e3", kAny, std::nullopt},
      {"nan", kAny, std::nullopt},
      {"1..2", kAny, std::nullopt},
      {"1.2.3", kAny, std::nullopt},
      {"1,2", kAny, std::nullopt},
      {"0x10", kAny, std::nullopt},
      {"1.12345678x", kAny, std::nullopt},
  };
  for (const DecimalCase& row : rows) EXPECT_EQ(read_centi(InFrame(row.text).view, row.max), row.centi) << row.text;
}

struct TimeCase {
  const char* text;
  std::optional<std::int32_t> ms;
  bool leap_second = false;
};

TEST(Fields, TimesAreMillisecondsOfTheDay) {
  const TimeCase rows[] = {
      {"000000", 0},
      {"112225.844", 40'945'844},
      {"112225.8", 40'945'800},
      {"112225.", 40'945'000},
      {"112225.84", 40'945'840},
      {"112225.08", 40'945'080},
      {"112225.8449", 40'945'844},
      {"235959.999", 86'399'999},
      {"235960", 86'399'999, true},
      {"235960.500", 86'399'999, true},
      {"256199", std::nullopt},
      {"240000", std::nullopt},
      {"106000", std::nullopt},
      {"101061", std::nullopt},
      {"10153", std::nullopt},
      {"1015300", std::nullopt},
      {"10153x", std::nullopt},
      {"101530.x", std::nullopt},
      {"101530.1x", std::nullopt},
      {"101530.12x", std::nullopt},
      {"101530x12", std::nullopt},
      {"-01530", std::nullopt},
  };
  for (const TimeCase& row : rows) {
    TimeOfDay time;
    ASSERT_EQ(read_time(InFrame(row.text).view, time), row.ms.has_value()) << row.text;
    if (!row.ms) continue;
    EXPECT_EQ(time.ms, *row.ms) << row.text;
    EXPECT_EQ(time.leap_second, row.leap_second) << row.text;
  }
}

struct DateCase {
  const char* text;
  std::optional<std::chrono::year_month_day> date;
};

TEST(Fields, DatesTurnTheCenturyAtSixtyNine) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  const DateCase rows[] = {
      {"030410", year{2010} / month{4} / day{3}},
      {"060180", year{1980} / month{1} / day{6}},
      {"010169", year{1969} / month{1} / day{1}},
      {"311268", year{2068} / month{12} / day{31}},
      {"290224", year{2024} / month{2} / day{29}},
      {"290223", std::nullopt},
      {"310410", std::nullopt},
      {"001010", std::nullopt},
      {"011310", std::nullopt},
      {"220899x", std::nullopt},
      {"2208-1", std::nullopt},
      {"22089", std::nullopt},
  };
  for (const DateCase& row : rows) {
    const auto date = read_date(InFrame(row.text).view);
    ASSERT_EQ(date.has_value(), row.date.has_value()) << row.text;
    if (date) EXPECT_EQ(std::chrono::year_month_day{*date}, *row.date) << row.text;
  }
}

TEST(Fields, DigitsAreAtMostNine) {
  EXPECT_EQ(read_digits(InFrame("007").view), 7U);
  EXPECT_EQ(read_digits(InFrame("999999999").view), 999'999'999U);
  for (const char* bad : {"", "1234567890", "1 2", "1-", ":", "/", "\xB1"}) {
    EXPECT_EQ(read_digits(InFrame(bad).view), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace odograph::nmea
