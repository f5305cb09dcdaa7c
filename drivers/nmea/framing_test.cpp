#include "drivers/nmea/framing.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "drivers/nmea/byte_block.h"
#include "drivers/nmea/test_support.h"

namespace odograph::nmea {
namespace {

/// The same as `scan`, a byte at a time.
Scan scan_bytewise(std::string_view text) {
  Scan out;
  std::uint8_t sum = 0;
  for (std::size_t i = 0; i <= kTextBytesMax; ++i) {
    out.length = i;
    if (i == text.size()) return out;
    const char byte = text[i];
    if (byte == '*') out.end = ScanEnd::kStar;
    if (byte == '\r' || byte == '\n') out.end = ScanEnd::kLineEnd;
    if (byte == '$' || byte == '!') out.end = ScanEnd::kRestart;
    if (byte != '\r' && byte != '\n' && static_cast<signed char>(byte) < ' ') out.end = ScanEnd::kNoise;
    if (out.end != ScanEnd::kNeedMore) {
      out.sum = sum;
      return out;
    }
    if (byte < ',') out.blanks = true;
    if (byte == ',') out.commas[i / 64] |= std::uint64_t{1} << (i % 64);
    sum ^= static_cast<std::uint8_t>(byte);
  }
  out.length = kTextBytesMax + 1;
  out.end = ScanEnd::kTooLong;
  return out;
}

template <class Block>
class ScanTest : public testing::Test {};
using Blocks = testing::Types<SwarBlock, NativeBlock>;
TYPED_TEST_SUITE(ScanTest, Blocks);

TYPED_TEST(ScanTest, AgreesWithTheBytewiseReferenceOnRandomText) {
  std::mt19937 random(7);
  const std::string usual = "0123456789.,,,ABCMNEWS-";
  const std::string odd = std::string("*$!\r\n \"#%&'()+^~\x7f\x80\xff\x01", 20) + '\0';
  for (int round = 0; round < 40'000; ++round) {
    std::string text(random() % 300, ' ');
    const unsigned odd_of_100 = round % 3 == 0 ? 0 : random() % 4;
    for (char& byte : text) {
      const std::string& from = random() % 100 < odd_of_100 ? odd : usual;
      byte = from[random() % from.size()];
    }
    // On the heap at its exact size, so that a sanitizer sees a read behind the end.
    const std::vector<char> exact(text.begin(), text.end());
    Scan found;
    scan<TypeParam>(exact.data(), exact.data() + exact.size(), found);
    const Scan expected = scan_bytewise(text);
    ASSERT_EQ(found.end, expected.end) << text;
    ASSERT_EQ(found.length, expected.length) << text;
    if (found.end != ScanEnd::kStar && found.end != ScanEnd::kLineEnd) continue;
    ASSERT_EQ(found.sum, expected.sum) << text;
    ASSERT_EQ(found.commas, expected.commas) << text;
    ASSERT_EQ(found.blanks, expected.blanks) << text;
  }
}

TYPED_TEST(ScanTest, MarksEveryByteValueInEveryPlace) {
  for (std::size_t place = 0; place < TypeParam::kBytes; ++place) {
    for (int value = 0; value < 256; ++value) {
      std::string bytes(TypeParam::kBytes, 'A');
      bytes[place] = static_cast<char>(value);
      const BlockMarks marks = TypeParam(bytes.data()).marks();
      const std::uint32_t bit = 1U << place;
      EXPECT_EQ(marks.commas, value == ',' ? bit : 0U) << value;
      EXPECT_EQ(marks.specials, value < ',' || value >= 0x80 ? bit : 0U) << value;
    }
  }
}

constexpr std::string_view kRmc = "GPRMC,101530.00,A,5231.2000,N,01324.6000,E,19.44,084.4,210625,,,A";

struct Case {
  const char* name;
  std::string bytes;
  std::vector<std::string> texts;  ///< Of the sentences that are found.
  drivers::DecoderCounters counters;
};

std::vector<Case> cases() {
  const std::string good = sealed(kRmc);
  const std::string text(kRmc);
  std::string lower = sealed("GPGLL,1,2,3,M");  // Checksum 5E
  lower.back() = static_cast<char>(lower.back() | 0x20);
  const std::string cut = good.substr(0, 30);
  std::string wrong = good;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  const std::string noise("\x80\xff\x01\x02?", 5);
  const std::string longest = "X" + std::string(kTextBytesMax - 1, 'y');
  return {
      {"Crlf", good + "\r\n", {text}, {.sentences = 1}},
      {"LfAlone", good + "\n", {text}, {.sentences = 1}},
      {"CrAlone", good + "\r", {text}, {.sentences = 1}},
      {"NothingBehind", good, {text}, {.sentences = 1}},
      {"TwoWithoutLineEnd", good + good, {text, text}, {.sentences = 2}},
      {"LowerCaseHex", lower, {"GPGLL,1,2,3,M"}, {.sentences = 1}},
      {"Encapsulated", "!" + sealed("AIVDM,1,1,,A,x,0").substr(1), {"AIVDM,1,1,,A,x,0"}, {.sentences = 1}},
      {"NulFirst", std::string(1, '\0') + good, {text}, {.sentences = 1, .garbage_bytes = 1}},
      {"CutOffThenGoodOnTheSameLine", cut + good, {text}, {.sentences = 1, .garbage_bytes = 30}},
      {"CutOffByNoise", cut + noise + good, {text}, {.sentences = 1, .garbage_bytes = 35}},
      {"FirstLinePartial", "4.4,210625,,,A*5F\r\n" + good, {text}, {.sentences = 1, .garbage_bytes = 17}},
      {"HexEscapeIsText", sealed("GPTXT,01,01,02,a^2Ab"), {"GPTXT,01,01,02,a^2Ab"}, {.sentences = 1}},
      {"LongestThatIsTaken", sealed(longest), {longest}, {.sentences = 1}},
      {"TooLongByOne",
       sealed(longest + "y") + "\r\n" + good,
       {text},
       {.sentences = 1, .too_long = 1, .garbage_bytes = 3}},
      {"WrongChecksum", wrong + "\r\n" + good, {text}, {.sentences = 1, .bad_checksum = 1}},
      {"ChecksumIsNoHex", "$GPGLL*5\r\n" + good, {text}, {.sentences = 1, .bad_checksum = 1}},
      {"ChecksumCutByNext", "$GPGLL*" + good, {text}, {.sentences = 1, .bad_checksum = 1}},
      {"NoChecksum", "$" + text + "\r\n" + good, {text}, {.sentences = 1, .no_checksum = 1}},
      {"Nothing", "", {}, {}},
      {"EmptyLines", "\r\n\n\r", {}, {}},
      {"LonelyDollar", "$\r\n", {}, {.no_checksum = 1}},
      {"CutOffAtTheEnd", cut, {}, {.garbage_bytes = 30}},
  };
}

void expect_same(const drivers::DecoderCounters& found, const drivers::DecoderCounters& expected, const char* name) {
  EXPECT_EQ(found.sentences, expected.sentences) << name;
  EXPECT_EQ(found.bad_checksum, expected.bad_checksum) << name;
  EXPECT_EQ(found.no_checksum, expected.no_checksum) << name;
  EXPECT_EQ(found.too_long, expected.too_long) << name;
  EXPECT_EQ(found.garbage_bytes, expected.garbage_bytes) << name;
}

/// Feeds `bytes` in pieces of `piece` bytes each.
std::vector<std::string> texts_of(const std::string& bytes, std::size_t piece, drivers::DecoderCounters& counters) {
  Framer framer(MissingChecksum::kRefuse, counters);
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    framer.feed(std::string_view(bytes).substr(at, piece), base::BootTime{});
    for (Frame frame; framer.next(frame);) {
      texts.emplace_back(frame.text);
      EXPECT_EQ(bytes[frame.begin_offset], frame.lead);
      EXPECT_EQ(bytes.substr(frame.begin_offset + 1, frame.text.size()), frame.text);
      EXPECT_EQ(frame.end_offset, frame.begin_offset + frame.text.size() + 4);
    }
  }
  framer.drop_partial();
  EXPECT_EQ(framer.offset(), bytes.size());
  return texts;
}

TEST(Framing, FindsTheSentencesHoweverTheyAreCut) {
  for (const Case& row : cases()) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{64}, std::size_t{4096}}) {
      drivers::DecoderCounters counters;
      EXPECT_EQ(texts_of(row.bytes, piece, counters), row.texts) << row.name << " in pieces of " << piece;
      expect_same(counters, row.counters, row.name);
    }
  }
}

