#include "fleet/trips/polyline.h"

#include <gmock/gmock.h>

namespace odograph::trips {
namespace {

using testing::HasSubstr;
using Path = std::vector<eta::Place>;

// The example of the format's own description.
constexpr const char* kExample = "_p~iF~ps|U_ulLnnqC_mqNvxq`@";
const Path kExamplePath = {{38.5, -120.2}, {40.7, -120.95}, {43.252, -126.453}};

TEST(Polyline, WritesAndReadsTheExampleOfItsDescription) {
  EXPECT_EQ(encode_polyline(kExamplePath, Precision::kFive), kExample);
  const auto path = decode_polyline(kExample, Precision::kFive);
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(*path, kExamplePath);
}

TEST(Polyline, KeepsSixDecimalsAllOverTheGlobe) {
  const Path path = {{-90, -180}, {90, 180}, {0, 0}, {47.123456, 8.654321}, {47.123457, 8.65432}};
  const auto again = decode_polyline(encode_polyline(path, Precision::kSix), Precision::kSix);
  ASSERT_TRUE(again.has_value()) << again.error().what;
  EXPECT_EQ(*again, path);
}

struct Refused {
  const char* name;
  const char* text;
  const char* why;
};

const Refused kRefusedPolylines[] = {
    {"ForeignCharacter", "_p~iF ps|U", "a character that no encoded polyline has"},
    {"CutOffInANumber", "_p~iF~ps|", "cut off"},
    {"CutOffBetweenTheTwo", "_p~iF", "cut off"},
    {"NumberThatNeverEnds", "~~~~~~~~~~~~~~~~", "cut off"},
    {"OffTheGlobe", "~~~~~~N?", "place 1 of the path is not on the globe"},
};

class PolylineRefuses : public testing::TestWithParam<Refused> {};

TEST_P(PolylineRefuses, SayingWhy) {
  const auto path = decode_polyline(GetParam().text, Precision::kSix);
  ASSERT_FALSE(path.has_value());
  EXPECT_THAT(path.error().what, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, PolylineRefuses, testing::ValuesIn(kRefusedPolylines),
                         [](const auto& one) { return one.param.name; });

TEST(Polyline, OfSixDecimalsReadAsFiveIsTold) {
  const auto path = decode_polyline(encode_polyline({{47, 8}, {47, 8.1}}, Precision::kSix), Precision::kFive);
  ASSERT_FALSE(path.has_value());
  EXPECT_THAT(path.error().what, HasSubstr("another number of decimals"));
}

TEST(WktLine, IsTakenAsMapsWriteIt) {
  const Path expected = {{47, 8}, {47.5, 8.25}};
  for (const char* text :
       {"LINESTRING (8 47, 8.25 47.5)", "LINESTRING(8 47,8.25 47.5)", "linestring z (8 47 430, 8.25 47.5 1e2)",
        "SRID=4326;LINESTRING ( 8  47 , 8.25 47.5 ) ", "LINESTRING ZM (8 47 1 2, 8.25 47.5 3 4)"}) {
    const auto path = parse_wkt_line(text);
    ASSERT_TRUE(path.has_value()) << text << ": " << path.error().what;
    EXPECT_EQ(*path, expected) << text;
  }
}

const Refused kRefusedLines[] = {
    {"Empty", "", "another beginning"},
    {"Point", "POINT (8 47)", "another beginning"},
    {"NoBracket", "LINESTRING 8 47, 9 47", "opening bracket"},
    {"NoPlaces", "LINESTRING ()", "place 1 is not"},
    {"EmptyLine", "LINESTRING EMPTY", "opening bracket"},
    {"OneNumber", "LINESTRING (8 47, 9)", "place 2 is not"},
    {"LatitudeFirst", "LINESTRING (47 120, 47 121)", "place 1 is not"},
    {"NotANumber", "LINESTRING (8 nan, 9 47)", "place 1 is not"},
    {"NoComma", "LINESTRING (8 47 1 2 9 47)", "no comma after place 1"},
    {"NeverEnds", "LINESTRING (8 47, 9 47", "no comma after place 2"},
    {"MoreBehindIt", "LINESTRING (8 47, 9 47) x", "something follows it"},
};

class WktLineRefuses : public testing::TestWithParam<Refused> {};

TEST_P(WktLineRefuses, SayingWhy) {
  const auto path = parse_wkt_line(GetParam().text);
  ASSERT_FALSE(path.has_value());
  EXPECT_THAT(path.error().what, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, WktLineRefuses, testing::ValuesIn(kRefusedLines),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace odograph::trips
