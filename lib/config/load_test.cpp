#include "lib/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "lib/base/test_folder.h"
#include "lib/config/test_schema.h"

namespace odograph::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kVehicle = "[vehicle]\nid = \"t\"\n";  // Two lines that every sound file needs.
const std::string kZone = "[[zone]]\nid = \"z\"\noutline = [[1, 2], [3, 4], [5, 6]]\n";

Loaded load_text(const std::string& text, const std::vector<std::string>& sets = {}) {
  return load(test_schema(), File{"a.toml", text}, sets);
}

TEST(Load, FillsDefaultsIn) {
  const Loaded loaded = load_text(kVehicle);
  ASSERT_THAT(loaded.problems, IsEmpty());
  const Values& values = *loaded.values;
  EXPECT_EQ(values.text("vehicle.id"), "t");
  EXPECT_EQ(values.text("log_level"), "info");
  EXPECT_THAT(values.text_list("kafka.brokers"), ElementsAre("localhost:9092"));
  EXPECT_EQ(values.duration("kafka.linger"), base::Millis{50});
  EXPECT_EQ(values.bytes("outbox.cap"), 256U << 20);
  EXPECT_EQ(values.number("rules.limit_kmh"), 120.0);
  EXPECT_TRUE(values.boolean("rules.accuracy_gate"));
  EXPECT_EQ(values.integer("metrics.port"), 0);
  EXPECT_FALSE(values.has("kafka.tls.ca_file"));
  EXPECT_EQ(values.count("source"), 0U);
}

TEST(Load, TakesEveryType) {
  const Loaded loaded = load_text(
      "log_level = \"debug\"\n" + kVehicle +
      "[kafka]\nbrokers = [\"a:1\", \"b:2\"]\nlinger = \"1s\"\ntls.ca_file = \"/ca\"\n[outbox]\ncap = \"1GiB\"\n"
      "[rules]\nlimit_kmh = 80\naccuracy_gate = false\n[metrics]\nport = 9464\n"
      "[[source]]\ndriver = \"nmea\"\ndevice = \"/dev/x\"\n[[source]]\ndriver = \"gpio\"\n"
      "[[zone]]\nid = \"z\"\noutline = [[47.5, 8], [-90, -180], [90.0, 180.0]]\n");
  ASSERT_THAT(loaded.problems, IsEmpty());
  const Values& values = *loaded.values;
  EXPECT_THAT(values.text_list("kafka.brokers"), ElementsAre("a:1", "b:2"));
  EXPECT_EQ(values.path("kafka.tls.ca_file"), "/ca");
  EXPECT_EQ(values.number("rules.limit_kmh"), 80.0);
  ASSERT_EQ(values.count("source"), 2U);
  EXPECT_EQ(values.item("source", 0).path("device"), "/dev/x");
  EXPECT_EQ(values.item("source", 0).integer("baud"), 9600);
  EXPECT_EQ(values.item("source", 1).integer("line"), 4);
  EXPECT_EQ(values.integer("source.1.line"), 4);
  const std::vector<LatLon> outline = {{47.5, 8}, {-90, -180}, {90, 180}};
  EXPECT_EQ(values.positions("zone.0.outline"), outline);
  EXPECT_EQ(to_string(values.origin("kafka.linger")), "a.toml:6");
  EXPECT_EQ(to_string(values.origin("zone.0.limit_kmh")), "default");
}

struct Refusal {
  const char* name;
  std::string text;  // After the two lines of kVehicle.
  std::string problem;
};

const std::string kDuration = R"(expected a duration such as "20ms", "1s", "5min" or "24h" from 1ms to 1min, found )";
const std::string kCap = R"(expected a size such as "64KiB" or "256MiB" from 8MiB to 8GiB, found )";
const std::string kCorner = "expected [latitude, longitude] in degrees, up to 90 and 180, found ";
const std::string kOutline = "expected a list of [latitude, longitude] in degrees, up to 90 and 180, found ";

const std::string kThereAre =
    "; there are log_level, [vehicle], [kafka], [outbox], [rules], [metrics], [[source]], [[zone]]";

