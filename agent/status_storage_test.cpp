// What status and metrics tell of storage that is not as it should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/metrics.h"
#include "agent/status.h"

namespace odograph::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

Snapshot broken() {
  Snapshot now{.version = "1", .vehicle_id = "truck-17"};
  now.outbox.state = outbox::State::kOk;
  now.outbox.durability = outbox::Durability::kBestEffort;
  now.outbox.durability_reason = "/data is mounted nobarrier (ext4)";
  now.outbox.quarantines = 1;
  now.outbox.quarantines_waiting = 1;
  now.outbox.quarantined = "/d/quarantine-2";
  now.outbox.salvage_outcome = "quarantine-1: 9 records sent on, 0 told as lost; removed";
  now.outbox.salvaged_chunks = 20;
  now.outbox.salvaged_records = 1'234;
  now.outbox.salvage_lost_records = 17;
  now.outbox.crc_failures = 2;
  now.outbox.scanned_bytes = 4096;
  now.outbox.repairs = {
      .wals_mended = 1, .wals_put_aside = 2, .files_made_again = 3, .files_removed = 2, .files_rescued = 1};
  return now;
}

TEST(StatusWords, SayWhyDurabilityIsBestEffort) {
  EXPECT_THAT(*to_words(to_json(broken())),
              HasSubstr("\ndurability: best effort: /data is mounted nobarrier (ext4)\n"));
  EXPECT_THAT(*to_words(to_json(Snapshot{})), Not(HasSubstr("durability")));
}

