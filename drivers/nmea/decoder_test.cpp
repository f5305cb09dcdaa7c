#include "drivers/nmea/nmea_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "drivers/nmea/test_allocations.h"
#include "drivers/nmea/test_support.h"

namespace odograph::nmea {
namespace {

void expect_same(const std::vector<model::Reading>& found, const std::vector<model::Reading>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].offset, expected[i].offset) << i;
    ASSERT_EQ(fix_of(found[i]), fix_of(expected[i])) << i;
  }
}

std::vector<model::Reading> decode_in_pieces(const std::string& bytes, std::size_t longest, std::mt19937& random) {
  NmeaDecoder decoder({});
  drivers::Batch batch;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t piece = 1 + random() % longest;
    decoder.feed(std::string_view(bytes).substr(at, piece), base::BootTime{}, batch);
    at += piece;
  }
  decoder.finish(base::BootTime{}, batch);
  return batch.readings;
}

/// A drive with what a line does to it: bytes changed, lost and put in.
std::string damaged_drive(std::mt19937& random) {
  std::string log = generated_drive(300);
  for (int i = 0; i < 200; ++i) {
    const std::size_t at = random() % log.size();
    switch (random() % 3) {
      case 0: log[at] = static_cast<char>(random()); break;
      case 1: log.erase(at, random() % 40); break;
      default: log.insert(at, std::string(random() % 400, static_cast<char>(random())));
    }
  }
  return log;
}

