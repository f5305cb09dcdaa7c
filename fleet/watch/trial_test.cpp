#include "fleet/watch/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fleet/watch/trial_report.h"
#include "fleet/watch/try_command.h"

namespace odograph::watch {
namespace {

using testing::HasSubstr;

const base::UtcTime kNoon = *base::from_rfc3339("2010-04-03T12:00:00.000Z");

/// 80 km/h, van-1 100; idling after ten minutes; offline after ten; delays.
TrialRules some_rules() {
  TrialRules rules;
  rules.speed_limit.limit_cmps = 2'222;
  rules.limits_cmps["van-1"] = 2'777;
  rules.book.rules = {{.kind = rules::RuleKind::kOffline,
                       .life = {.clear_duration = base::Millis(0)},
                       .config = rules::OfflineConfig{}},
                      {.kind = rules::RuleKind::kDelay, .config = rules::DelayConfig{}}};
  return rules;
}

/// A line as decode prints it, driving north at `speed` m/s, so many seconds after noon.
std::string line(const std::string& vehicle, int n, int second, double speed) {
  std::ostringstream text;
  text << R"({"vehicle_id":")" << vehicle << R"(","stream_id":"1","lane":"bulk","boot":1,"n":)" << n << R"(,"time":")"
       << base::to_rfc3339(kNoon + std::chrono::seconds(second)) << R"(","mode":3,"lat":47,"lon":8,"speed":)" << speed
       << R"(,"flags":[]})";
  return text.str();
}

struct Tried {
  base::Status status;
  std::string out;
  std::string log;
};

Tried try_lines(const std::vector<std::string>& lines, TrialFormat format,
                std::optional<base::UtcTime> since = std::nullopt) {
  const auto read = [&](const TakeLine& take) -> base::Status {
    for (const std::string& each : lines) {
      if (auto status = take(each); !status) return status;
    }
    return {};
  };
  std::ostringstream out;
  std::ostringstream log;
  auto status = try_rules(some_rules(), {}, {read, since}, {format, out, log});
  return {std::move(status), out.str(), log.str()};
}

std::vector<std::string> a_fast_drive(const std::string& vehicle) {
  return {line(vehicle, 1, 0, 20), line(vehicle, 2, 10, 25), line(vehicle, 3, 20, 26), line(vehicle, 4, 30, 20),
          line(vehicle, 5, 40, 20)};
}

TEST(TryRules, ShowsWhatWouldHaveBeenRaised) {
  const Tried tried = try_lines(a_fast_drive("truck-17"), TrialFormat::kTable);
  ASSERT_TRUE(tried.status.has_value());
  EXPECT_EQ(tried.out,
            "rule          vehicle   raised  open     longest       total  worst\n"
            "overspeed     truck-17       1     0     0:00:20     0:00:20  26 m/s\n"
            "\n"
            "2010-04-03T12:00:10.000Z  truck-17  overspeed: warning for 0:00:20, peak 26 m/s, limit 22.22 m/s, "
            "recovered\n");
  EXPECT_EQ(tried.log,
            "5 records of 1 vehicle from 2010-04-03T12:00:00.000Z to 2010-04-03T12:00:40.000Z (0 repeated, 0 late)\n"
            "not tried, for they need --trips: delay\n");
}

TEST(TryRules, PrintsEveryMessageAsJson) {
  const Tried tried = try_lines(a_fast_drive("truck-17"), TrialFormat::kJson);
  ASSERT_TRUE(tried.status.has_value());
  EXPECT_THAT(tried.out,
              HasSubstr(R"("revision": 1, "state": "RAISED", "vehicle_id": "truck-17", "rule": "overspeed")"));
  EXPECT_THAT(tried.out,
              HasSubstr(R"("revision": 2, "state": "CLEARED", "vehicle_id": "truck-17", "rule": "overspeed")"));
  EXPECT_EQ(std::count(tried.out.begin(), tried.out.end(), '\n'), 2);
}

TEST(TryRules, KnowsWhoMayDriveFaster) {
  EXPECT_EQ(try_lines(a_fast_drive("van-1"), TrialFormat::kTable).out, "Nothing would have been raised.\n");
}

TEST(TryRules, LeavesOutWhatIsRepeatedAndWhatIsTooOld) {
  std::vector<std::string> lines = a_fast_drive("truck-17");
  const std::vector<std::string> again = lines;
  lines.insert(lines.end(), again.begin(), again.end());
  const Tried tried = try_lines(lines, TrialFormat::kTable);
  EXPECT_THAT(tried.out, HasSubstr("overspeed     truck-17       1"));
  EXPECT_THAT(tried.log, HasSubstr("10 records of 1 vehicle"));
  EXPECT_THAT(tried.log, HasSubstr("(5 repeated, 0 late)"));
  const auto later = kNoon + std::chrono::seconds(30);
  const Tried of_late = try_lines(again, TrialFormat::kTable, later);
  EXPECT_EQ(of_late.out, "Nothing would have been raised.\n");
  EXPECT_THAT(of_late.log, HasSubstr("2 records of 1 vehicle from 2010-04-03T12:00:30.000Z"));
  EXPECT_THAT(of_late.log, HasSubstr("3 from before 2010-04-03T12:00:30.000Z left out\n"));
}

TEST(TryRules, MissesWhoWasSilent) {
  const Tried tried = try_lines({line("a", 1, 0, 1), line("a", 2, 1'000, 1), line("b", 1, 0, 1)}, TrialFormat::kTable);
  EXPECT_THAT(tried.out, HasSubstr("offline       a             1     0     0:16:40"));
  EXPECT_THAT(tried.out, HasSubstr("offline       b             1     1     0:10:00"));
}

TEST(TryRules, EndsAtALineThatIsNoRecord) {
  const Tried tried = try_lines({line("a", 1, 0, 1), "nonsense"}, TrialFormat::kTable);
  ASSERT_FALSE(tried.status.has_value());
  EXPECT_EQ(tried.status.error().what, "expected a JSON object");
}

TEST(RecordedFile, NamesTheLine) {
  const std::string path = testing::TempDir() + "odograph-trial-" + std::to_string(::getpid()) + ".jsonl";
  std::ofstream(path) << line("a", 1, 0, 1) << "\n\n{}\n";
  std::ostringstream out;
  const auto status = try_rules(some_rules(), {}, recorded_file(path), {TrialFormat::kTable, out, out});
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().what, HasSubstr(".jsonl:3: vehicle_id: missing"));
  std::filesystem::remove(path);
  EXPECT_FALSE(try_rules(some_rules(), {}, recorded_file(path), {TrialFormat::kTable, out, out}).has_value());
}

TEST(TrialReport, CountsWhatItCannotHold) {
  TrialReport report;
  odograph::Alert alert;
  alert.set_state(odograph::Alert::RAISED);
  for (std::size_t i = 0; i < TrialReport::kAlertsMax + 5; ++i) {
    alert.set_alert_id(std::to_string(i));
    report.take(alert);
  }
  EXPECT_EQ(report.alerts(), TrialReport::kAlertsMax + 5);
  std::ostringstream out;
  report.print(out);
  EXPECT_THAT(out.str(), HasSubstr("and 99805 more: --json has them all\n"));
}

}  // namespace
}  // namespace odograph::watch
