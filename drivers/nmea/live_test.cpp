#include <gtest/gtest.h>

#include <string>

#include "drivers/nmea/test_support.h"

namespace odograph::nmea {
namespace {

using base::BootTime;
using base::Millis;

/// A live decoder, fed a sentence at a time.
class Live : public testing::Test {
 protected:
  static std::string clock(int second) { return "1015" + std::to_string(10 + second); }

  std::size_t feed(std::string_view text, Millis at) {
    decoder_.feed(line(text), BootTime{at}, batch_);
    return batch_.readings.size();
  }
  std::size_t rmc(int second, Millis at) {
    return feed("GPRMC," + clock(second) + ",A,5231.2,N,01324.6,E,1.0,,210625,,,A", at);
  }
  std::size_t gga(int second, Millis at, const std::string& talker = "GP") {
    return feed(talker + "GGA," + clock(second) + ",5231.2,N,01324.6,E,1,08,1.6,533.4,M,48.0,M,,", at);
  }
  std::size_t gsa(Millis at) { return feed("GPGSA,A,3,04,17,13,23,,,,,,,,,2.7,2.5,1.0", at); }
  const model::Fix& last() const { return fix_of(batch_.readings.back()); }

  NmeaDecoder decoder_{{.closing = Closing::kLive, .silence = Millis{150}}};
  drivers::Batch batch_;
};

TEST_F(Live, SilenceClosesAnEpoch) {
  EXPECT_EQ(decoder_.next_deadline(), std::nullopt);
  EXPECT_EQ(rmc(0, Millis{5'000}), 0U);
  EXPECT_EQ(gga(0, Millis{5'040}), 0U);
  EXPECT_EQ(decoder_.next_deadline(), BootTime{Millis{5'340}}) << "30 % of a second";
  decoder_.finish(BootTime{Millis{5'340}}, batch_);
  ASSERT_EQ(batch_.readings.size(), 1U);
  EXPECT_EQ(batch_.readings[0].received, BootTime{Millis{5'000}});
  EXPECT_EQ(decoder_.next_deadline(), std::nullopt);
}

TEST_F(Live, SilenceFollowsThePeriodButIsNeverShorterThanAsked) {
  for (int i = 0; i < 3; ++i) {
    feed("GPGGA,101530." + std::to_string(i) + ",5231.2,N,01324.6,E,1,08,1.6,533.4,M,48.0,M,,", Millis{100 * i});
  }
  EXPECT_EQ(decoder_.next_deadline(), BootTime{Millis{350}}) << "10 Hz: 150 ms, not 30";
}

TEST_F(Live, AnEndSeenOftenEnoughClosesAtOnce) {
  for (int second = 0; second < 5; ++second) {
    rmc(second, Millis{1'000 * second});
    gga(second, Millis{1'000 * second + 20});
    gsa(Millis{1'000 * second + 30});
    decoder_.finish(BootTime{Millis{1'000 * second + 400}}, batch_);
  }
  EXPECT_EQ(rmc(5, Millis{5'000}), 5U);
  EXPECT_EQ(gga(5, Millis{5'020}), 5U);
  EXPECT_EQ(gsa(Millis{5'030}), 6U);
}

TEST_F(Live, ASentenceBehindTheLearntEndIsLateAndTheEndForgotten) {
  for (int second = 0; second < 6; ++second) rmc(second, Millis{1'000 * second});
  ASSERT_EQ(batch_.readings.size(), 6U) << "learnt: RMC ends an epoch";
  EXPECT_EQ(gga(5, Millis{5'020}), 6U) << "no second epoch for this instant";
  EXPECT_EQ(gsa(Millis{5'030}), 6U);
  EXPECT_EQ(decoder_.counters().late, 2U);
  EXPECT_EQ(rmc(6, Millis{6'000}), 6U) << "no longer learnt";
  gga(6, Millis{6'020});
  decoder_.finish(BootTime{Millis{6'400}}, batch_);
  EXPECT_EQ(batch_.readings.size(), 7U);
  EXPECT_EQ(last().alt_cm, 53'340);
}

TEST_F(Live, GsaAfterSilenceBelongsToTheNextEpoch) {
  rmc(0, Millis{0});
  decoder_.finish(BootTime{Millis{400}}, batch_);
  gsa(Millis{980});
  rmc(1, Millis{1'000});
  decoder_.finish(BootTime{Millis{1'400}}, batch_);
  ASSERT_EQ(batch_.readings.size(), 2U);
  EXPECT_EQ(fix_of(batch_.readings[0]).hdop_centi, std::nullopt);
  EXPECT_EQ(last().hdop_centi, 250);
  EXPECT_EQ(batch_.readings[1].received, BootTime{Millis{1'000}}) << "of the first sentence with a time";
}

TEST_F(Live, ALatchedReceiverIsHeardAndFlagged) {
  for (int round = 0; round < 3; ++round) {
    rmc(0, Millis{1'000 * round});
    gga(0, Millis{1'000 * round + 20});
    decoder_.finish(BootTime{Millis{1'000 * round + 400}}, batch_);
    ASSERT_EQ(batch_.readings.size(), static_cast<std::size_t>(round + 1));
    EXPECT_EQ(last().latched, round > 0);
  }
}

TEST_F(Live, SilenceKeepsAHalfReceivedSentence) {
  const std::string bytes = line("GPRMC,101530,A,5231.2,N,01324.6,E,1.0,,210625,,,A");
  decoder_.feed(std::string_view(bytes).substr(0, 30), BootTime{}, batch_);
  decoder_.finish(BootTime{Millis{400}}, batch_);
  decoder_.feed(std::string_view(bytes).substr(30), BootTime{Millis{500}}, batch_);
  decoder_.finish(BootTime{Millis{900}}, batch_);
  EXPECT_EQ(batch_.readings.size(), 1U);
}

TEST_F(Live, AReopenedDeviceForgetsWhatWasHalfReceived) {
  rmc(0, Millis{0});
  decoder_.feed("$GPRMC,1015", BootTime{}, batch_);
  decoder_.reset();
  decoder_.feed(sealed("GPGGA,101531,,,,,0,,,,,,,,"), BootTime{Millis{900}}, batch_);
  decoder_.finish(BootTime{Millis{1'400}}, batch_);
  ASSERT_EQ(batch_.readings.size(), 1U);
  EXPECT_FALSE(last().position);
  EXPECT_EQ(decoder_.counters().sentences, 2U) << "counters stay";
  EXPECT_EQ(decoder_.counters().garbage_bytes, 11U);
}

}  // namespace
}  // namespace odograph::nmea
