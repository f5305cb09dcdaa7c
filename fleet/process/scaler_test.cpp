#include "fleet/process/scaler.h"

#include <gtest/gtest.h>

namespace odograph::process {
namespace {

TEST(Scaler, SpeaksOfOneProcessorAndOfMore) {
  EXPECT_EQ(stop_first(1, "g"), "1 processor is in group g: stop it first, and run this again");
  EXPECT_EQ(stop_first(3, "g"), "3 processors are in group g: stop them first, and run this again");
  EXPECT_EQ(waits_for(1, "g"), "waiting until group g has given up 1 member; stop it if it runs");
  EXPECT_EQ(waits_for(2, "g"), "waiting until group g has given up 2 members; stop those that run");
}

}  // namespace
}  // namespace odograph::process