TEST(Framing, TakesALineWithoutChecksumOnlyWhenAsked) {
  drivers::DecoderCounters counters;
  Framer framer(MissingChecksum::kAccept, counters);
  framer.feed("$GPGLL,1\r\n$GPGLL,2*00\r\n$GPGLL,3", base::BootTime{});
  Frame frame;
  ASSERT_TRUE(framer.next(frame));
  EXPECT_EQ(frame.text, "GPGLL,1");
  EXPECT_FALSE(framer.next(frame)) << "a wrong checksum stays wrong, an unfinished line unfinished";
  EXPECT_EQ(counters.bad_checksum, 1U);
}

TEST(Framing, AMegabyteWithoutALineEndIsCountedAndOver) {
  const std::string bytes = "$" + std::string(1'000'000, 'x') + sealed(kRmc);
  drivers::DecoderCounters counters;
  EXPECT_EQ(texts_of(bytes, 4096, counters), std::vector<std::string>{std::string(kRmc)});
  EXPECT_EQ(counters.too_long, 1U);
  EXPECT_EQ(counters.bytes, bytes.size());
  EXPECT_EQ(counters.garbage_bytes, 1'000'000 - kTextBytesMax - 1);
}

TEST(Framing, TellsWhenASentenceBeganNotWhenItWasComplete) {
  drivers::DecoderCounters counters;
  Framer framer(MissingChecksum::kRefuse, counters);
  const std::string bytes = sealed(kRmc);
  Frame frame;
  framer.feed(std::string_view(bytes).substr(0, 20), base::BootTime{base::Millis{100}});
  EXPECT_FALSE(framer.next(frame));
  EXPECT_EQ(framer.offset(), 0U);
  framer.feed(std::string_view(bytes).substr(20), base::BootTime{base::Millis{130}});
  ASSERT_TRUE(framer.next(frame));
  EXPECT_EQ(frame.begun, base::BootTime{base::Millis{100}});
}

}  // namespace
}  // namespace odograph::nmea
