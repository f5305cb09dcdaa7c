#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "fleet/topics/topic_table.h"
#include "fleet/topics/topics_commands.h"

namespace odograph::topics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::map<std::string, kafka::TopicSpec> by_name(const Layout& layout) {
  std::map<std::string, kafka::TopicSpec> named;
  for (auto& spec : topic_table(layout)) named[spec.name] = spec;
  return named;
}

TEST(TopicTable, NamesEndInTopicAndHaveAPurpose) {
  for (const auto& [name, spec] : by_name(kProduction)) {
    EXPECT_TRUE(name.ends_with("-topic")) << name;
    EXPECT_FALSE(purpose(name).empty()) << name;
  }
  EXPECT_EQ(purpose("someone-elses-topic"), "");
}

TEST(TopicTable, SaysWhatTheDesignSays) {
  const struct {
    const char* name;
    int partitions;
    int development_partitions;
    const char* cleanup;
  } rows[] = {{kRawData, 12, 3, "delete"},       {kProcessedData, 12, 3, "delete"},  {kAlerts, 12, 3, "delete"},
              {kVehicleState, 12, 3, "compact"}, {kTrips, 12, 3, "compact"},         {kVehicles, 1, 1, "compact"},
              {kGeofences, 1, 1, "compact"},     {kSegmentProfile, 1, 1, "compact"}, {kDeadLetter, 1, 1, "delete"}};
  const auto production = by_name(kProduction);
  const auto development = by_name(kDevelopment);
  EXPECT_EQ(production.size(), std::size(rows));
  for (const auto& row : rows) {
    ASSERT_TRUE(production.contains(row.name)) << row.name;
    const auto& spec = production.at(row.name);
    EXPECT_EQ(spec.partitions, row.partitions) << row.name;
    EXPECT_EQ(spec.replication, 3) << row.name;
    EXPECT_EQ(spec.config.at("cleanup.policy"), row.cleanup) << row.name;
    EXPECT_EQ(spec.config.at("min.insync.replicas"), "2") << row.name;
    EXPECT_EQ(spec.config.contains("retention.ms"), std::string("delete") == row.cleanup) << row.name;
    EXPECT_EQ(spec.config.contains("message.timestamp.type"), row.name == std::string(kRawData)) << row.name;
    EXPECT_EQ(development.at(row.name).partitions, row.development_partitions) << row.name;
    EXPECT_EQ(development.at(row.name).replication, 1) << row.name;
    EXPECT_EQ(development.at(row.name).config.at("min.insync.replicas"), "1") << row.name;
  }
}

TEST(TopicTable, RefusesAnImpossibleLayout) {
  EXPECT_TRUE(validate(kProduction));
  EXPECT_TRUE(validate(kDevelopment));
  for (const Layout layout : {Layout{0, 1}, Layout{-1, 1}, Layout{1001, 1}, Layout{3, 0}, Layout{3, 10}}) {
    EXPECT_FALSE(validate(layout)) << layout.partitions << ' ' << layout.replication;
  }
}

std::vector<kafka::TopicState> as_specified(const Layout& layout) {
  std::vector<kafka::TopicState> states;
  for (const auto& spec : topic_table(layout)) {
    states.push_back({spec.name, true, spec.partitions, spec.replication, spec.config});
  }
  return states;
}