const Refusal kRefusals[] = {
    {"DurationIsInteger", "[kafka]\nlinger = 20", "a.toml:4:1: kafka.linger: " + kDuration + "the integer 20"},
    {"DurationHasNoUnit", "[kafka]\nlinger = \"20\"", "a.toml:4:1: kafka.linger: " + kDuration + "the text \"20\""},
    {"DurationTooLong", "[kafka]\nlinger = \"2min\"", "a.toml:4:1: kafka.linger: " + kDuration + "the text \"2min\""},
    {"DurationTooShort", "[kafka]\nlinger = \"0s\"", "a.toml:4:1: kafka.linger: " + kDuration + "the text \"0s\""},
    {"BytesAreInteger", "[outbox]\ncap = 1024", "a.toml:4:1: outbox.cap: " + kCap + "the integer 1024"},
    {"BytesTooMany", "[outbox]\ncap = \"9GiB\"", "a.toml:4:1: outbox.cap: " + kCap + "the text \"9GiB\""},
    {"UnknownInKnownTable", "colour = 1\n", "a.toml:3:1: vehicle.colour: unknown key; [vehicle] takes id"},
    {"IntegerIsText", "[metrics]\nport = \"80\"",
     "a.toml:4:1: metrics.port: expected an integer from 0 to 65535, found the text \"80\""},
    {"IntegerTooLarge", "[metrics]\n  port = 65536",
     "a.toml:4:3: metrics.port: expected an integer from 0 to 65535, found the integer 65536"},
    {"IntegerNegative", "[metrics]\nport = -1",
     "a.toml:4:1: metrics.port: expected an integer from 0 to 65535, found the integer -1"},
    {"IntegerIsFloat", "[metrics]\nport = 1.0",
     "a.toml:4:1: metrics.port: expected an integer from 0 to 65535, found the number 1.0"},
    {"NumberOutOfRange", "[rules]\nlimit_kmh = 0.5",
     "a.toml:4:1: rules.limit_kmh: expected a number from 1 to 400 km/h, found the number 0.5"},
    {"NumberIsNan", "[rules]\nlimit_kmh = nan",
     "a.toml:4:1: rules.limit_kmh: expected a number from 1 to 400 km/h, found the number nan"},
    {"BooleanIsText", "[rules]\naccuracy_gate = \"yes\"",
     "a.toml:4:1: rules.accuracy_gate: expected true or false, found the text \"yes\""},
    {"BooleanIsInteger", "[rules]\naccuracy_gate = 1",
     "a.toml:4:1: rules.accuracy_gate: expected true or false, found the integer 1"},
    {"ListIsText", "[kafka]\nbrokers = \"a:1\"",
     "a.toml:4:1: kafka.brokers: expected a list of texts such as [\"a\", \"b\"], found the text \"a:1\""},
    {"ListOfIntegers", "[kafka]\nbrokers = [1]", "a.toml:4:12: kafka.brokers[0]: expected text, found the integer 1"},
    {"ThirdItemOfAList", "[kafka]\nbrokers = [\"a\",\n  \"b\",\n  true]",
     "a.toml:6:3: kafka.brokers[2]: expected text, found true"},
    {"ListLacksItems", "[kafka]\nspares = []",
     "a.toml:4:1: kafka.spares: expected a list of texts such as [\"a\", \"b\"], at least 2, found an empty list"},
    {"ListLacksOneItem", "[kafka]\nspares = [\"a:1\"]",
     "a.toml:4:1: kafka.spares: expected a list of texts such as [\"a\", \"b\"], at least 2, found the list [\"a:1\"]"},
    {"PathIsDate", "[kafka]\ntls.ca_file = 2026-11-22", "a.toml:4:5: kafka.tls.ca_file: expected a path, found a date"},
    {"PathHasControlCharacter", "[kafka]\ntls.ca_file = \"a\\u0000b\"",
     "a.toml:4:5: kafka.tls.ca_file: expected a path, found the text \"a\\u0000b\""},
    {"OptionIsTable", "[kafka.linger]\nx = 1", "a.toml:3:8: kafka.linger: " + kDuration + "a table"},
    {"UnknownKey", "[kafka]\nborkers = []", "a.toml:4:1: kafka.borkers: unknown key, did you mean `kafka.brokers`?"},
    {"UnknownTable", "[kafak]\nlinger = \"1s\"\nx = 1", "a.toml:3:2: kafak: unknown key, did you mean `kafka`?"},
    {"UnknownAndFar", "[colour]", "a.toml:3:2: colour: unknown key" + kThereAre},
    {"UnknownAndFarWithAKey", "[foo]\nx = 1", "a.toml:3:2: foo: unknown key" + kThereAre},
    {"HalfAnotherWord", "[kafka]\nlonge = 1", "a.toml:4:1: kafka.longe: unknown key, did you mean `kafka.linger`?"},
    {"FarInKnownTable", "[rules]\nspeed = 80",
     "a.toml:4:1: rules.speed: unknown key; [rules] takes limit_kmh, accuracy_gate"},
    {"FarInAGroup", "[[source]]\ndriver = \"gpio\"\nfoo = 1",
     "a.toml:5:1: source.0.foo: unknown key for driver = \"gpio\"; [[source]] takes driver, line"},
    {"AnotherWord", "[outbox]\nmax_size = \"1GiB\"",
     "a.toml:4:1: outbox.max_size: unknown key, did you mean `outbox.cap`?"},
    {"InAnotherTable", "limit = 80", "a.toml:3:1: vehicle.limit: unknown key, did you mean `rules.limit_kmh`?"},
    {"GroupInATable", "[[rules.zone]]\nid = \"z\"", "a.toml:3:1: rules.zone.0: unknown key, did you mean [[zone]]?"},
    {"OptionOfAGroupOutsideIt", "device = \"/dev/x\"",
     "a.toml:3:1: vehicle.device: unknown key, did you mean `device` in [[source]]?"},
    {"QuotedDotIsAnotherKey", "[\"kafka.tls\"]\nca_file = \"x\"",
     "a.toml:3:2: \"kafka.tls\": unknown key, did you mean `kafka.tls`?"},
    {"GroupAsTable", "[source]\ndriver = \"gpio\"",
     "a.toml:3:2: source: expected an array of tables: write [[source]] instead of [source]"},
    {"SectionAsArray", "[[kafka]]\nlinger = \"1s\"",
     "a.toml:3:1: kafka.0: expected one table: write [kafka] instead of [[kafka]]"},
    {"NoDriver", "[[source]]\ndevice = \"x\"",
     "a.toml:3:1: source.0.driver: missing, expected one of \"nmea\", \"gpio\""},
    {"UnknownDriver", "[[source]]\ndriver = \"nema\"\ndevice = \"x\"",
     "a.toml:4:1: source.0.driver: expected one of \"nmea\", \"gpio\", found the text \"nema\""},
    {"DriverLacksDevice", "[[source]]\ndriver = \"nmea\"", "a.toml:3:1: source.0.device: missing, expected a path"},
    {"OptionOfAnotherDriver", "[[source]]\ndriver = \"gpio\"\nbaud = 9600",
     "a.toml:5:1: source.0.baud: unknown key for driver = \"gpio\"; [[source]] takes driver, line"},
    {"MistypedDriverOption", "[[source]]\ndriver = \"nmea\"\ndevice = \"x\"\nbuad = 9600",
     "a.toml:6:1: source.0.buad: unknown key for driver = \"nmea\", did you mean `source.0.baud`?"},
    {"FourthOfThree",
     "[[source]]\ndriver=\"gpio\"\n[[source]]\ndriver=\"gpio\"\n[[source]]\ndriver=\"gpio\"\n"
     "[[source]]\ndriver=\"gpio\"",
     "a.toml:9:1: source.3: expected at most 3 [[source]]"},
    {"LatitudeTooLarge", "[[zone]]\nid = \"z\"\noutline = [[90.1, 2]]",
     "a.toml:5:12: zone.0.outline[0]: " + kCorner + "the list [90.1, 2]"},
    {"PositionOfThree", "[[zone]]\nid = \"z\"\noutline = [[1, 2], [1, 2, 3]]",
     "a.toml:5:20: zone.0.outline[1]: " + kCorner + "the list [1, 2, 3]"},
    {"PositionsAreText", "[[zone]]\nid = \"z\"\noutline = \"x\"",
     "a.toml:5:1: zone.0.outline: " + kOutline + "the text \"x\""},
    {"SameZoneTwice", kZone + kZone,
     "a.toml:7:1: zone.1.id: expected a value that no other [[zone]] has, found \"z\" again"},
};

