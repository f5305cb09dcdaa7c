#include "agent/rot_telling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odograph::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kAside =
    "storage: a broken file was put aside as /d/quarantine-1, and what can be read of it is sent on";

TEST(RotTelling, TellsOfAFileOnceAndOfWhatCameOfIt) {
  RotTelling telling;
  outbox::Stats stats;
  EXPECT_THAT(telling.news(stats), IsEmpty());
  stats.quarantines = 1;
  stats.quarantined = "/d/quarantine-1";
  EXPECT_THAT(telling.news(stats), ElementsAre(kAside));
  EXPECT_THAT(telling.news(stats), IsEmpty());
  stats.quarantined.clear();
  stats.salvage_outcome = "quarantine-1: removed";
  EXPECT_THAT(telling.news(stats), ElementsAre("storage: quarantine-1: removed"));
  EXPECT_THAT(telling.news(stats), IsEmpty());
}

TEST(RotTelling, TellsOfAFileThatWasDoneWithBetweenTwoLooks) {
  RotTelling telling;
  outbox::Stats stats;
  stats.quarantines = 1;
  stats.salvage_outcome = "quarantine-1: removed";
  EXPECT_THAT(telling.news(stats),
              ElementsAre("storage: a broken file was put aside, and what can be read of it is sent on",
                          "storage: quarantine-1: removed"));
}

TEST(RotTelling, TellsOfAFileThatAnEarlierProcessPutAside) {
  RotTelling telling;
  outbox::Stats stats;
  stats.quarantined = "/d/quarantine-1";
  EXPECT_THAT(telling.news(stats), ElementsAre(kAside));
  EXPECT_THAT(telling.news(stats), IsEmpty());
}

TEST(RotTelling, TellsOnceThatRecordsGoOutOfMemory) {
  RotTelling telling;
  outbox::Stats stats;
  EXPECT_THAT(telling.news(stats), IsEmpty());
  for (int outage = 0; outage < 2; ++outage) {
    stats.sends_from_memory = true;
    EXPECT_THAT(telling.news(stats), ElementsAre("storage: sending from memory: nothing is durable"));
    EXPECT_THAT(telling.news(stats), IsEmpty());
    stats.sends_from_memory = false;
    EXPECT_THAT(telling.news(stats), IsEmpty());
  }
}

TEST(RotTelling, TellsOfAFileThatWasRemovedWhileInUse) {
  RotTelling telling;
  outbox::Stats stats;
  stats.repairs.files_removed = 1;
  EXPECT_THAT(telling.news(stats),
              ElementsAre("storage: the file in use was removed, and cannot be copied: what it held is lost"));
  EXPECT_THAT(telling.news(stats), IsEmpty());
  stats.repairs = {.files_removed = 2, .files_rescued = 1, .directories_made_again = 1};
  stats.quarantined = "/d/quarantine-1";
  EXPECT_THAT(telling.news(stats),
              ElementsAre("storage: the data directory was gone, and was made again",
                          "storage: the file in use was removed; it was copied, and its records are sent on"));
  EXPECT_THAT(telling.news(stats), IsEmpty());
}

}  // namespace
}  // namespace odograph::agent
