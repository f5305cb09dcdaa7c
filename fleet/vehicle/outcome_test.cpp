#include "fleet/vehicle/outcome.h"

#include <gtest/gtest.h>

#include "fleet/vehicle/module.h"

namespace odograph::vehicle {
namespace {

TEST(Outcome, KeepsSoManyNotesAndNoMore) {
  Outcome outcome;
  for (std::size_t i = 0; i < kNotesMax + 5; ++i) note(outcome, std::to_string(i));
  ASSERT_EQ(outcome.notes.size(), kNotesMax);
  EXPECT_EQ(outcome.notes.front(), "0");
}

}  // namespace
}  // namespace odograph::vehicle