TEST(Decoder, CountsADriveExactly) {
  const Decoded decoded = decode(generated_drive(1'000));
  EXPECT_EQ(decoded.readings.size(), 1'000U);
  EXPECT_EQ(decoded.counters.sentences, 3'000U);
  EXPECT_EQ(decoded.counters.bad_checksum + decoded.counters.malformed + decoded.counters.unknown_type, 0U);
  EXPECT_EQ(decoded.counters.garbage_bytes, 0U);
}

TEST(Decoder, ReadingsAndOffsetsDoNotDependOnTheCuts) {
  std::mt19937 random(11);
  for (int round = 0; round < 12; ++round) {
    const std::string log = damaged_drive(random);
    const Decoded whole = decode(log);
    ASSERT_GT(whole.readings.size(), 100U);
    for (const std::size_t longest : {std::size_t{1}, std::size_t{20}, std::size_t{1'000}}) {
      expect_same(decode_in_pieces(log, longest, random), whole.readings);
    }
    for (std::size_t i = 1; i < whole.readings.size(); ++i) {
      ASSERT_GE(whole.readings[i].offset, whole.readings[i - 1].offset);
    }
    EXPECT_LE(whole.readings.back().offset, log.size());
  }
}

TEST(Decoder, TakenUpAtAnOffsetGivesTheRest) {
  const std::string log = generated_drive(50);
  const Decoded whole = decode(log);
  for (std::size_t i = 0; i < whole.readings.size(); ++i) {
    const std::size_t from = whole.readings[i].offset;
    const Decoded rest = decode(std::string_view(log).substr(from));
    ASSERT_EQ(rest.readings.size(), whole.readings.size() - i - 1);
    if (!rest.readings.empty()) EXPECT_EQ(rest.fix(0), whole.fix(i + 1));
  }
}

TEST(Decoder, NoiseGivesNothingAndIsCounted) {
  std::mt19937 random(3);
  std::string noise(1'000'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  const Decoded decoded = decode(noise);
  EXPECT_EQ(decoded.readings.size(), 0U);
  EXPECT_GT(decoded.counters.garbage_bytes, 900'000U);
  const Decoded after = decode(noise + "\r\n" + generated_drive(2));
  EXPECT_EQ(after.readings.size(), 2U);
}

TEST(Decoder, AllocatesNothingOnceTheBatchHasItsSize) {
  const std::string log = generated_drive(2'000);
  NmeaDecoder decoder({});
  drivers::Batch batch;
  batch.readings.reserve(64);
  const std::size_t before = allocation_count();
  std::size_t readings = 0;
  for (std::size_t at = 0; at < log.size(); at += 4'096) {
    batch.readings.clear();
    decoder.feed(std::string_view(log).substr(at, 4'096), base::BootTime{}, batch);
    readings += batch.readings.size();
  }
  const std::size_t during = allocation_count() - before;
  EXPECT_EQ(during, 0U);
  EXPECT_EQ(readings, 1'999U);
  batch = {};
  batch.readings.resize(1);
  EXPECT_GT(allocation_count(), before) << "the counter counts";
}

/// Bytes of a .gz file; nothing if there is no such file.
std::optional<std::string> read_gz(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return std::nullopt;
  std::string bytes;
  char buffer[1 << 16];
  for (int got = 0; (got = gzread(file, buffer, sizeof buffer)) > 0;)
    bytes.append(buffer, static_cast<std::size_t>(got));
  gzclose(file);
  return bytes;
}

/// One RMC as a reader with split and stol sees it, in the log's own fixed layout; nothing for other lines.
struct NaiveRmc {
  bool valid = false;
  model::Position position;
  std::string time;
  std::optional<std::int32_t> speed_mmps;
};

/// "12.340" as 12340 of 10^-3; told as (12340, 1000).
std::pair<long long, long long> naive_decimal(const std::string& text) {
  const std::size_t point = text.find('.');
  long long scale = 1;
  for (std::size_t i = point + 1; i < text.size(); ++i) scale *= 10;
  return {std::stoll(text.substr(0, point) + text.substr(point + 1)), scale};
}

std::int32_t naive_e7(const std::string& text, std::size_t degree_digits, bool negative) {
  const long long degrees = std::stoll(text.substr(0, degree_digits));
  const auto [minutes, scale] = naive_decimal(text.substr(degree_digits));
  const long long e7 = degrees * 10'000'000 + (minutes * 10'000'000 + 30 * scale) / (60 * scale);
  return static_cast<std::int32_t>(negative ? -e7 : e7);
}

std::optional<NaiveRmc> naive_rmc(const std::string& text) {
  if (text.rfind("$GPRMC,", 0) != 0) return std::nullopt;
  std::vector<std::string> fields;
  std::istringstream stream(text.substr(0, text.find('*')));
  for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
  NaiveRmc rmc;
  const std::string& t = fields.at(1);
  const std::string& d = fields.at(9);
  rmc.time = "20" + d.substr(4) + "-" + d.substr(2, 2) + "-" + d.substr(0, 2) + "T" + t.substr(0, 2) + ":" +
             t.substr(2, 2) + ":" + (t + "0").substr(4, 6) + "Z";
  rmc.valid = fields.at(2) == "A";
  if (!rmc.valid) return rmc;
  rmc.position = {naive_e7(fields.at(3), 2, fields.at(4) == "S"), naive_e7(fields.at(5), 3, fields.at(6) == "W")};
  const auto [knots, scale] = naive_decimal(fields.at(7));
  rmc.speed_mmps = static_cast<std::int32_t>((knots * 4'630 * 2 + 9 * scale) / (18 * scale));
  return rmc;
}

/// Goes through `log` with the naive reader; every RMC must be its own epoch. Returns how many were valid and void.
std::pair<std::size_t, std::size_t> compare_with_naive(const std::string& log, const Decoded& decoded) {
  std::size_t index = 0;
  std::size_t valid = 0;
  std::istringstream lines(log);
  for (std::string text; std::getline(lines, text);) {
    const auto rmc = naive_rmc(text);
    if (!rmc || index >= decoded.readings.size()) continue;
    const model::Fix& fix = decoded.fix(index++);
    EXPECT_EQ(fix.time ? base::to_rfc3339(*fix.time) : "", rmc->time);
    EXPECT_EQ(fix.position.has_value(), rmc->valid) << rmc->time;
    EXPECT_FALSE(fix.latched || fix.time_uncertain) << rmc->time;
    if (!rmc->valid) continue;
    ++valid;
    EXPECT_EQ(fix.position, rmc->position) << rmc->time;
    EXPECT_EQ(fix.speed_mmps, rmc->speed_mmps) << rmc->time;
  }
  EXPECT_EQ(index, decoded.readings.size()) << "an epoch for each RMC, and none besides";
  return {valid, index - valid};
}

TEST(Decoder, GivesEveryRmcItsOwnEpochWithItsExactIntegers) {
  const std::string log = generated_drive(5'000);
  EXPECT_EQ(compare_with_naive(log, decode(log)), std::pair(std::size_t{5'000}, std::size_t{0}));
}

/// Where the recorded drive is; it is no part of the repository, so the test is made only where somebody has it.
std::string recorded_drive() {
  const char* corpora = std::getenv("ODOGRAPH_CORPORA");
  return std::string(corpora != nullptr ? corpora : ODOGRAPH_SOURCE_DIR "/../shared/corpora") +
         "/nmea/swiss-drive.nmea.gz";
}

class RecordedDrive : public testing::TestWithParam<std::string> {};

TEST_P(RecordedDrive, GivesEveryRmcItsOwnEpochWithItsExactIntegers) {
  const auto log = read_gz(GetParam());
  ASSERT_TRUE(log) << GetParam();
  const Decoded decoded = decode(*log);
  EXPECT_EQ(compare_with_naive(*log, decoded), std::pair(std::size_t{10'327}, std::size_t{85}));
  EXPECT_EQ(decoded.counters.sentences, 38'938U);
  EXPECT_EQ(decoded.counters.bad_checksum, 0U);
}

std::vector<std::string> drives_at_hand() {
  if (!std::filesystem::exists(recorded_drive())) return {};
  return {recorded_drive()};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RecordedDrive);
INSTANTIATE_TEST_SUITE_P(AtHand, RecordedDrive, testing::ValuesIn(drives_at_hand()),
                         [](const auto& /*info*/) { return "SwissDrive"; });

}  // namespace
}  // namespace odograph::nmea
