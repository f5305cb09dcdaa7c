#include "agent/signing_clock.h"

#include <gtest/gtest.h>

namespace odograph::agent {
namespace {

using base::Millis;
using base::SystemUtc;
using base::UtcTime;
using model::TimeQuality;
using std::chrono::seconds;

constexpr UtcTime kTrue{Millis{1'795'000'000'000}};
constexpr UtcTime kWrong{Millis{0}};
constexpr base::BootTime kBoot{seconds{100}};

struct Case {
  const char* name;
  std::optional<SystemUtc> system;
  std::optional<TimeQuality> told;  ///< The true time, by whom.
  std::optional<SystemUtc> time;
};

const Case kCases[] = {
    {"NobodyKnows", std::nullopt, std::nullopt, std::nullopt},
    {"OnlyTheSystem", SystemUtc{kWrong, false}, std::nullopt, SystemUtc{kWrong, false}},
    {"TheReceiverAgainstAnUnkeptSystem", SystemUtc{kWrong, false}, TimeQuality::kGnss, SystemUtc{kTrue, true}},
    {"TheReceiverAlone", std::nullopt, TimeQuality::kGnss, SystemUtc{kTrue, true}},
    {"TheReceiverAgainstAKeptSystem", SystemUtc{kTrue + seconds{1}, true}, TimeQuality::kGnss,
     SystemUtc{kTrue + seconds{1}, true}},
    {"ABatteryBackedClockIsTheSystem", SystemUtc{kWrong, false}, TimeQuality::kRtc, SystemUtc{kWrong, false}},
    {"NoQualityIsNoTime", std::nullopt, TimeQuality::kNone, std::nullopt},
};

TEST(SigningClock, BelievesWhoKnowsBest) {
  for (const Case& row : kCases) {
    auto system = std::make_unique<base::VirtualClock>(kBoot);
    system->set_utc(row.system);
    SigningClock clock{std::move(system)};
    if (row.told) clock.set_anchor({kTrue.time_since_epoch() - kBoot.time_since_epoch(), *row.told});
    const auto now = clock.utc_now();
    ASSERT_EQ(now.has_value(), row.time.has_value()) << row.name;
    if (!now) continue;
    EXPECT_EQ(now->time, row.time->time) << row.name;
    EXPECT_EQ(now->synchronised, row.time->synchronised) << row.name;
  }
}

}  // namespace
}  // namespace odograph::agent
