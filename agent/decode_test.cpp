#include "agent/decode.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/test_folder.h"

namespace odograph::agent {
namespace {

model::Reading fix(model::Fix fix) { return {base::BootTime{}, 0, fix}; }

model::Reading signal(std::int64_t mantissa, int decimals) {
  const auto def = std::make_shared<const model::SignalDef>(model::SignalDef{"coolant", "degC", decimals});
  return {base::BootTime{}, 0, model::Signal{def, mantissa}};
}

TEST(Decode, ToldValuesKeepEveryDigitAndTheRestIsLeftOut) {
  using model::FixMode;
  const struct {
    const char* name;
    model::Reading reading;
    const char* json;
  } cases[] = {
      {"Void", fix({.time = base::UtcTime{base::Millis{1'500}}}), R"({"time":"1970-01-01T00:00:01.500Z","mode":1})"},
      {"NoTime", fix({.mode = FixMode::k2d, .position = model::Position{1, -1}}),
       R"({"mode":2,"lat":0.0000001,"lon":-0.0000001})"},
      {"South", fix({.mode = FixMode::k3d, .position = model::Position{-338'688'000, 1'512'093'001}}),
       R"({"mode":3,"lat":-33.8688000,"lon":151.2093001})"},
      {"Corner", fix({.mode = FixMode::k2d, .position = model::Position{-900'000'000, -1'800'000'000}}),
       R"({"mode":2,"lat":-90.0000000,"lon":-180.0000000})"},
      {"Everything",
       fix({.mode = FixMode::kNone,
            .alt_cm = -5,
            .speed_mmps = 33'333,
            .course_cdeg = 35'999,
            .hdop_centi = 90,
            .satellites = 9}),
       R"({"mode":1,"altMSL":-0.05,"speed":33.333,"track":359.99,"hdop":0.90,"uSat":9})"},
      {"Signal", signal(-1, 1), R"({"signal":"coolant","value":-0.1,"unit":"degC"})"},
      {"WholeSignal", signal(INT64_MIN, 0), R"({"signal":"coolant","value":-9223372036854775808,"unit":"degC"})"},
      {"FineSignal", signal(1'000'000'001, 9), R"({"signal":"coolant","value":1.000000001,"unit":"degC"})"},
  };
  for (const auto& row : cases) EXPECT_EQ(to_json(row.reading), row.json) << row.name;
}

struct Printed {
  std::string out;
  std::string err;
};

/// What a stream holds in memory.
class Memory {
 public:
  std::FILE* stream() { return stream_; }
  std::string text() {
    std::fclose(stream_);
    std::string text(bytes_, size_);
    std::free(bytes_);
    return text;
  }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_ = open_memstream(&bytes_, &size_);
};

/// What `decode` prints of a recording that holds these sentences.
Printed printed(const std::vector<std::string>& sentences) {
  std::string recording;
  for (const auto& text : sentences) {
    unsigned sum = 0;
    for (const char byte : text) sum ^= static_cast<unsigned char>(byte);
    char tail[8];
    std::snprintf(tail, sizeof tail, "*%02X\r\n", sum & 0xFFU);
    recording += "$" + text + tail;
  }
  const base::TestFolder folder;
  Memory out;
  Memory err;
  EXPECT_TRUE(decode({.file = folder.write("drive.nmea", recording)}, out.stream(), err.stream()));
  return {out.text(), err.text()};
}

TEST(Decode, PrintsOneObjectForEveryInstantAlsoWhereThePositionOrTheDateCannotBe) {
  const std::string good = "GPRMC,101530,A,5231.2,N,01324.6,E,,,210625,,,A";
  const std::string good_object = R"({"time":"2025-06-21T10:15:30.000Z","mode":2,"lat":52.5200000,"lon":13.4100000})"
                                  "\n";
  const std::string void_object = R"({"time":"2025-06-21T10:15:30.000Z","mode":1})"
                                  "\n";
  const struct {
    const char* name;
    std::vector<std::string> sentences;
    std::string lines;
  } cases[] = {
      {"Good", {good}, good_object},
      {"Void", {"GPRMC,101530,V,,,,,,,210625,,,N"}, void_object},
      {"BeyondThePole", {"GPRMC,101530,A,9000.01,N,01324.6,E,,,210625,,,A"}, void_object},
      {"Minutes60", {"GPRMC,101530,A,5260.0,N,01324.6,E,,,210625,,,A"}, void_object},
      {"Longitude181", {"GPRMC,101530,A,5231.2,N,18100.0,E,,,210625,,,A"}, void_object},
      {"ImpossibleRmcGoodGga",
       {"GPRMC,101530,A,5260.0,N,01324.6,E,,,210625,,,A", "GPGGA,101530,5231.2,N,01324.6,E,1,03,,,M,,M,,"},
       R"({"time":"2025-06-21T10:15:30.000Z","mode":2,"lat":52.5200000,"lon":13.4100000,"uSat":3})"
       "\n"},
      {"GoodRmcImpossibleGga", {good, "GPGGA,101530,5260.0,N,01324.6,E,1,03,,,M,,M,,"}, good_object},
      {"ImpossibleTime", {"GPRMC,246161,A,5260.0,N,01324.6,E,,,210625,,,A"}, ""},
      {"ImpossibleDate",
       {good, "GPRMC,101531,V,,,,,,,310625,,,N"},
       good_object + R"({"time":"2025-06-21T10:15:31.000Z","mode":1})"
                     "\n"},
      {"OnlyImpossibleDate",
       {"GPRMC,101530,A,5231.2,N,01324.6,E,,,310625,,,A"},
       R"({"mode":2,"lat":52.5200000,"lon":13.4100000})"
       "\n"},
  };
  for (const auto& row : cases) EXPECT_EQ(printed(row.sentences).out, row.lines) << row.name;
}

TEST(Decode, TellsOnStderrOfInstantsThatWereToldAlready) {
  const auto rmc = [](int second) {
    return "GPRMC,10153" + std::to_string(second) + ",A,5231.2,N,01324.6,E,,,210625,,,A";
  };
  const struct {
    const char* name;
    std::vector<int> seconds;
    const char* err;
  } cases[] = {
      {"Forward", {0, 1, 2, 3}, ""},
      {"BackByOne",
       {0, 1, 2, 1, 3},
       "odograph-agent: 1 sentence for an instant that had been told already was left out\n"},
      {"BackByTwo",
       {0, 1, 2, 3, 1, 2, 4},
       "odograph-agent: 2 sentences for instants that had been told already were left out\n"},
  };
  for (const auto& row : cases) {
    std::vector<std::string> sentences;
    for (const int second : row.seconds) sentences.push_back(rmc(second));
    EXPECT_EQ(printed(sentences).err, row.err) << row.name;
  }
}

TEST(Decode, TakesTheDriversOptionsAndRefusesOthers) {
  const base::TestFolder folder;
  const auto path = folder.write("options.nmea", "$GPRMC,101530,A,5231.2,N,01324.6,E,,,210625,,,A\r\n");
  const auto refused = [&](std::vector<std::string> options) {
    const auto status = decode({.file = path, .options = std::move(options)}, stdout, stderr);
    return status ? std::string() : status.error().what;
  };
  const std::string all = "device, baud, require_checksum, accept_zero_position, silence_ms";
  const struct {
    std::vector<std::string> options;
    std::string why;
  } cases[] = {
      {{},
       "no sentence found in " + path + ": 49 bytes read, 1 refused for want of a checksum (--option " +
           "require_checksum=false takes such)"},
      {{"require_checksum=false"}, ""},
      {{"require_checksum=true", "require_checksum=false", "silence_ms=20"}, ""},
      {{"require_checksum=no"}, "--option require_checksum=no: expected require_checksum=true|false"},
      {{"require_checksum"}, "--option require_checksum: expected require_checksum=true|false"},
      {{"silence_ms=19"}, "--option silence_ms=19: expected silence_ms=a number from 20 to 10000"},
      {{"silence_ms=20ms"}, "--option silence_ms=20ms: expected silence_ms=a number from 20 to 10000"},
      {{"checksum=false"}, "--option checksum=false: driver nmea has no option checksum; there are: " + all},
      {{""}, "--option : driver nmea has no option ; there are: " + all},
  };
  for (const auto& row : cases) EXPECT_EQ(refused(row.options), row.why);
}

TEST(Decode, RefusesAnUnknownDriverAndNamesThoseThereAre) {
  const auto refused = decode({.file = "/nonexistent", .driver = "nmae"}, stdout, stderr);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("no driver is called nmae; there are: "), std::string::npos);
  EXPECT_NE(refused.error().what.find("nmea"), std::string::npos);
}

}  // namespace
}  // namespace odograph::agent