struct DifferenceCase {
  const char* name;
  void (*change)(kafka::TopicState& raw);
  const char* says;  ///< nullptr: nothing is wrong.
};
const DifferenceCase kDifferenceCases[] = {
    {"AsItShouldBe", [](auto&) {}, nullptr},
    {"LongerRetention", [](auto& raw) { raw.config["retention.ms"] = "999999999999"; }, nullptr},
    {"KeptForEver", [](auto& raw) { raw.config["retention.ms"] = "-1"; }, nullptr},
    {"LargerMessages", [](auto& raw) { raw.config["max.message.bytes"] = "8388608"; }, nullptr},
    {"MoreReplicas", [](auto& raw) { raw.replication = 5; }, nullptr},
    {"BrokerTellsNoSettings", [](auto& raw) { raw.config.clear(); }, nullptr},
    {"Missing", [](auto& raw) { raw.exists = false; }, "does not exist. Create it"},
    {"FewerPartitions", [](auto& raw) { raw.partitions = 4; },
     "has 4 partitions, expected 12. odograph-fleet topics scale --partitions 12 adds"},
    {"MorePartitions", [](auto& raw) { raw.partitions = 24; }, "cannot be taken away"},
    {"FewerReplicas", [](auto& raw) { raw.replication = 1; }, "has 1 replicas, expected 3"},
    {"ShorterRetention", [](auto& raw) { raw.config["retention.ms"] = "1000"; }, "retention.ms is 1000"},
    {"Compacted", [](auto& raw) { raw.config["cleanup.policy"] = "compact"; }, "cleanup.policy is compact"},
    {"VehiclesTime", [](auto& raw) { raw.config["message.timestamp.type"] = "CreateTime"; }, "is CreateTime, expected"},
    {"SmallerMessages", [](auto& raw) { raw.config["max.message.bytes"] = "1000"; }, "max.message.bytes is 1000"},
    {"NotANumber", [](auto& raw) { raw.config["max.message.bytes"] = "much"; }, "max.message.bytes is much"},
};

TEST(Differences, SaysWhatIsWrongAndNothingElse) {
  for (const auto& row : kDifferenceCases) {
    auto states = as_specified(kProduction);
    row.change(states.front());
    const auto lines = differences(topic_table(kProduction), states);
    if (row.says == nullptr) {
      EXPECT_THAT(lines, IsEmpty()) << row.name;
    } else {
      EXPECT_THAT(lines, ElementsAre(testing::AllOf(testing::StartsWith(kRawData), HasSubstr(row.says)))) << row.name;
    }
  }
}

TEST(Differences, ATopicThatTheBrokerDidNotMentionIsMissing) {
  EXPECT_EQ(differences(topic_table(kProduction), {}).size(), topic_table(kProduction).size());
}

TEST(Unchecked, NamesWhatTheBrokerDidNotTell) {
  const std::size_t of_raw = topic_table(kProduction).front().config.size();
  const struct {
    const char* name;
    void (*change)(std::vector<kafka::TopicState>& states);
    std::size_t settings;
    std::vector<std::string> lines;
  } rows[] = {
      {"AllTold", [](auto&) {}, 0, {}},
      {"OneKey",
       [](auto& states) { states[0].config.erase("retention.ms"); },
       1,
       {"raw-data-topic: the broker does not tell retention.ms"}},
      {"TwoKeys",
       [](auto& states) {
         states[0].config.erase("retention.ms");
         states[0].config.erase("cleanup.policy");
       },
       2,
       {"raw-data-topic: the broker does not tell cleanup.policy, retention.ms"}},
      {"MayNotRead",
       [](auto& states) {
         states[0].config.clear();
         states[0].config_unread = "identity K may not read settings";
       },
       of_raw,
       {"raw-data-topic: identity K may not read settings"}},
      {"SameCauseIsOneLine",
       [](auto& states) {
         for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
           states[i].config.erase("retention.ms");
           states[i].config_unread = "why";
         }
       },
       2,
       {"raw-data-topic, alerts-topic: why"}},
      {"WhatIsMissingHasNoSettings",
       [](auto& states) {
         states[0] = {kRawData, false, 0, 0, {}};
       },
       0,
       {}},
      {"WhatNobodyMentioned", [](auto& states) { states.erase(states.begin()); }, 0, {}},
  };
  for (const auto& row : rows) {
    auto states = as_specified(kProduction);
    row.change(states);
    const Unchecked found = unchecked(topic_table(kProduction), states);
    EXPECT_EQ(found.settings, row.settings) << row.name;
    EXPECT_EQ(found.lines, row.lines) << row.name;
  }
}