TEST(Load, TellsFileLineKeyExpectationAndNearestKey) {
  for (const Refusal& row : kRefusals) {
    const Loaded loaded = load_text(kVehicle + row.text);
    EXPECT_FALSE(loaded.values) << row.name;
    EXPECT_THAT(loaded.problems, ElementsAre(row.problem)) << row.name;
  }
}

TEST(Load, TellsAllProblemsAtOnceInTheOrderOfTheFile) {
  const Loaded loaded = load_text("log_level = \"loud\"\n[kafka]\nlinger = 20\nspeed = 1\n", {"metrics.port=x"});
  EXPECT_THAT(
      loaded.problems,
      ElementsAre(StartsWith("a.toml:1:1: log_level: expected one of "), StartsWith("a.toml:3:1: kafka.linger: "),
                  "a.toml:4:1: kafka.speed: unknown key; [kafka] takes brokers, spares, linger, tls.ca_file",
                  StartsWith("--set: metrics.port: "),
                  "a.toml: vehicle.id: missing, expected 1 to 64 of A-Z a-z 0-9 . _ -; there is no [vehicle]"));
}

TEST(Load, LooksAtWhatAMistypedDriverWouldTake) {
  const std::string driver = "a.toml:4:1: source.0.driver: expected one of \"nmea\", \"gpio\", found the text ";
  EXPECT_THAT(load_text(kVehicle + "[[source]]\ndriver = \"nema\"\nbaud = 1\nbuad = 2").problems,
              ElementsAre("a.toml:3:1: source.0.device: missing, expected a path", driver + "\"nema\"",
                          StartsWith("a.toml:5:1: source.0.baud: expected an integer from 300 to 921600 baud"),
                          StartsWith("a.toml:6:1: source.0.buad: unknown key")));
  EXPECT_THAT(load_text(kVehicle + "[[source]]\ndriver = \"ubx\"\nbaud = 1\nbuad = 2").problems,
              ElementsAre(driver + "\"ubx\"", StartsWith("a.toml:6:1: source.0.buad: unknown key")));
}

