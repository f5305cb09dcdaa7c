#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/load.h"
#include "lib/config/test_schema.h"

namespace odograph::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

Loaded load_text(const std::string& text, const std::vector<std::string>& sets = {}) {
  return load(test_schema(), File{"a.toml", "[vehicle]\nid = \"v\"\n" + text}, sets);
}

std::string zone(const std::string& id, const std::string& limit) {
  return "[[zone]]\nid = \"" + id + "\"\noutline = [[1, 2], [1, 3], [2, 3]]\n" + limit + "\n";
}

const std::string kAtMost200 = "rules.limit_kmh: expected at most 200 without rules.accuracy_gate";

TEST(Relation, IsToldWhereItsKeyWasSet) {
  EXPECT_THAT(load_text("[rules]\naccuracy_gate = false\nlimit_kmh = 250").problems,
              ElementsAre("a.toml:5:1: " + kAtMost200));
  EXPECT_THAT(load_text("[rules]\naccuracy_gate = false", {"rules.limit_kmh=250"}).problems,
              ElementsAre("--set: " + kAtMost200));
  EXPECT_THAT(load_text("[rules]\naccuracy_gate = true\nlimit_kmh = 250").problems, IsEmpty());
}

TEST(Relation, IsToldOfEachItem) {
  const std::string text = zone("a", "limit_kmh = 130") + zone("b", "limit_kmh = 30") + zone("c", "limit_kmh = 121");
  EXPECT_THAT(load_text(text).problems, ElementsAre("a.toml:6:1: zone.0.limit_kmh: expected at most rules.limit_kmh",
                                                    "a.toml:14:1: zone.2.limit_kmh: expected at most rules.limit_kmh"));
}

TEST(Relation, IsToldWhereItsItemOpensIfItWasNotSet) {
  EXPECT_THAT(load_text("[rules]\nlimit_kmh = 20\n" + zone("a", "")).problems,
              ElementsAre("a.toml:4:1: zone.0.limit_kmh: expected at most rules.limit_kmh"));
}

TEST(Relation, IsLookedAtWhateverElseIsWrong) {
  const Loaded loaded =
      load_text("[kafka]\nlinger = 20\n[rules]\naccuracy_gate = false\nlimit_kmh = 250\n" + zone("a", "colour = 1"));
  EXPECT_THAT(loaded.problems,
              ElementsAre(StartsWith("a.toml:4:1: kafka.linger: "), "a.toml:7:1: " + kAtMost200,
                          "a.toml:11:1: zone.0.colour: unknown key; [[zone]] takes id, limit_kmh, outline"));
}

TEST(Relation, IsNotLookedAtWhereOneOfItsValuesIsUnsound) {
  const struct {
    const char* name;
    std::string text;
    std::size_t problems;
  } rows[] = {
      {"BadValue", "[rules]\naccuracy_gate = 0\nlimit_kmh = 250\n", 1},
      {"BadItemOnly", "[rules]\nlimit_kmh = 50\n" + zone("a", "limit_kmh = \"60\"") + zone("b", "limit_kmh = 60"), 2},
      {"ItemLacksSomething", "[[zone]]\nid = \"z\"\nlimit_kmh = 130\n", 1},
      {"SameItemTwice", zone("a", "") + zone("a", "limit_kmh = 130"), 1},
  };
  for (const auto& row : rows) EXPECT_EQ(load_text(row.text).problems.size(), row.problems) << row.name;
}

}  // namespace
}  // namespace odograph::config
