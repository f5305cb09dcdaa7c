#include "agent/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/metrics.h"

namespace odograph::agent {
namespace {

using testing::HasSubstr;

constexpr std::chrono::days kDay{1};
constexpr base::UtcTime kNow{std::chrono::days{20'000}};

Snapshot snapshot(std::uint64_t waiting) {
  Snapshot made{.version = "1", .vehicle_id = "truck-17", .uptime = std::chrono::seconds{40}, .time = kNow};
  made.outbox.state = outbox::State::kOk;
  made.outbox.cap_bytes = 1'000'000;
  made.outbox.lanes[2].made = made.outbox.lanes[2].stored = waiting;
  made.sources = {{.name = "gps", .open = true}};
  return made;
}

/// Two days without a broker at 20,606 records a day, which have taken a fifth of the storage.
Snapshot outage() {
  Snapshot made = snapshot(41'212);
  made.uptime = 2 * kDay;
  made.sending = Sending::kNotSending;
  made.sending_reason = "broker unreachable";
  made.sending_since = std::chrono::minutes{3};
  made.outbox.oldest_utc = kNow - 2 * kDay;
  made.outbox.used_bytes = 200'000;
  return made;
}

template <class Change>
Snapshot with(Snapshot made, Change change) {
  change(made);
  return made;
}

std::string words(const Snapshot& snapshot) {
  const auto words = to_words(to_json(snapshot));
  return words ? *words : words.error().what;
}

TEST(StatusWords, BeginWithHowThingsStand) {
  const struct {
    const char* name;
    Snapshot snapshot;
    const char* headline;
  } cases[] = {
      {"Outage", outage(),
       "not sending: broker unreachable since 3 min; 41,212 records wait, oldest 2 d, room for 9 d"},
      {"OutageFromTheStart",
       with(outage(), [](Snapshot& now) { now.outbox.lanes[2].stored = now.outbox.lanes[2].made = 99; }),
       "not sending: broker unreachable since 3 min; 99 records wait, oldest 2 d, room not known yet"},
      {"Idle", snapshot(0), "idle; nothing waits"},
      {"OneRecord", with(snapshot(1), [](Snapshot& now) { now.sending = Sending::kSending; }),
       "sending; 1 record waits"},
      {"Paused",
       with(snapshot(2),
            [](Snapshot& now) {
              now.sending = Sending::kPaused;
              now.sending_reason = "topic raw-data-topic: unknown";
            }),
       "paused: topic raw-data-topic: unknown; 2 records wait, room not known yet"},
      {"StorageTrouble",
       with(snapshot(0),
            [](Snapshot& now) {
              now.outbox.state = outbox::State::kDegradedRam;
              now.outbox.trouble = "data directory /x: does not exist";
              now.outbox.lanes[2].in_ring = 3;
            }),
       "not storing: data directory /x: does not exist; idle: nothing is sent before it is stored; 3 records wait"},
      {"NoSource", with(snapshot(0), [](Snapshot& now) { now.sources.clear(); }),
       "nothing is read: no source is configured; idle; nothing waits"},
      {"SourceNotOpen",
       with(snapshot(0), [](Snapshot& now) { now.sources.push_back({.name = "can", .trouble = "open /dev/x: gone"}); }),
       "source can is not open; idle; nothing waits"},
      {"SourceAtItsEnd", with(snapshot(0), [](Snapshot& now) { now.sources = {{.name = "log", .ended = "/x ended"}}; }),
       "idle; nothing waits"},
      {"ClockAhead", with(snapshot(2), [](Snapshot& now) { now.outbox.oldest_utc = kNow + kDay; }),
       "idle; 2 records wait, oldest 0 s"},
  };
  for (const auto& row : cases) {
    const std::string all = words(row.snapshot);
    EXPECT_EQ(all.substr(0, all.find('\n')), row.headline) << row.name;
  }
}

TEST(StatusWords, NameLossesByReason) {
  const auto lossy = with(snapshot(0), [](Snapshot& now) {
    now.outbox.lanes[2].evicted = 12'345;
    now.outbox.lanes[0].ring_full = 1;
  });
  EXPECT_THAT(words(lossy), HasSubstr("lost      12,345 evicted, 1 ring_full\n"));
  EXPECT_THAT(words(snapshot(0)), testing::Not(HasSubstr("lost")));
}

TEST(StatusWords, TellWhatIsWrittenToTheFlash) {
  const struct {
    const char* name;
    outbox::FlashForecast flash;
    const char* line;
  } cases[] = {
      {"NoLimit", {3.14, 0, 0, base::Millis{1000}, 1}, "flash     writes 3.1 GB/year\n"},
      {"Within", {3.14, 20, 0, base::Millis{1000}, 1}, "flash     writes 3.1 GB/year of 20.0 allowed\n"},
      {"RarerCommits",
       {17.9, 20, 3, base::Millis{60'000}, 1},
       "flash     writes 17.9 GB/year of 20.0 allowed; to keep to it positions are durable only after 60 s\n"},
      {"RarerPositions",
       {19.9, 20, 7, base::Millis{600'000}, 4},
       "allowed; to keep to it positions are durable only after 10 min and sampled 4 times less often\n"},
      {"MoreThanCanBeDone",
       {1.61, 0.05, 7, base::Millis{600'000}, 4},
       "flash     writes 1.6 GB/year of 0.05 allowed; at this rate the limit will be exceeded, although positions are "
       "durable only after 10 min and sampled 4 times less often\n"},
      {"SmallWithin", {0.012, 0.05, 0, base::Millis{1000}, 1}, "flash     writes 0.012 GB/year of 0.05 allowed\n"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(words(with(snapshot(0), [&](Snapshot& now) { now.outbox.flash = c.flash; })), HasSubstr(c.line))
        << c.name;
  }
  const auto written = with(snapshot(0), [](Snapshot& now) {
    now.outbox.flash.bytes = 10'000;
    now.outbox.lanes[2].durable = 60;
    now.outbox.lanes[0].durable = 40;
  });
  EXPECT_THAT(words(written), HasSubstr("GB/year, 100 B a record\n"));
}

TEST(StatusJson, TellsDurabilityAndWear) {
  const auto json = to_json(with(snapshot(0), [](Snapshot& now) {
    now.outbox.durable_lag = base::Millis{740};
    now.outbox.lanes[2].durable = 100;
    now.outbox.flash = {17.5, 20, 3, base::Millis{60'000}, 1, 10'000};
  }));
  for (const char* one : {R"("durable_lag_ms": 740)", R"("bytes_per_record": 100.0)", R"("gb_per_year": 17.5)",
                          R"("limit_gb_per_year": 20.0)", R"("commit_bulk_ms": 60000)", R"("step": 3)"}) {
    EXPECT_THAT(json, HasSubstr(one));
  }
  const auto fresh = to_json(snapshot(0));
  EXPECT_THAT(fresh, HasSubstr(R"("durable_lag_ms": 0)"));
  EXPECT_THAT(fresh, testing::Not(HasSubstr("bytes_per_record"))) << "no record, no bytes of one";
}

TEST(StatusWords, SayHowTheCommitReportFares) {
  EXPECT_THAT(words(snapshot(0)), testing::Not(HasSubstr("report ")));
  const auto told = [](outbox::CommitReportStats report) {
    return words(with(snapshot(0), [&](Snapshot& now) { now.outbox.commit_report = report; }));
  };
  EXPECT_THAT(told({.lines = 1'200}), HasSubstr("report    1,200 lines\n"));
  EXPECT_THAT(told({.lines = 1, .untold = 3, .trouble = "commit report: ended, nobody reads it: Broken pipe"}),
              HasSubstr("report    1 lines, 3 ranges not told (commit report: ended, nobody reads it: Broken pipe)\n"));
}

TEST(StatusWords, SurviveADevicesName) {
  const auto odd =
      with(snapshot(0), [](Snapshot& now) { now.sources = {{.name = "gps", .trouble = "open \xff: gone"}}; });
  EXPECT_THAT(words(odd), HasSubstr("source    gps: not open (open "));
}

TEST(StatusWords, TellHowASourceFares) {
  const auto told = [](collect::SourceHealth source) {
    return words(with(snapshot(0), [&](Snapshot& now) { now.sources = {source}; }));
  };
  const struct {
    collect::SourceHealth source;
    const char* line = nullptr;
  } cases[] = {
      {{.name = "gps", .open = true}, "source    gps: open, nothing has come yet\n"},
      {{.name = "gps", .open = true, .readings = 1, .counters = {.bytes = 99, .sentences = 1}},
       "gps: open, 1 reading\n"},
      {{.name = "gps", .open = true, .counters = {.bytes = 2'048}},
       "gps: open, 2.0 KiB have come and no sentence: is it another baud rate or protocol?\n"},
      {{.name = "gps", .open = true, .counters = {.bytes = 999}}, "gps: open, 0 readings\n"},
      {{.name = "gps", .open = true, .counters = {.bytes = 2'048, .sentences = 1}}, "gps: open, 0 readings\n"},
      {{.name = "gps", .open = true, .readings = 1, .counters = {.bytes = 99, .sentences = 2, .late = 1'234}},
       "; 1,234 for instants that were told before\n"},
      {{.name = "log", .ended = "/x was read to its end", .readings = 100},
       "log: /x was read to its end, 100 readings\n"},
      {{.name = "log", .ended = "/x.gz was read to its end", .counters = {.bytes = 2'048}},
       "log: /x.gz was read to its end, no sentence in 2.0 KiB\n"},
      {{.name = "gps", .trouble = "open /x: gone"}, "gps: not open (open /x: gone), 0 readings\n"},
  };
  for (const auto& row : cases) EXPECT_THAT(told(row.source), HasSubstr(row.line));
  EXPECT_THAT(words(with(snapshot(0), [](Snapshot& now) { now.sources.clear(); })),
              HasSubstr("source    none is configured ([[source]]): nothing will be read\n"));
}

TEST(StatusWords, SayThatTheVehicleHadAnotherId) {
  EXPECT_THAT(words(with(snapshot(0), [](Snapshot& now) { now.outbox.vehicle_before = "truck-16"; })),
              HasSubstr("\nvehicle   it was truck-16 before this start; records made as that are sent as that\n"));
  EXPECT_THAT(words(snapshot(0)), testing::Not(HasSubstr("it was")));
}

TEST(StatusWords, SayThatMetricsAreNotServed) {
  const std::string why = "metrics on 127.0.0.1:9464: Address already in use";
  EXPECT_THAT(words(with(snapshot(0), [&](Snapshot& now) { now.metrics_trouble = why; })),
              HasSubstr("\nmetrics   not served, " + why + "\n"));
  EXPECT_THAT(words(snapshot(0)), testing::Not(HasSubstr("metrics ")));
}

TEST(StatusWords, RefuseWhatIsNoStatus) {
  for (const char* text : {"", "{", "[]", "{}", "null", R"({"sending":{"state":5}})"}) {
    const auto refused = to_words(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().action, base::Action::kDrop) << text;
  }
}

TEST(RoomFor, NeedsToKnowEnough) {
  // Of the file seven pages are there without a record.
  constexpr double kTaken = 200'000 - 7 * 4096;
  EXPECT_EQ(room_for(outage()),
            std::chrono::floor<base::Millis>(std::chrono::duration<double, std::ratio<86'400>>{2 * 800'000 / kTaken}));
  const auto few = with(outage(), [](Snapshot& now) {
    now.uptime = std::chrono::seconds{100};
    now.outbox.used_bytes = 8 * 4096;
    now.outbox.lanes[2].made = now.outbox.lanes[2].stored = 100;
  });
  EXPECT_EQ(room_for(few)->count(), (1'000'000 - 8 * 4096) * 100'000LL / 4096);
  EXPECT_TRUE(room_for(with(few, [](Snapshot& now) { now.outbox.used_bytes = 4096; })));
  EXPECT_FALSE(room_for(with(outage(), [](Snapshot& now) { now.uptime = std::chrono::seconds{9}; })));
  EXPECT_FALSE(room_for(with(outage(), [](Snapshot& now) { now.outbox.lanes[2].stored = 99; })));
  EXPECT_FALSE(room_for(with(outage(), [](Snapshot& now) { now.outbox.lanes[2].made = 0; })));
  EXPECT_EQ(room_for(with(outage(), [](Snapshot& now) { now.outbox.used_bytes = 2'000'000; })), base::Millis{0});
}

TEST(Metrics, HaveEveryFamily) {
  auto now = outage();
  now.sources = {{.name = "gps", .open = true, .trouble = {}}};
  now.previews.sent = 3;
  now.previews.failed = 2;
  now.outbox.bytes_written = 5'000;
  now.outbox.lanes[2].durable = 50;
  now.outbox.durable_lag = base::Millis{250};
  now.outbox.flash = {3.5, 20, 2, base::Millis{16'000}, 1, 8'000};
  service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
  const std::string text = metrics.text();
  for (const char* series : {R"(odograph_records_made_total{lane="bulk"} 41212)",
                             R"(odograph_records_durable_total{lane="alert"} 0)",
                             R"(odograph_records_acked_total{lane="event"} 0)",
                             R"(odograph_records_waiting{lane="bulk"} 41212)",
                             R"(odograph_records_lost_total{lane="bulk",reason="evicted"} 0)",
                             R"(odograph_source_open{source="gps"} 1)",
                             R"(odograph_source_readings_total{source="gps"} 0)",
                             R"(odograph_source_reopened_total{source="gps"} 0)",
                             R"(odograph_source_refused_total{reason="bad_checksum",source="gps"} 0)",
                             "odograph_link_up 0",
                             "odograph_link_disconnects_total 0",
                             "odograph_sent_bytes_total 0",
                             "odograph_sent_records_total 0",
                             "odograph_repeated_records_total 0",
                             "odograph_previews_sent_total 3",
                             R"(odograph_previews_dropped_total{reason="failed"} 2)",
                             R"(odograph_previews_dropped_total{reason="no_time"} 0)",
                             R"(odograph_previews_dropped_total{reason="refused"} 0)",
                             "odograph_storage_ok 1",
                             "odograph_storage_used_bytes 200000",
                             "odograph_storage_cap_bytes 1000000",
                             "odograph_storage_written_bytes_total 5000",
                             "odograph_storage_bytes_per_record 160",
                             "odograph_flash_bytes_total 8000",
                             "odograph_storage_durable_lag_seconds 0.25",
                             "odograph_flash_gb_per_year 3.5",
                             "odograph_flash_limit_gb_per_year 20",
                             "odograph_flash_step 2",
                             "odograph_storage_commits_total 0",
                             "odograph_time_quality 0"}) {
    EXPECT_THAT(text, HasSubstr(series));
  }
}

}  // namespace
}  // namespace odograph::agent
