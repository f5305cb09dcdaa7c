#include "agent/recording_words.h"

#include <gtest/gtest.h>

namespace odograph::agent {
namespace {

using namespace std::chrono_literals;

TEST(NothingFound, SaysWhatWasReadAndWhyItDoesNotCount) {
  const struct {
    drivers::DecoderCounters counters;
    const char* words = nullptr;
  } cases[] = {
      {{}, "no sentence found in x.nmea: it is empty"},
      {{.bytes = 12'345, .garbage_bytes = 12'345},
       "no sentence found in x.nmea: 12,345 bytes read, 12,345 bytes outside of sentences"},
      {{.bytes = 900, .bad_checksum = 3, .no_checksum = 4, .too_long = 1, .garbage_bytes = 7},
       "no sentence found in x.nmea: 900 bytes read, 3 refused for a wrong checksum, 4 refused for want of a checksum, "
       "1 "
       "refused for their length, 7 bytes outside of sentences"},
      {{.bytes = 1'000, .sentences = 20, .malformed = 2, .unknown_type = 18},
       "x.nmea tells neither a time nor a position: 1,000 bytes read, 20 sentences, 18 of a type that is not read, 2 "
       "with "
       "impossible content"},
  };
  for (const auto& row : cases) EXPECT_EQ(nothing_found("x.nmea", row.counters, "none"), row.words);
}

TEST(LeftOut, TellsOfInstantsThatWereToldAlready) {
  EXPECT_EQ(left_out({.sentences = 20, .malformed = 2}), "");
  EXPECT_EQ(left_out({.late = 1}), "1 sentence for an instant that had been told already was left out");
  EXPECT_EQ(left_out({.late = 1'204}), "1,204 sentences for instants that had been told already were left out");
}

TEST(ReplayCounts, AreAllOfTheSameRecords) {
  Snapshot snapshot;
  snapshot.outbox.lanes[0] = {.made = 2, .durable = 2, .stored = 2};
  snapshot.outbox.lanes[1] = {.made = 1, .durable = 1, .stored = 3};
  snapshot.outbox.lanes[2] = {.made = 1'000, .durable = 900, .in_ring = 100, .stored = 900};
  const auto counts = replay_counts(snapshot, 1'002, 0);
  EXPECT_EQ(to_words(counts), "1,003 records made (1 of them the agent's own), 903 durable; 1,005 wait for the broker");
  EXPECT_EQ(to_words(replay_counts(snapshot, 1'003, 50)),
            "1,003 records made, 903 durable, 50 more were so before; 1,005 wait for the broker");
  EXPECT_EQ(to_words({.made = 1, .own = 1, .durable = 1, .waiting = 1}),
            "1 record made, the agent's own, 1 durable; 1 waits for the broker");
}

TEST(RecordsWait, KnowsOneFromMany) {
  EXPECT_EQ(records_wait(1), "1 record waits for the broker");
  EXPECT_EQ(records_wait(41'212), "41,212 records wait for the broker");
}

TEST(WaitingReason, IsTheLinksInFull) {
  const struct {
    Sending sending;
    const char* reason;
    const char* error;
    const char* words;
  } cases[] = {
      {Sending::kSending, "", "", "being sent"},
      {Sending::kSending, "", "broker unreachable: a:1: refused", "being sent"},
      {Sending::kNotSending, "broker unreachable", "broker unreachable: a:1: refused",
       "broker unreachable: a:1: refused"},
      {Sending::kNotSending, "connecting", "", "connecting"},
      {Sending::kPaused, "nothing has told the time yet", "broker unreachable: a:1: refused",
       "nothing has told the time yet"},
      {Sending::kPaused, "topic x: unknown", "topic x: unknown", "topic x: unknown"},
  };
  for (const auto& row : cases) {
    Snapshot snapshot;
    snapshot.sending = row.sending;
    snapshot.sending_reason = row.reason;
    snapshot.link_error = row.error;
    EXPECT_EQ(waiting_reason(snapshot), row.words);
  }
}

TEST(WaitTelling, BeginsAfterASecondOfTroubleAndGoesOnEveryMinute) {
  const struct {
    base::Millis at;
    bool is_due;
  } cases[] = {{5'000ms, false},  {5'999ms, false}, {6'000ms, true},   {6'050ms, false},
               {65'999ms, false}, {66'000ms, true}, {66'050ms, false}, {126'000ms, true}};
  WaitTelling telling;
  for (const auto& row : cases) {
    EXPECT_EQ(telling.is_due(base::BootTime{row.at}, Sending::kNotSending), row.is_due) << row.at.count();
    EXPECT_EQ(telling.is_first(), row.at >= 6'000ms && row.at < 66'000ms) << row.at.count();
  }
}

TEST(WaitTelling, HasPatienceWhileRecordsGoOut) {
  WaitTelling telling;
  EXPECT_FALSE(telling.is_due(base::BootTime{5'000ms}, Sending::kSending));
  EXPECT_FALSE(telling.is_due(base::BootTime{14'999ms}, Sending::kIdle));
  EXPECT_TRUE(telling.is_due(base::BootTime{14'999ms}, Sending::kPaused)) << "the link went";
  EXPECT_FALSE(telling.is_due(base::BootTime{15'000ms}, Sending::kSending));
  WaitTelling patient;
  EXPECT_FALSE(patient.is_due(base::BootTime{5'000ms}, Sending::kSending));
  EXPECT_TRUE(patient.is_due(base::BootTime{15'000ms}, Sending::kSending));
}

}  // namespace
}  // namespace odograph::agent