TEST(Load, TellsTheTableThatLacksAKey) {
  EXPECT_THAT(load_text("[kafka]\n[vehicle]\n").problems,
              ElementsAre("a.toml:2:2: vehicle.id: missing, expected 1 to 64 of A-Z a-z 0-9 . _ -"));
}

TEST(Load, TellsWhereTheSyntaxBreaks) {
  EXPECT_THAT(load_text("a = 1\nb = = 2\n").problems, ElementsAre(StartsWith("a.toml:2:")));
  EXPECT_THAT(load_text(kVehicle + "id = \"u\"\n").problems,
              ElementsAre(testing::AllOf(StartsWith("a.toml:3:"), HasSubstr("id"))));
  EXPECT_THAT(load_text("a = \"\xFF\"\n").problems, ElementsAre(StartsWith("a.toml:1:")));
}

TEST(Load, BoundsWhatItTells) {
  std::string text = kVehicle;
  for (int i = 0; i < 70; ++i) text += "unknown_" + std::to_string(i) + " = 1\n";
  const Loaded loaded = load_text(text);
  EXPECT_EQ(loaded.problems.size(), kProblemsMax);
  EXPECT_EQ(loaded.problems_left_out, 20U);
  const Loaded long_key = load_text(kVehicle + std::string(100'000, 'k') + " = \"" + std::string(100'000, 'v') + "\"");
  ASSERT_EQ(long_key.problems.size(), 1U);
  EXPECT_LT(long_key.problems[0].size(), 300U);
}

TEST(Load, RefusesAnEmptyFileButTakesNone) {
  for (const char* blank : {"", " \n\t\r\n"}) {
    EXPECT_EQ(load_text(blank, {"vehicle.id=x"}).problems, std::vector<std::string>{"a.toml: the file is empty"});
  }
  EXPECT_TRUE(load(test_schema(), std::nullopt, {"vehicle.id=x"}).values);
  EXPECT_THAT(
      load(test_schema(), std::nullopt, {}).problems,
      ElementsAre("configuration: vehicle.id: missing, expected 1 to 64 of A-Z a-z 0-9 . _ -; there is no [vehicle]"));
}

TEST(ReadFile, TellsMissingFromNotAskedFor) {
  const base::TestFolder own;
  const std::filesystem::path& folder = own.path();
  const auto asked = folder / "asked.toml";
  const auto fallback = folder / "fallback.toml";
  const auto none = read_file(std::nullopt, fallback);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  const auto missing = read_file(asked, fallback);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, asked.string() + ": cannot open: No such file or directory");
  EXPECT_EQ(read_file(folder, fallback).error().what, folder.string() + ": not a file");
  std::ofstream(fallback) << "x = 1\n";
  EXPECT_EQ(read_file(std::nullopt, fallback)->value().text, "x = 1\n");
  std::ofstream(asked) << std::string(kFileBytesMax + 1, '#');
  EXPECT_THAT(read_file(asked, fallback).error().what, HasSubstr("larger than"));
}

/// Whatever a file holds, the outcome is values or problems.
TEST(Load, SurvivesMutatedFiles) {
  const std::string sound = kVehicle +
                            "[kafka]\nbrokers = [\"a:1\"]\nlinger = \"1s\"\n[[source]]\ndriver = \"nmea\"\n"
                            "device = \"/dev/x\"\nbaud = 4_800\n" +
                            kZone + "limit_kmh = 3e1\n";
  const std::string inserts = std::string("[]{}\"'=.,#\n\\0-eE:\xC3\x7Fntx") + '\0';
  std::mt19937 random(20261122);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  std::size_t refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = sound;
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = below(text.size());
      if (below(3) == 0)
        text.erase(at, 1 + below(8));
      else if (below(2) == 0)
        text.insert(at, text.substr(below(text.size()), below(24)));
      else
        text[at] = inserts[below(inserts.size())];
      if (text.empty()) text = "x";
    }
    const Loaded loaded = load_text(text, {"kafka.linger=" + text.substr(below(text.size()), 12)});
    EXPECT_NE(loaded.values.has_value(), !loaded.problems.empty());
    if (!loaded.values) ++refused;
  }
  EXPECT_GT(refused, 3000U);
}

}  // namespace
}  // namespace odograph::config
