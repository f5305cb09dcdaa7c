#include "fleet/process_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

namespace odograph::fleet {
namespace {

using base::Millis;
using nlohmann::json;
using process::PartitionLag;
using process::Work;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::array kBounds = {0.5, 2.0, 604'800.0};

process::Latency latency(const std::vector<double>& values) {
  process::Latency made{base::Histogram(kBounds), base::Histogram(kBounds)};
  for (const double value : values) {
    made.all.add(value);
    made.recent.add(value);
  }
  return made;
}

ProcessStatus status_of(std::vector<PartitionLag> lags) {
  ProcessStatus status{.brokers = "127.0.0.1:9092",
                       .group = "odograph-process",
                       .instance = "processor-0",
                       .uptime = Millis(180'000),
                       .work = {.event = latency({0.3, 1, 1, 1}), .append = latency({0.3})}};
  status.work.doing = Work::Doing::kWorking;
  status.work.lags = std::move(lags);
  status.counters.partitions = status.work.lags.size();
  status.counters.records = 41'212;
  return status;
}

std::string words_of(const ProcessStatus& status) { return to_words(to_json(status)).value(); }

TEST(ProcessStatus, TheFirstLineSaysHowThingsStand) {
  const struct {
    const char* name;
    std::vector<PartitionLag> lags;
    const char* line;
  } rows[] = {
      {"Nothing", {{0, 9, 0, Millis(0)}, {1, 9, 0, Millis(0)}}, "keeping up: nothing waits\n"},
      {"NothingIsKnown", {}, "keeping up: nothing waits\n"},
      {"One", {{0, 9, 1, Millis(300)}}, "keeping up: 1 message waits, none for longer than 1 s\n"},
      {"Some",
       {{0, 9, 4, Millis(300)}, {1, 9, 5, Millis(9'900)}},
       "keeping up: 9 messages wait, none for longer than 10 s\n"},
      {"Many",
       {{0, 9, 41'000, Millis(190'000)}, {1, 9, 212, Millis(20'000)}, {2, 9, 0, Millis(0)}},
       "behind: 41,212 messages wait in 2 of 3 partitions, the oldest for about 3 min\n"},
      {"NobodyKnowsHowLong", {{0, 9, 7, std::nullopt}}, "behind: 7 messages wait in 1 of 1 partitions\n"},
  };
  for (const auto& row : rows) EXPECT_THAT(words_of(status_of(row.lags)), StartsWith(row.line)) << row.name;
}

TEST(ProcessStatus, NothingKeepsUpWhileNothingIsCommitted) {
  ProcessStatus status = status_of({{0, 9, 0, Millis(0)}});
  status.work.failures = 1;
  EXPECT_THAT(words_of(status), StartsWith("failing: nothing was committed in the last try; trouble tells why\n"));
  status.work.failures = 12;
  EXPECT_THAT(words_of(status), StartsWith("failing: nothing was committed in the last 12 tries; trouble tells why\n"));
  status.work.doing = Work::Doing::kPaused;
  status.work.refusal = "identity AKID (environment) may not write to processed-data-topic";
  status.work.next_try = Millis(40'200);
  EXPECT_THAT(words_of(status), StartsWith("paused: identity AKID (environment) may not write to "
                                           "processed-data-topic; next try in 41 s\n"));
}

TEST(ProcessStatus, SaysWhatItIsAtWhileItDoesNotWork) {
  ProcessStatus status = status_of({});
  status.work.doing = Work::Doing::kWaiting;
  EXPECT_THAT(words_of(status), StartsWith("waiting: no partition is assigned"));
  status.work.doing = Work::Doing::kRestoring;
  EXPECT_THAT(words_of(status), StartsWith("restoring: "));
}

TEST(ProcessStatus, TellsTheRestInPlainWords) {
  ProcessStatus status = status_of({{3, 9, 12, Millis(120'000)}});
  const std::string words = words_of(status);
  EXPECT_THAT(words, HasSubstr("processor processor-0 of group odograph-process at 127.0.0.1:9092, up 3 min; 1 part"));
  EXPECT_THAT(words, HasSubstr("event until it was committed: half within 2 s, 90 % within 2 s\n"));
  EXPECT_THAT(words, HasSubstr("log until then: half within 0.5 s, 90 % within 0.5 s\n"));
  EXPECT_THAT(words, HasSubstr("lag       partition 3: 12 wait, for about 2 min\n"));
  EXPECT_THAT(words, HasSubstr("records   41,212 of 0 vehicles"));
  EXPECT_THAT(words, Not(HasSubstr("trouble")));
  EXPECT_THAT(words, Not(HasSubstr("unreadable")));
  status.trouble = "commit: no answer";
  status.trouble_age = Millis(40'000);
  status.counters.dead_letters = 2;
  status.work.event = latency({1e9});
  status.work.append = latency({});
  EXPECT_THAT(words_of(status), HasSubstr("trouble   40 s ago: commit: no answer\n"));
  EXPECT_THAT(words_of(status), HasSubstr("letters   2 unreadable\n"));
  EXPECT_THAT(words_of(status), HasSubstr("committed: half longer than 7 d, 90 % longer than 7 d\n"));
  EXPECT_THAT(words_of(status), HasSubstr("log until then: nothing lately\n"));
}

TEST(ProcessStatus, NamesTheWorstPartitionsFirst) {
  std::vector<PartitionLag> lags;
  for (int i = 0; i < 8; ++i) lags.push_back({i, 0, i, Millis(20'000)});
  const std::string words = words_of(status_of(lags));
  EXPECT_LT(words.find("partition 7: 7 wait"), words.find("partition 3: 3 wait"));
  EXPECT_THAT(words, HasSubstr("lag       and 2 partitions more\n"));
}

TEST(ProcessStatus, TheJsonHasTheCountersAndMore) {
  const json told = json::parse(to_json(status_of({{3, 9, 12, Millis(1'500)}})));
  EXPECT_EQ(told["records"], 41'212);
  EXPECT_EQ(told["doing"], "working");
  EXPECT_EQ(told["lag"], json::parse(R"({"messages": 12, "behind_s": 1.5, "partitions": [
    {"partition": 3, "next": 9, "waiting": 12, "behind_s": 1.5}]})"));
  EXPECT_EQ(told["latency"]["append"]["recent"]["p90_s"], 0.5);
  EXPECT_FALSE(told.contains("trouble"));
}

TEST(ProcessStatus, WhatIsNoStatusIsRefused) {
  for (const char* text : {"", "{}", "[]", "truck", R"({"doing": 3})"}) {
    const auto words = to_words(text);
    ASSERT_FALSE(words) << text;
    EXPECT_EQ(words.error().action, base::Action::kDrop) << text;
  }
}

TEST(ProcessMetrics, AreOfThePartitionsThatItHas) {
  ProcessStatus status = status_of({{0, 9, 12, Millis(1'500)}, {1, 9, 3, std::nullopt}});
  service::Metrics metrics([&](service::Metrics& out) { put_metrics(status, out); });
  const std::string text = metrics.text();
  for (const char* line :
       {"odograph_fleet_records_total 41212\n", "odograph_fleet_lag_messages{partition=\"0\"} 12\n",
        "odograph_fleet_lag_seconds{partition=\"0\"} 1.5\n", "odograph_fleet_lag_messages{partition=\"1\"} 3\n",
        "odograph_fleet_event_latency_seconds_bucket{le=\"0.5\"} 1\n", "odograph_fleet_working 1\n",
        "odograph_fleet_event_latency_seconds_count 4\n", "odograph_fleet_append_latency_seconds_sum 0.3\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("odograph_fleet_lag_seconds{partition=\"1\"}")));
  status.work.lags.clear();
  EXPECT_THAT(metrics.text(), Not(HasSubstr("odograph_fleet_lag_messages{")));
}

TEST(ProcessMetrics, ForCloudWatchAreWhatCameSince) {
  const ProcessStatus before = status_of({});
  ProcessStatus now = status_of({{0, 9, 12, Millis(1'500)}, {1, 9, 3, Millis(500)}});
  now.counters.records += 100;
  now.work.event = latency({0.3, 1, 1, 1, 1000, 1000});
  std::map<std::string, double> told;
  for (const auto& each : emf_metrics(before, now)) told[each.name] = each.value;
  EXPECT_EQ(told["records"], 100);
  EXPECT_EQ(told["lag_messages"], 15);
  EXPECT_EQ(told["lag_seconds"], 1.5);
  EXPECT_EQ(told["event_latency_p50"], 604'800) << "of the two new ones alone";
  EXPECT_TRUE(std::isnan(told["append_latency_p90"])) << "none came";
  EXPECT_LE(told.size(), service::kEmfMetricsMax);
  now.work.event = latency({0.3, 1, 1'000'000, 1'000'000});
  for (const auto& each : emf_metrics(before, now)) told[each.name] = each.value;
  EXPECT_TRUE(std::isnan(told["event_latency_p90"])) << "more than a week has no bound";
}

}  // namespace
}  // namespace odograph::fleet
