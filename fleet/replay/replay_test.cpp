#include "fleet/replay/replay_command.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lib/base/time.h"

namespace odograph::replay {
namespace {

using testing::HasSubstr;

// 0.01 degrees of longitude are 758.4 m here: 3,034 m east, the first stop halfway. Planned at 10.1 m/s.
constexpr const char* kTrip =
    R"({"trip_id":"t1","vehicle_id":"van-1","revision":1,"start_time":"2026-03-02T08:00:00Z",)"
    R"("path":[[8,47],[8.04,47]],"stops":[)"
    R"({"stop_id":"a","sequence":1,"lat":47,"lon":8.02,"radius_m":60,"planned_arrival":"2026-03-02T08:02:30Z",)"
    R"("planned_departure":"2026-03-02T08:03:30Z","planned_dwell_s":60},)"
    R"({"stop_id":"b","sequence":2,"lat":47,"lon":8.04,"radius_m":60,"planned_arrival":"2026-03-02T08:06:00Z",)"
    R"("planned_departure":"2026-03-02T08:07:00Z","planned_dwell_s":60}]})";

std::string position(int second, double lon_deg, double speed_mps) {
  std::ostringstream line;
  line << R"({"vehicle_id":"van-1","time":"2026-03-02T08:)" << second / 600 << second / 60 % 10 << ':'
       << second / 10 % 6 << second % 10 << R"(Z","lat":47,"lon":)" << lon_deg << R"(,"speed":)" << speed_mps
       << R"(,"track":90})" << '\n';
  return line.str();
}

/// On time: 150 s to the first stop, a minute there, 150 s to the last one; a position every 10 s.
std::string on_time() {
  std::string lines;
  for (int second = 0; second <= 360; second += 10) {
    const bool standing = (second >= 150 && second < 210) || second == 360;
    const int driven_s = second < 150 ? second : second < 210 ? 150 : second - 60;
    lines += position(second, 8 + 0.04 * driven_s / 300, standing ? 0 : 10.1);
  }
  return lines;
}

class EtaReplay : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("odograph-replay-" + std::to_string(getpid()) + "-" +
                                                        testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    write("trips", std::string(kTrip) + "\n");
    write("positions", on_time());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const char* name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  base::Status run_it(const ReplayCommand& more = {}) {
    out_.str("");
    return run({folder_ / "trips", folder_ / "positions", more.profile, more.learn}, out_, log_);
  }
  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> all;
    std::istringstream text(out_.str());
    for (std::string line; std::getline(text, line);) all.push_back(nlohmann::json::parse(line));
    return all;
  }

  std::filesystem::path folder_;
  std::ostringstream out_;
  std::ostringstream log_;
};

TEST_F(EtaReplay, PrintsEveryHalfMinuteAndAtStopEvents) {
  ASSERT_TRUE(run_it().has_value());
  std::vector<std::string> of_a;
  std::vector<std::string> of_b;
  for (const auto& line : lines()) {
    (line["stop_id"] == "a" ? of_a : of_b).push_back(line["made_at"].get<std::string>().substr(14, 5));
    EXPECT_LE(line["p10"], line["p50"]);
    EXPECT_LE(line["p50"], line["p90"]);
    EXPECT_GE(line["p10"], line["made_at"]);
  }
  EXPECT_THAT(of_a, testing::ElementsAre("00:00", "00:30", "01:00", "01:30", "02:00"));
  // Arrived at 2:30, which is a beat too but told once; seen to have left at 3:40; there at 6:00.
  EXPECT_THAT(of_b, testing::ElementsAre("00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30",
                                         "03:40", "04:00", "04:30", "05:00", "05:30"));
  EXPECT_THAT(log_.str(), HasSubstr("37 positions (0 late, 0 without a trip), 2 arrivals, 0 stops passed"));
}