Snapshot medium(std::uint64_t failures, std::chrono::microseconds longest) {
  Snapshot now;
  now.outbox.commits = 90;
  now.outbox.commit_failures = failures;
  now.outbox.commit_time = {90 + failures, std::chrono::microseconds{4'250}, longest, longest};
  return now;
}

TEST(StatusWords, SayThatTheMediumIsSlowOrRefuses) {
  using std::chrono::microseconds;
  const struct {
    std::uint64_t failures = 0;
    microseconds longest{0};
    const char* line = nullptr;
  } rows[] = {
      {0, microseconds{999'999}, nullptr},
      {0, microseconds{2'000'000}, "\nmedium    slow: a commit took 2 s lately\n"},
      {10, microseconds{5'000}, "\nmedium    10 of 100 commits refused\n"},
      {1'910, microseconds{61'000'000},
       "\nmedium    slow: a commit took 61 s lately; 1,910 of 2,000 commits refused\n"},
  };
  for (const auto& row : rows) {
    const std::string text = *to_words(to_json(medium(row.failures, row.longest)));
    if (row.line == nullptr) {
      EXPECT_THAT(text, Not(HasSubstr("medium"))) << row.failures;
    } else {
      EXPECT_THAT(text, HasSubstr(row.line));
    }
  }
  EXPECT_THAT(*to_words(to_json(Snapshot{})), Not(HasSubstr("medium"))) << "before the first commit";
}

TEST(StorageStatus, TellsThatTheMediumHangsAndSinceWhen) {
  Snapshot now;
  now.outbox.state = outbox::State::kHanging;
  now.outbox.trouble = "data directory /d: the medium hangs, a call has not come back";
  now.outbox.hanging_for = base::Millis{184'000};
  const std::string json = to_json(now);
  EXPECT_THAT(json, HasSubstr(R"("state": "hanging")"));
  EXPECT_THAT(json, HasSubstr(R"("hanging_s": 184.0)"));
  const std::string words = *to_words(json);
  EXPECT_EQ(words.find("not storing: data directory /d: the medium hangs, a call has not come back since 3 min; "), 0U)
      << words;
  EXPECT_THAT(words, HasSubstr("\nstorage   hanging (data directory /d: the medium hangs, a call has not come back "
                               "since 3 min); "));
  service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
  EXPECT_THAT(metrics.text(), HasSubstr(R"(odograph_storage_state{state="hanging"} 1)"));
  EXPECT_THAT(metrics.text(), HasSubstr("odograph_storage_hanging_seconds 184"));

  const Snapshot well;
  EXPECT_THAT(to_json(well), Not(HasSubstr("hanging_s")));
  service::Metrics quiet([&](service::Metrics& to) { put_metrics(well, to); });
  EXPECT_THAT(quiet.text(), HasSubstr(R"(odograph_storage_state{state="hanging"} 0)"));
  EXPECT_THAT(quiet.text(), HasSubstr("odograph_storage_hanging_seconds 0"));
}

TEST(StorageStatus, TellsHowLongCommitsTakeInJsonAndMetrics) {
  const Snapshot now = medium(10, std::chrono::microseconds{36'500});
  const std::string json = to_json(now);
  for (const char* one : {R"("commit_failures": 10)", R"("checkpoint_ms": null)", R"("median": 4.25)", R"("p99": 36.5)",
                          R"("longest": 36.5)", R"("wal_pages": 0)"}) {
    EXPECT_THAT(json, HasSubstr(one));
  }
  service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
  const std::string text = metrics.text();
  for (const char* one :
       {R"(odograph_storage_commit_seconds{quantile="0.5"} 0.00425)",
        R"(odograph_storage_commit_seconds{quantile="0.99"} 0.0365)",
        R"(odograph_storage_commit_seconds{quantile="1"} 0.0365)", "odograph_storage_commit_failures_total 10",
        "odograph_storage_checkpoints_total 0", "odograph_storage_wal_pages 0",
        R"(odograph_storage_state{state="starting"} 1)", R"(odograph_storage_state{state="degraded_ram"} 0)",
        "odograph_storage_boot 0", "odograph_poisoned_records_total 0"}) {
    EXPECT_THAT(text, HasSubstr(one));
  }
  EXPECT_THAT(text, Not(HasSubstr("odograph_storage_checkpoint_seconds"))) << "of none there is no time";
  EXPECT_THAT(text, Not(HasSubstr("odograph_records_oldest_age_seconds"))) << "nothing waits";
}

TEST(StorageStatus, TellsTheAgeOfTheOldestRecordWhereBothTimesAreKnown) {
  Snapshot now;
  now.outbox.oldest_utc = base::UtcTime{base::Millis{1'000'000}};
  EXPECT_FALSE(oldest_age(now));
  now.time = base::UtcTime{base::Millis{1'090'500}};
  service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
  EXPECT_THAT(metrics.text(), HasSubstr("odograph_records_oldest_age_seconds 90.5"));
  now.time = base::UtcTime{base::Millis{900'000}};
  EXPECT_EQ(oldest_age(now), base::Millis{0}) << "a clock that was put back";
}

TEST(StatusWords, SayWhatBecameOfBrokenFiles) {
  EXPECT_THAT(*to_words(to_json(broken())),
              HasSubstr("rot       1 broken file is being salvaged, the newest in /d/quarantine-2; "
                        "quarantine-1: 9 records sent on, 0 told as lost; removed; 1 put aside since the start; 1,234 "
                        "records salvaged;"
                        " 17 told as lost with them; 2 broken chunks found; 1 write-ahead log put right;"
                        " 2 write-ahead logs put aside; 3 unfinished files were made again;"
                        " 2 files were removed by somebody while in use, 1 of them copied in time\n"));
  EXPECT_THAT(*to_words(to_json(Snapshot{})), Not(HasSubstr("rot ")));
}

TEST(StatusWords, SayHowMuchRoomTheDiskHolds) {
  const struct {
    std::uint64_t cap_mib;
    outbox::Reserved reserved;
    const char* reason;
    const char* line;
  } rows[] = {
      {256, outbox::Reserved::kWhole, "", nullptr},
      {128, outbox::Reserved::kWhole, "", nullptr},  // The rest is a broken file's.
      {37, outbox::Reserved::kPart, "the disk has no room for more",
       "\nroom      37.0 MiB of the 256 MiB configured: the disk has no room for more\n"},
      {256, outbox::Reserved::kPart, "the disk has no room for its write-ahead log",
       "\nroom      the disk has no room for its write-ahead log\n"},
      {256, outbox::Reserved::kNone, "this file system cannot hold room for a file",
       "\nroom      not held, so that a full disk stops storage: this file system cannot hold room for a file\n"},
  };
  for (const auto& row : rows) {
    Snapshot now;
    now.outbox.cap_bytes = row.cap_mib << 20;
    now.outbox.wanted_cap_bytes = 256U << 20;
    now.outbox.reserved = row.reserved;
    now.outbox.reserved_reason = row.reason;
    const std::string words = *to_words(to_json(now));
    if (row.line == nullptr) {
      EXPECT_THAT(words, Not(HasSubstr("\nroom "))) << words;
    } else {
      EXPECT_THAT(words, HasSubstr(row.line));
    }
    service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
    EXPECT_THAT(metrics.text(), HasSubstr("odograph_storage_wanted_cap_bytes 268435456"));
    EXPECT_THAT(metrics.text(),
                HasSubstr("odograph_storage_reserved " + std::to_string(static_cast<int>(row.reserved)) + "\n"));
  }
}

TEST(Durability, IsUnknownWhileNothingIsStored) {
  using outbox::Durability;
  using outbox::State;
  const struct {
    State state = State::kOk;
    Durability durability = Durability::kFull;
    const char* word = nullptr;
  } rows[] = {{State::kOk, Durability::kFull, "full"},
              {State::kFull, Durability::kFull, "full"},
              {State::kOk, Durability::kBestEffort, "best_effort"},
              {State::kReadonly, Durability::kBestEffort, "best_effort"},
              {State::kStarting, Durability::kFull, "unknown"},
              {State::kDegradedRam, Durability::kFull, "unknown"},
              {State::kReadonly, Durability::kFull, "unknown"},
              {State::kRecovering, Durability::kFull, "unknown"},
              {State::kHanging, Durability::kFull, "unknown"}};
  for (const auto& row : rows) {
    Snapshot now;
    now.outbox.state = row.state;
    now.outbox.durability = row.durability;
    const std::string json = to_json(now);
    EXPECT_THAT(json, HasSubstr(std::string("\"durability\": \"") + row.word + "\"")) << outbox::to_string(row.state);
    service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
    const std::string full = std::string(row.word) == "full" ? "1" : "0";
    EXPECT_THAT(metrics.text(), HasSubstr("odograph_storage_durability_full " + full + "\n"));
  }
}

TEST(StatusWords, SayThatNothingIsSentWhileStorageIsDown) {
  Snapshot now;
  now.outbox.state = outbox::State::kReadonly;
  now.outbox.trouble = "outbox /d/outbox.db: read-only";
  EXPECT_THAT(*to_words(to_json(now)), HasSubstr("idle; nothing waits"));
  now.outbox.lanes[2].in_ring = 50;
  EXPECT_THAT(*to_words(to_json(now)), HasSubstr("not storing: outbox /d/outbox.db: read-only; "));
  EXPECT_THAT(*to_words(to_json(now)), HasSubstr("idle: nothing is sent before it is stored; 50 records wait"));
  now.outbox.state = outbox::State::kOk;
  now.outbox.trouble = "";
  EXPECT_THAT(*to_words(to_json(now)), HasSubstr("idle; 50 records wait"));
}

TEST(StatusWords, SayThatRecordsAreSentFromMemory) {
  Snapshot now;
  now.outbox.state = outbox::State::kReadonly;
  now.outbox.trouble = "outbox /d/outbox.db: read-only";
  now.outbox.sends_from_memory = true;
  now.outbox.lanes[2].in_ring = 50;
  now.outbox.lanes[0].from_memory = 3;
  EXPECT_THAT(*to_words(to_json(now)), HasSubstr("not storing: outbox /d/outbox.db: read-only; sending from memory: "
                                                 "nothing is durable; "));
  EXPECT_THAT(*to_words(to_json(now)), Not(HasSubstr("nothing is sent")));
  EXPECT_THAT(to_json(now), HasSubstr("\"sends_from_memory\": true"));
  service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
  EXPECT_THAT(metrics.text(), HasSubstr("odograph_storage_sends_from_memory 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("odograph_records_from_memory_total{lane=\"alert\"} 3\n"));
}

TEST(Metrics, CountRotAndItsSalvage) {
  const auto now = broken();
  service::Metrics metrics([&](service::Metrics& to) { put_metrics(now, to); });
  const std::string text = metrics.text();
  for (const char* series : {"odograph_storage_durability_full 0", "odograph_storage_quarantines_waiting 1",
                             "odograph_storage_quarantines_total 1", "odograph_storage_salvaged_chunks_total 20",
                             "odograph_storage_salvaged_records_total 1234",
                             "odograph_storage_salvage_lost_records_total 17", "odograph_storage_crc_failures_total 2",
                             "odograph_storage_scanned_bytes_total 4096", "odograph_storage_wals_mended_total 1",
                             "odograph_storage_wals_put_aside_total 2", "odograph_storage_files_made_again_total 3",
                             "odograph_storage_files_removed_total 2", "odograph_storage_files_rescued_total 1"}) {
    EXPECT_THAT(text, HasSubstr(series));
  }
}

}  // namespace
}  // namespace odograph::agent
