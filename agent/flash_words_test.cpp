#include "agent/flash_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/console.h"
#include "agent/options.h"

namespace odograph::agent {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(FlashWords, HaveTheDigitsThatSmallLimitsNeed) {
  const struct {
    double gb;
    const char* words;
  } cases[] = {{0, "0.0"},      {3.14, "3.1"},  {17.96, "18.0"},      {100'000, "100000.0"}, {1, "1.0"},
               {0.97, "1.0"},   {0.94, "0.94"}, {0.05, "0.05"},       {0.0501, "0.05"},      {0.001, "0.001"},
               {0.125, "0.12"}, {0.5, "0.5"},   {0.000123, "0.00012"}};
  for (const auto& c : cases) EXPECT_EQ(flash_gb(c.gb), c.words);
}

outbox::Options limited_to(double gb_per_year) {
  outbox::Options options;
  options.flash_gb_per_year = gb_per_year;
  return options;
}

TEST(FlashDoubt, IsOfALimitBelowTheFloor) {
  outbox::Options held = limited_to(0.5);
  held.hold = true;
  outbox::Options cheap = limited_to(0.6);
  cheap.file_system_bytes = 0;
  outbox::Options dear = limited_to(4);
  dear.file_system_bytes = 1 << 20;
  const struct {
    const char* name;
    outbox::Options options;
    bool is_doubted;
  } cases[] = {{"None", limited_to(0), false},
               {"Above", limited_to(1.6), false},
               {"Below", limited_to(1.5), true},
               {"FarBelow", limited_to(0.01), true},
               {"Held", held, false},
               {"NoFileSystem", cheap, false},
               {"DearFileSystem", dear, true}};
  for (const auto& c : cases) EXPECT_EQ(flash_doubt(c.options).has_value(), c.is_doubted) << c.name;
}

TEST(FlashDoubt, NamesTheFloorAndTheHoursThatAreWithinTheLimit) {
  EXPECT_THAT(*flash_doubt(limited_to(0.5)), AllOf(HasSubstr("storage.flash_gb_per_year is 0.5, and will be exceeded"),
                                                   HasSubstr("more than 7.6 h a day"), HasSubstr("every 10 min"),
                                                   HasSubstr("take 1.6 GB/year"), HasSubstr("storage.hold")));
}

TEST(HoldDoubt, IsOfACommitThatDoesNotWaitForTheAcknowledgement) {
  const struct {
    bool hold;
    base::Millis commit_bulk, send_interval;
    bool is_doubted;
  } cases[] = {{true, base::Millis{1000}, base::Millis{1000}, true},
               {true, base::Millis{500}, base::Millis{1000}, true},
               {true, base::Millis{5000}, base::Millis{10'000}, true},
               {true, base::Millis{5000}, base::Millis{1000}, false},
               {false, base::Millis{1000}, base::Millis{1000}, false}};
  for (const auto& c : cases) {
    outbox::Options options;
    options.hold = c.hold;
    options.commit_after[2] = c.commit_bulk;
    EXPECT_EQ(hold_doubt(options, c.send_interval).has_value(), c.is_doubted) << c.commit_bulk.count();
  }
}

TEST(HoldDoubt, IsAmongThoseOfTheConfigurationAndDoesNotHideTheFloor) {
  const auto told = [](const char* commit_bulk) {
    const auto loaded = config::load(options(Purpose::kRun), std::nullopt,
                                     {"vehicle.id=t", "storage.hold=true", "storage.flash_gb_per_year=0.5",
                                      std::string("storage.commit_bulk=") + commit_bulk});
    return doubts(*loaded.values);
  };
  EXPECT_THAT(told("1s"), AllOf(testing::Contains(HasSubstr("storage.hold saves next to nothing")),
                                testing::Contains(HasSubstr("will be exceeded"))));
  EXPECT_THAT(told("5s"), AllOf(testing::Not(testing::Contains(HasSubstr("storage.hold saves next to nothing"))),
                                testing::Not(testing::Contains(HasSubstr("will be exceeded")))));
}

TEST(FlashDoubt, IsAmongThoseOfTheConfiguration) {
  const auto told = [](const char* limit) {
    const auto loaded = config::load(options(Purpose::kRun), std::nullopt,
                                     {"vehicle.id=t", std::string("storage.flash_gb_per_year=") + limit});
    return doubts(*loaded.values);
  };
  EXPECT_THAT(told("0.5"), testing::Contains(HasSubstr("will be exceeded")));
  EXPECT_THAT(told("5"), testing::Not(testing::Contains(HasSubstr("will be exceeded"))));
}

}  // namespace
}  // namespace odograph::agent
