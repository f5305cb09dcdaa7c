#include "lib/config/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "lib/config/load.h"
#include "lib/config/test_schema.h"

namespace odograph::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Values loaded(const std::string& text, const std::vector<std::string>& sets = {}) {
  const Loaded out = load(test_schema(), File{"a.toml", text}, sets);
  EXPECT_THAT(out.problems, IsEmpty()) << text;
  return out.values.value_or(Values());
}

std::string uncommented(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const bool is_default = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += (is_default ? line.substr(1) : line) + "\n";
  }
  return out;
}

TEST(Example, SetsWhatIsRequiredAndNothingElse) {
  const Values values = loaded(example(test_schema()));
  for (const auto& [key, entry] : values.entries()) {
    EXPECT_EQ(entry.origin.from == Origin::From::kFile, key == "vehicle.id") << key;
  }
  const Values defaults = loaded("vehicle.id = \"truck-17\"");
  EXPECT_THAT(diff(values, defaults).on_reload, IsEmpty());
  EXPECT_THAT(diff(values, defaults).needs_restart, IsEmpty());
}

TEST(Example, ShowsTheDefaultsBehindItsHashes) {
  const Values values = loaded(uncommented(example(test_schema())));
  const Values defaults = loaded("vehicle.id = \"truck-17\"");
  for (const auto& [key, entry] : defaults.entries()) {
    if (entry.value) EXPECT_EQ(values.entries().at(key).value, entry.value) << key;
  }
  EXPECT_EQ(values.path("kafka.tls.ca_file"), "/etc/ssl/ca.pem");
  EXPECT_EQ(values.count("source"), 2U);
  EXPECT_EQ(values.text("source.1.driver"), "gpio");
  EXPECT_EQ(values.count("zone"), 1U);
}

TEST(Example, ExplainsEveryKey) {
  const std::string text = example(test_schema());
  EXPECT_THAT(text, HasSubstr("# Where records go.\n[kafka]\n"));
  EXPECT_THAT(text,
              HasSubstr("# How long a message waits for company.\n"
                        "# Takes a duration such as \"20ms\", \"1s\", \"5min\" or \"24h\" from 1ms to 1min. Default: "
                        "\"50ms\". Taken\n# over on reload.\n#linger = \"50ms\"\n"));
  EXPECT_THAT(text, HasSubstr("# Who this is.\n# Takes 1 to 64 of A-Z a-z 0-9 . _ -. Required.\nid = \"truck-17\"\n"));
  EXPECT_THAT(text, HasSubstr("# A contact.\n#[[source]]\n"));
}

TEST(PrintConfig, GivesTheSameValuesAgain) {
  const std::string text =
      "log_level = \"debug\"\n[vehicle]\nid = \"t\"\n[kafka]\ntls.ca_file = \"a \\\"b\\\"\"\n[[source]]\n"
      "driver = \"nmea\"\ndevice = \"/dev/a\"\n[[zone]]\nid = \"z\"\noutline = [[47.1234567, 8.1], [1, 2]]\n";
  const Values values = loaded(text, {"metrics.port=9464"});
  const std::string printed = print_config(test_schema(), values);
  const Diff difference = diff(values, loaded(printed));
  EXPECT_THAT(difference.on_reload, IsEmpty());
  EXPECT_THAT(difference.needs_restart, IsEmpty());
  EXPECT_THAT(printed, HasSubstr("log_level = \"debug\"                           # a.toml:1\n"));
  EXPECT_THAT(printed, HasSubstr("port = 9464                                   # --set\n"));
  EXPECT_THAT(printed, HasSubstr("cap = \"256MiB\"                                # default\n"));
  EXPECT_THAT(print_config(test_schema(), loaded("vehicle.id = \"t\"")), HasSubstr("# ca_file is not set\n"));
}

TEST(Diff, SplitsWhatAReloadTakesOver) {
  const Values before = loaded("vehicle.id = \"t\"\nlog_level = \"info\"");
  const Values after = loaded("vehicle.id = \"u\"\nlog_level = \"debug\"\n[[source]]\ndriver = \"gpio\"\n");
  const Diff difference = diff(before, after);
  EXPECT_THAT(difference.on_reload, ElementsAre(Change{"log_level", "\"info\"", "\"debug\""}));
  EXPECT_THAT(difference.needs_restart,
              ElementsAre(Change{"source.0.driver", "unset", "\"gpio\""}, Change{"source.0.line", "unset", "4"},
                          Change{"vehicle.id", "\"t\"", "\"u\""}));
  EXPECT_THAT(diff(before, before).on_reload, IsEmpty());
}

TEST(ValuesDeathTest, AnUndeclaredKeyOrAnotherTypeIsOurOwnMistake) {
  const Values values = loaded("vehicle.id = \"t\"");
  EXPECT_DEATH(values.text("kafka.borkers"), "assertion failed");
  EXPECT_DEATH(static_cast<void>(values.integer("kafka.linger")), "assertion failed");
  EXPECT_DEATH(static_cast<void>(values.path("kafka.tls.ca_file")), "assertion failed");
  EXPECT_DEATH(static_cast<void>(values.count("zones")), "assertion failed");
}

TEST(SchemaDeathTest, ADefaultThatItsOptionRefusesIsOurOwnMistake) {
  Schema schema;
  schema.options = {{.key = "x", .type = Type::kInteger, .default_value = "0", .min = "1", .doc = "X."}};
  EXPECT_DEATH(static_cast<void>(load(schema, std::nullopt, {})), "assertion failed");
}

}  // namespace
}  // namespace odograph::config
