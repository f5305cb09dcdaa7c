#include "lib/config/suggest.h"

#include <gtest/gtest.h>

namespace odograph::config {
namespace {

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("brokers", "borkers"), 1U);
  EXPECT_EQ(edit_distance("linger", "linger_ms"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(NearestWord, IsSilentWhereMuchOfTheWordDiffers) {
  const std::vector<std::string> words = {"run", "replay", "status", "decode", "check-config", "log"};
  const struct {
    const char* word;
    const char* meant;
  } rows[] = {{"satus", "status"},
              {"stauts", "status"},
              {"replai", "replay"},
              {"check-confg", "check-config"},
              {"rnu", "run"},
              {"configcheck", ""},
              {"foo", ""},
              {"go", ""},
              {"start", ""},
              {"", ""},
              {"r", ""}};
  for (const auto& row : rows) EXPECT_EQ(nearest_word(row.word, words), row.meant) << row.word;
  EXPECT_EQ(nearest_word(std::string(100'000, 'r'), words), "");
}

const std::vector<Candidate> kCandidates = {
    {"vehicle.id", {"name"}, "id"},
    {"kafka", {"broker"}, "kafka"},
    {"kafka.brokers", {"url", "servers"}, "brokers"},
    {"kafka.linger", {}, "linger"},
    {"storage.cap", {"max_size"}, "cap"},
    {"rules.speed_limit_kmh", {}, "limit"},
    {"zone", {"geofence"}, "zone"},
    {"zone.0.limit_kmh", {"speed_limit_kmh"}, "zone's limit"},
    {"source.0.baud", {}, "baud"},
    {"log", {}, "log"},
    {"storage.no_time_until", {}, "until"},
};

TEST(Nearest, FindsTheKeyThatWasMeant) {
  const struct {
    const char* name;
    const char* key;
    const char* shown;
  } rows[] = {
      {"Swapped", "kafka.borkers", "brokers"},
      {"NoTable", "brokers", "brokers"},
      {"OtherTable", "outbox.linger", "linger"},
      {"OtherTableAndMistyped", "vehicle.speed_limt", "limit"},
      {"WithoutItsUnit", "rules.speed_limit", "limit"},
      {"WithoutItsFirstPart", "rules.limit_kmh", "limit"},
      {"WithAPartMore", "source.0.baud_rate", "baud"},
      {"Alias", "storage.max_size", "cap"},
      {"AliasMistyped", "storage.max_szie", "cap"},
      {"AliasWithoutTable", "url", "brokers"},
      {"AliasOfATable", "broker", "kafka"},
      {"OwnTableBeforeAnother", "zone.0.speed_limit_kmh", "zone's limit"},
      {"NumberedTableElsewhere", "rules.zone", "zone"},
      {"HalfOfItInItsTable", "kafka.longe", "linger"},
      {"TableMistypedToo", "kafak.brokers", "brokers"},
  };
  for (const auto& row : rows) {
    const Candidate* found = nearest(row.key, kCandidates);
    ASSERT_NE(found, nullptr) << row.name;
    EXPECT_EQ(found->shown, row.shown) << row.name;
  }
}

TEST(Nearest, IsSilentWhereNothingIsNear) {
  const std::pair<const char*, std::string> rows[] = {
      {"AnotherWord", "colour"},
      {"HalfOfAShortWordDiffers", "foo"},
      {"AliasInAnotherTable", "kafka.name"},
      {"AShortPartSaysNothing", "kafka.client_id"},
      {"OnePartOfThreeSaysNothing", "kafka.until"},
      {"Empty", ""},
      {"EmptyName", "kafka."},
      {"VeryLong", std::string(100'000, 'k')},
  };
  for (const auto& [name, key] : rows) EXPECT_EQ(nearest(key, kCandidates), nullptr) << name;
}

}  // namespace
}  // namespace odograph::config