TEST_F(EtaReplay, IsNearThePlanWhenAllRunsToPlan) {
  ASSERT_TRUE(run_it().has_value());
  const auto all = lines();
  ASSERT_GE(all.size(), 4U);
  EXPECT_EQ(all[3]["stop_id"], "b");
  const auto told = base::from_rfc3339(all[3]["p50"].get<std::string>());
  const auto planned = base::from_rfc3339("2026-03-02T08:06:00Z");
  ASSERT_TRUE(told && planned);
  EXPECT_LT(std::chrono::abs(*told - *planned), base::Millis{15'000});
}

TEST_F(EtaReplay, IsTheSameEveryTimeAndStartsFromWhatItLearnt) {
  const auto profile = folder_ / "profile";
  ReplayCommand learning;
  learning.learn = profile;
  ASSERT_TRUE(run_it(learning).has_value());
  const std::string first = out_.str();
  std::ifstream before(profile);
  std::stringstream learnt;
  learnt << before.rdbuf();
  ASSERT_TRUE(run_it(learning).has_value());
  EXPECT_EQ(out_.str(), first);
  std::ifstream after(profile);
  std::stringstream again;
  again << after.rdbuf();
  EXPECT_EQ(again.str(), learnt.str());
  ReplayCommand starting;
  starting.profile = profile;
  ASSERT_TRUE(run_it(starting).has_value());
  EXPECT_NE(out_.str(), first);
}

TEST_F(EtaReplay, RefusesPositionsThatCannotBeReadTwice) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& path : {pipe, std::filesystem::path("/dev/null"), folder_}) {
    const auto status = run({folder_ / "trips", path, {}, {}}, out_, log_);
    ASSERT_FALSE(status.has_value()) << path;
    EXPECT_THAT(status.error().what, HasSubstr(path.string() + ": not a file; positions are read twice"));
  }
  EXPECT_THAT(run({folder_ / "trips", folder_ / "none", {}, {}}, out_, log_).error().what, HasSubstr("No such file"));
}

TEST_F(EtaReplay, PositionsWithoutATripAreCounted) {
  write("positions", on_time() + R"({"vehicle_id":"other","time":"2026-03-02T09:00:00Z","lat":47,"lon":8})" + "\n");
  ASSERT_TRUE(run_it().has_value());
  EXPECT_THAT(log_.str(), HasSubstr("1 without a trip"));
}

TEST_F(EtaReplay, FollowsALateTripBeyondTheStartOfTheNext) {
  std::string next = kTrip;
  next.replace(next.find("t1"), 2, "t2");
  // It starts while the first one is driven, and is planned for 40 minutes later.
  for (const char* minute : {"08:07", "08:06", "08:03", "08:02"}) next[next.find(minute) + 3] = '4';
  next.replace(next.find("08:00:00"), 8, "08:04:00");
  write("trips", std::string(kTrip) + '\n' + next + '\n');
  ASSERT_TRUE(run_it().has_value());
  for (const auto& line : lines()) EXPECT_EQ(line["trip_id"], "t1") << line;
  EXPECT_THAT(log_.str(), HasSubstr("2 arrivals, 0 stops passed"));
}

struct Refused {
  const char* name;
  const char* file;
  std::string text;
  const char* why;
};

class EtaReplayRefuses : public EtaReplay, public testing::WithParamInterface<Refused> {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("odograph-replay-" + std::to_string(getpid()) + "-" + GetParam().name);
    std::filesystem::create_directories(folder_);
    write("trips", std::string(kTrip) + "\n");
    write("positions", on_time());
  }
};

TEST_P(EtaReplayRefuses, BeforeItPrintsAnything) {
  write(GetParam().file, GetParam().text);
  ReplayCommand command;
  if (std::filesystem::exists(folder_ / "profile")) command.profile = folder_ / "profile";
  command.learn = folder_ / "learnt";
  const auto status = run_it(command);
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().what, HasSubstr((folder_ / GetParam().file).string() + GetParam().why));
  EXPECT_EQ(out_.str(), "");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "learnt"));
}

const Refused kRefused[] = {
    {"BadTrip", "trips", "{}\n", ":1: trip_id: missing"},
    {"BadPositionAtTheEnd", "positions", on_time() + "{}\n", ":38: vehicle_id: missing"},
    {"OutOfOrder", "positions", on_time() + position(0, 8, 0), ":38: time: before that of a line above"},
    {"BadProfile", "profile", "something else\n", ": line 1: this is no profile"},
};

INSTANTIATE_TEST_SUITE_P(All, EtaReplayRefuses, testing::ValuesIn(kRefused),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace odograph::replay