/// A broker that can only hold topics.
class FakeAdmin final : public kafka::Admin {
 public:
  base::Status create_topics(const std::vector<kafka::TopicSpec>& topics) override {
    if (refuses) return base::retry_error("create topics: broker is away");
    for (const auto& spec : topics) {
      created.push_back(spec.name);
      states.push_back({spec.name, true, spec.partitions, spec.replication, spec.config});
    }
    return {};
  }
  base::Result<std::vector<kafka::TopicState>> describe(const std::vector<std::string>&) override { return states; }
  base::Result<kafka::Watermarks> watermarks(const std::string&, std::int32_t) override { return kafka::Watermarks{}; }

  std::vector<kafka::TopicState> states;
  std::vector<std::string> created;
  bool refuses = false;
};

TEST(TopicsCommands, CreateMakesWhatIsMissingAndLeavesTheRest) {
  FakeAdmin admin;
  admin.states = as_specified(kDevelopment);
  admin.states.pop_back();  // The dead letters.
  std::ostringstream out;
  EXPECT_EQ(create(admin, kDevelopment, out).value(), 0);
  EXPECT_THAT(admin.created, ElementsAre(kDeadLetter));
  EXPECT_THAT(out.str(), HasSubstr("created dead-letter-topic"));
  EXPECT_THAT(out.str(), HasSubstr("All 8 topics are as they should be"));
}

TEST(TopicsCommands, CreateSaysWhatIsWrongWithATopicThatWasThere) {
  FakeAdmin admin;
  admin.states = as_specified(kDevelopment);
  admin.states.front().partitions = 1;
  std::ostringstream out;
  EXPECT_EQ(create(admin, kDevelopment, out).value(), 1);
  EXPECT_THAT(admin.created, IsEmpty());
  EXPECT_THAT(out.str(), HasSubstr("raw-data-topic: has 1 partitions, expected 3"));
}

TEST(TopicsCommands, CheckEndsWithOneWhereSomethingIsWrong) {
  FakeAdmin admin;
  admin.states = as_specified(kDevelopment);
  std::ostringstream good;
  EXPECT_EQ(check(admin, kDevelopment, good).value(), 0);
  EXPECT_THAT(good.str(), testing::StartsWith("All 9 topics are as they should be"));
  admin.states.front().partitions = 1;
  std::ostringstream bad;
  EXPECT_EQ(check(admin, kDevelopment, bad).value(), 1);
  EXPECT_THAT(bad.str(), testing::StartsWith("1 thing is wrong"));
  EXPECT_THAT(bad.str(), HasSubstr("raw-data-topic: has 1 partitions, expected 3"));
}

TEST(TopicsCommands, SayWhatWasNotCheckedAndEndAsIfItWereNot) {
  FakeAdmin admin;
  admin.states = as_specified(kDevelopment);
  admin.states.front().config.erase("retention.ms");
  for (const auto command : {create, check}) {
    std::ostringstream out;
    EXPECT_EQ(command(admin, kDevelopment, out).value(), 0);
    EXPECT_EQ(out.str(),
              "All 9 topics are as they should be, as far as they were checked.\n"
              "1 setting was not checked:\n  raw-data-topic: the broker does not tell retention.ms\n");
  }
  admin.states.front().partitions = 1;
  std::ostringstream bad;
  EXPECT_EQ(check(admin, kDevelopment, bad).value(), 1);
  EXPECT_THAT(bad.str(), testing::StartsWith("1 thing is wrong"));
  EXPECT_THAT(bad.str(), HasSubstr("1 setting was not checked:"));
}

TEST(TopicsCommands, HandsOnWhatTheBrokerSaid) {
  FakeAdmin admin;
  admin.refuses = true;
  std::ostringstream out;
  const auto outcome = create(admin, kDevelopment, out);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().action, base::Action::kRetry);
}

TEST(TopicsCommands, ListsForTheDevelopmentBroker) {
  std::ostringstream out;
  list(kDevelopment, ListFormat::kBrokerArgs, out);
  EXPECT_THAT(out.str(), testing::StartsWith("--topic raw-data-topic:3 --topic processed-data-topic:3 "));
  EXPECT_THAT(out.str(), testing::EndsWith("--topic dead-letter-topic:1\n"));
}

}  // namespace
}  // namespace odograph::topics
