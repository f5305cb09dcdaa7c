#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/load.h"
#include "lib/config/test_schema.h"

namespace odograph::config {
namespace {

using testing::IsEmpty;

const std::string kFile =
    "[vehicle]\nid = \"t\"\n[kafka]\nlinger = \"1s\"\n[[source]]\ndriver = \"nmea\"\ndevice = \"/dev/a\"\n";

Loaded load_with(const std::vector<std::string>& sets) { return load(test_schema(), File{"a.toml", kFile}, sets); }

struct Accepted {
  std::string set;
  const char* key;
  std::string toml;
};

const Accepted kAccepted[] = {
    {"kafka.linger=20ms", "kafka.linger", R"("20ms")"},
    {"kafka.linger=\"20ms\"", "kafka.linger", R"("20ms")"},
    {"vehicle.id=17", "vehicle.id", R"("17")"},
    {"vehicle.id=true", "vehicle.id", R"("true")"},
    {"kafka.tls.ca_file=/etc/a=b", "kafka.tls.ca_file", R"("/etc/a=b")"},
    {"kafka.tls.ca_file=", "kafka.tls.ca_file", R"("")"},
    {"kafka.brokers=[\"x:1\", \"y:2\"]", "kafka.brokers", R"(["x:1", "y:2"])"},
    {"metrics.port=9464", "metrics.port", "9464"},
    {"rules.accuracy_gate=false", "rules.accuracy_gate", "false"},
    {"source.0.device=/dev/ttyUSB0", "source.0.device", R"("/dev/ttyUSB0")"},
    {"source.0={driver=\"gpio\", line=7}", "source.0.line", "7"},
    {"source=[{driver=\"gpio\", line=8}]", "source.0.line", "8"},
    {"source.1.driver=gpio", "source.1.line", "4"},
    {"zone=[{id=\"z\", outline=[[1,2]]}]", "zone.0.outline", "[[1.0, 2.0]]"},
};

TEST(Override, TakesTomlAndBareText) {
  for (const Accepted& row : kAccepted) {
    const Loaded loaded = load_with({row.set});
    ASSERT_THAT(loaded.problems, IsEmpty()) << row.set;
    const Values::Entry& entry = loaded.values->entries().at(row.key);
    EXPECT_EQ(to_toml(entry.value.value()), row.toml) << row.set;
    EXPECT_EQ(to_string(entry.origin), std::string(row.key) == "source.1.line" ? "default" : "--set") << row.set;
  }
}

TEST(Override, TheLastOfOneKeyHolds) {
  EXPECT_EQ(load_with({"metrics.port=1", "metrics.port=2"}).values->integer("metrics.port"), 2);
}

TEST(Override, AnEmptyListRemovesAGroup) {
  const Loaded loaded = load_with({"source=[]"});
  ASSERT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.values->count("source"), 0U);
}

struct Refused {
  std::string set;
  std::string problem;
};

const Refused kRefused[] = {
    {"kafka.linger", "--set: expected KEY=VALUE, found the text \"kafka.linger\""},
    {"=1", "--set: expected KEY=VALUE, found the text \"=1\""},
    {"", "--set: expected KEY=VALUE, found the text \"\""},
    {"a\nb=1", "--set: expected KEY=VALUE, found the text \"a\\u000Ab=1\""},
    {"kafka.linger=20",
     "--set: kafka.linger: expected a duration such as \"20ms\", \"1s\", \"5min\" or \"24h\" from 1ms to 1min, "
     "found the text \"20\""},
    {"metrics.port=high", "--set: metrics.port: expected an integer from 0 to 65535, found the text \"high\""},
    {"metrics.port=1\nlog_level=\"debug\"",
     "--set: metrics.port: expected an integer from 0 to 65535, found the text \"1\\u000Alog_level=\\\"debug\\\"\""},
    {"metrics.port=1 2", "--set: metrics.port: expected an integer from 0 to 65535, found the text \"1 2\""},
    {"metrics.prot=1", "--set: metrics.prot: unknown key, did you mean `metrics.port`?"},
    {"metrics.prot=x y", "--set: metrics.prot: unknown key, did you mean `metrics.port`?"},
    {"kafka=1", "--set: kafka: expected a table headed [kafka], found the integer 1"},
    {"source=1", "--set: source: expected tables headed [[source]], found the integer 1"},
    {"source=[1]", "--set: source: expected tables headed [[source]], found the list [1]"},
    {"source.0.buad=1", "--set: source.0.buad: unknown key for driver = \"nmea\", did you mean `source.0.baud`?"},
    {"source.2.driver=gpio", "--set: source.2: there is no source.1 before it"},
    {"source.1.driver=nmea", "--set: source.1.device: missing, expected a path"},
    {"source.x.driver=gpio", "--set: source.x.driver: unknown key, did you mean `driver` in [[source]]?"},
    {"source.99999999999999999999.driver=gpio",
     "--set: source.99999999999999999999.driver: unknown key, did you mean `driver` in [[source]]?"},
};

TEST(Override, ProblemsNameIt) {
  for (const Refused& row : kRefused) {
    const Loaded loaded = load_with({row.set});
    EXPECT_FALSE(loaded.values) << row.set;
    ASSERT_FALSE(loaded.problems.empty()) << row.set;
    EXPECT_EQ(loaded.problems.front(), row.problem) << row.set;
  }
}

}  // namespace
}  // namespace odograph::config
