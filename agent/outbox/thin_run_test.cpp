// Which half of a run is kept, how far off it is, and rows made of rows.
#include "agent/outbox/thin_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>

#include "agent/outbox/rewrite.h"
#include "agent/outbox/thin_plan.h"
#include "lib/model/geo.h"
#include "lib/wire/record_batch.h"

namespace odograph::outbox {
namespace {

using model::Position;
using model::Record;

base::BootTime at(std::int64_t ms) { return base::BootTime{base::Millis{ms}}; }

/// A record a second, at that place.
Record fix(std::int64_t second, std::int32_t lat_e7, std::int32_t lon_e7) {
  Record record;
  record.n = static_cast<std::uint32_t>(second + 1);
  record.boot_time = at(second * 1000);
  record.mode = model::FixMode::k3d;
  record.reason = model::reason::kTime;
  record.position = Position{lat_e7, lon_e7};
  return record;
}

Record no_fix(std::int64_t second) {
  Record record = fix(second, 0, 0);
  record.position.reset();
  record.mode = model::FixMode::kNone;
  return record;
}

Record sensor(std::int64_t second, const char* name, const char* unit, std::int64_t value) {
  Record record;
  record.n = static_cast<std::uint32_t>(second + 1);
  record.boot_time = at(second * 1000);
  record.signals.push_back({std::make_shared<const model::SignalDef>(model::SignalDef{name, unit, 0}), value});
  return record;
}

/// `count` records on a straight line at constant speed.
std::vector<Record> straight(std::int64_t count) {
  std::vector<Record> run;
  for (std::int64_t i = 0; i < count; ++i) run.push_back(fix(i, static_cast<std::int32_t>(1000 * i), 0));
  return run;
}

/// A drive that turns, stops and starts; GPS noise on top.
std::vector<Record> drive(std::uint32_t seed, std::int64_t count) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 20);
  std::uniform_real_distribution<double> unit(0, 1);
  double lat = 525'000'000, lon = 134'000'000, course = 0, speed = 0, turn = 0;
  std::vector<Record> run;
  for (std::int64_t i = 0; i < count; ++i) {
    if (unit(random) < 0.05) turn = (unit(random) - 0.5) * 0.4;
    if (unit(random) < 0.1) turn = 0;
    if (unit(random) < 0.03) speed = unit(random) < 0.3 ? 0 : unit(random) * 2500;
    course += turn;
    lat += std::cos(course) * speed;
    lon += std::sin(course) * speed;
    run.push_back(
        fix(i, static_cast<std::int32_t>(lat + noise(random)), static_cast<std::int32_t>(lon + noise(random))));
  }
  return run;
}

/// How far `record` is from the track through `kept`, found without any of the code under test.
double distance_to_track(const Record& record, const std::vector<Record>& kept) {
  const auto ms = [](const Record& r) { return r.boot_time->time_since_epoch().count(); };
  for (std::size_t i = 1; i < kept.size(); ++i) {
    const Record& a = kept[i - 1];
    const Record& b = kept[i];
    if (ms(b) < ms(record)) continue;
    const double part = static_cast<double>(ms(record) - ms(a)) / static_cast<double>(ms(b) - ms(a));
    const double lat = a.position->lat_e7 + part * (b.position->lat_e7 - a.position->lat_e7);
    const double lon = a.position->lon_e7 + part * (b.position->lon_e7 - a.position->lon_e7);
    // A plane is good enough for neighbours.
    const double metre = 1e7 / 111'195.08;
    const double north = (record.position->lat_e7 - lat) / metre;
    const double east = (record.position->lon_e7 - lon) / metre * std::cos(lat / 1e7 * M_PI / 180);
    return std::hypot(north, east);
  }
  return 1e9;
}

double real_error(const std::vector<Record>& all, const std::vector<Record>& kept) {
  double error = 0;
  for (const Record& record : all) error = std::max(error, distance_to_track(record, kept));
  return error;
}

std::vector<Record> kept_of(const std::vector<Record>& all, const ThinnedRun& thinned) {
  std::vector<Record> kept;
  for (const std::size_t place : thinned.kept) kept.push_back(all[place]);
  return kept;
}

TEST(WantedThinning, ByTheUseOfTheFile) {
  const struct {
    std::uint64_t used;
    std::uint32_t times;
  } rows[] = {{0, 0}, {749, 0}, {750, 1}, {849, 1}, {850, 2}, {1000, 2}, {1200, 2}};
  for (const auto& row : rows) EXPECT_EQ(wanted_thinning(row.used, 1000), row.times) << row.used;
}

struct KeepCase {
  const char* name;
  std::vector<Record> run;
  std::vector<std::size_t> kept;
  std::int32_t error_m;
};

std::vector<Record> with_event(std::vector<Record> run, std::size_t place) {
  run[place].event = model::RuleEvent{};
  return run;
}

TEST(ThinRun, KeepsWhatTellsTheTrack) {
  const auto corner = [] {
    std::vector<Record> run;
    for (std::int32_t i = 0; i < 8; ++i) run.push_back(fix(i, 1000 * std::min(i, 5), 1000 * std::max(0, i - 5)));
    return run;
  };
  const auto lost = [] {
    std::vector<Record> run;
    for (std::int32_t i = 0; i < 12; ++i) run.push_back(i < 4 || i > 7 ? fix(i, 1000 * i, 0) : no_fix(i));
    return run;
  };
  const auto told = [](const char* name, const char* unit, auto value) {
    std::vector<Record> run;
    for (std::int64_t i = 0; i < 10; ++i) run.push_back(sensor(i, name, unit, value(i)));
    return run;
  };
  const auto step = [](std::int64_t i) { return i >= 6 ? 1 : 0; };
  const auto count = [](std::int64_t i) { return i; };
  std::vector<Record> void_run;
  for (std::int64_t i = 0; i < 10; ++i) void_run.push_back(no_fix(i));
  const std::vector<Record> date_line = {fix(0, 0, 1'799'999'000), fix(1, 0, 1'799'999'990), fix(2, 0, -1'799'999'000)};
  const KeepCase rows[] = {
      {"Nothing", {}, {}, 0},
      {"One", straight(1), {0}, 0},
      {"Two", straight(2), {0, 1}, 0},
      {"Three", straight(3), {0, 2}, 0},
      {"Sixteen", straight(16), {0, 3, 7, 15}, 0},
      {"NoRoomForTheCorner", corner(), {0, 7}, 23},
      {"TheCorner", with_event(corner(), 5), {0, 5, 7}, 0},
      {"TheShortWayRoundTheEarth", date_line, {0, 2}, 1},
      {"BothSidesOfALostFix", lost(), {0, 3, 4, 7, 8, 11}, 0},
      {"EveryFourthVoid", void_run, {0, 4, 8, 9}, 0},
      {"AState", told("door", "", step), {0, 4, 6, 9}, 0},
      {"NotAMeasuredValue", told("t", "degC", step), {0, 4, 8, 9}, 0},
      {"NotACounter", told("rev", "", count), {0, 4, 8, 9}, 0},
  };
  for (const auto& row : rows) {
    const ThinnedRun thinned = thin_run(row.run);
    EXPECT_EQ(thinned.kept, row.kept) << row.name;
    EXPECT_EQ(thinned.error_m, row.error_m) << row.name;
  }
}

TEST(ThinRun, KeepsAQuarterAndTellsHowFarOffTheOthersAre) {
  double ours = 0;
  double checkerboard = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    const auto all = drive(seed, 100 + seed);
    const ThinnedRun thinned = thin_run(all);
    const auto kept = kept_of(all, thinned);
    EXPECT_LE(kept.size(), all.size() / 4 + 2) << seed;
    const double error = real_error(all, kept);
    EXPECT_LE(error, thinned.error_m) << seed;
    EXPECT_GE(error + 2, thinned.error_m) << "the bound of " << seed << " says nothing";
    std::vector<Record> every_fourth;
    for (std::size_t i = 0; i < all.size(); i += 4) every_fourth.push_back(all[i]);
    if (all.size() % 4 != 1) every_fourth.push_back(all.back());
    ours += error;
    checkerboard += real_error(all, every_fourth);
  }
  EXPECT_LT(ours * 3, checkerboard) << ours / 200 << " m and " << checkerboard / 200 << " m";
  RecordProperty("mean_error_m", std::to_string(ours / 200));
  RecordProperty("mean_error_of_every_fourth_m", std::to_string(checkerboard / 200));
}

TEST(ThinRun, LeavesNoLongHole) {
  const auto thinned = thin_run(straight(512));
  for (std::size_t i = 1; i < thinned.kept.size(); ++i) {
    ASSERT_LE(thinned.kept[i] - thinned.kept[i - 1], kThinHoleMax + 1);
  }
  EXPECT_EQ(thinned.kept.size(), 128U);
}

TEST(ThinRun, TakesUtcWhereEveryPositionHasIt) {
  auto run = straight(3);
  // The receiver was slow to tell the second one.
  run[1].boot_time = at(1900);
  EXPECT_GT(thin_run(run).error_m, 5);
  for (std::int64_t i = 0; i < 3; ++i) run[static_cast<std::size_t>(i)].utc = base::UtcTime{base::Millis{i * 1000}};
  EXPECT_LE(thin_run(run).error_m, 1);
  run[2].utc.reset();
  EXPECT_GT(thin_run(run).error_m, 5);
}

/// Rows of `size` records each.
std::vector<Row> rows_of(const std::vector<Record>& records, std::size_t size) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < records.size(); i += size) {
    const std::span<const Record> part = std::span(records).subspan(i, std::min(size, records.size() - i));
    auto packed = wire::pack(part);
    Row row;
    row.id = chunk_id(1, static_cast<std::uint32_t>(rows.size() + 1));
    row.first_n = part.front().n;
    row.count = static_cast<std::uint32_t>(part.size());
    row.flags = Row::kFormat1 | static_cast<std::uint32_t>(packed.codec);
    row.payload = std::move(packed.columns);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Record> records_of(const Row& row) {
  const auto codec = static_cast<wire::Codec>(row.flags & Row::kCodecMask);
  return *wire::unpack(codec, row.payload, row.first_n, row.count);
}

TEST(Rewrite, PacksSmallRowsTogetherWithoutLoss) {
  const auto all = drive(1, 300);
  const auto rows = rows_of(all, 1);
  const auto made = rewrite(rows, Rewriting::kPack);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->row, rewrite(rows, Rewriting::kThin)->row) << "nothing is left out where packing is enough";
  EXPECT_EQ(made->dropped, 0U);
  EXPECT_EQ(made->error_m, 0);
  EXPECT_EQ(thinned_times(made->row), 0U);
  EXPECT_EQ(records_of(made->row), all);
  EXPECT_EQ(made->first_id, rows.front().id);
  EXPECT_EQ(made->row.id, rows.back().id);
  EXPECT_LT(made->bytes_after * 4, made->bytes_before);
  EXPECT_FALSE(rewrite({made->row}, Rewriting::kPack)) << "once";
}

TEST(Rewrite, EachTimeTheToldErrorHoldsForAllThatWasThere) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    const auto all = drive(seed, 500);
    std::vector<Row> rows = rows_of(all, 500);
    std::uint64_t dropped = 0;
    for (std::uint32_t times = 1; times <= 3; ++times) {
      const auto made = rewrite(rows, Rewriting::kThin);
      ASSERT_TRUE(made) << seed;
      EXPECT_GT(made->dropped, 0U);
      dropped += made->dropped;
      rows = {made->row};
      const auto kept = records_of(made->row);
      EXPECT_EQ(kept.size() + dropped, all.size());
      EXPECT_EQ(thinned_times(made->row), times);
      EXPECT_EQ(thinned_error_m(made->row), made->error_m);
      EXPECT_LE(real_error(all, kept), made->error_m) << seed << ", " << times << " times";
      EXPECT_EQ(made->last_n, all.back().n);
      EXPECT_EQ(last_number(made->row), all.back().n) << "the last one stays";
    }
  }
}

TEST(Rewrite, LeavesAloneWhatItCannotReadOrMakeSmaller) {
  auto rows = rows_of(straight(10), 10);
  rows[0].payload.resize(3);
  EXPECT_FALSE(rewrite(rows, Rewriting::kThin));
  EXPECT_FALSE(last_number(rows[0]));
  EXPECT_FALSE(rewrite(rows_of(straight(2), 2), Rewriting::kThin));
}

TEST(Rewrite, TheFlagsHoldAnErrorRoundedUp) {
  for (const std::int32_t error : {0, 1, 7, 2047, 2048, 2049, 100'001, 5'000'000, kThinErrorMax}) {
    Row row;
    row.flags = Row::kFormat1 | Row::kAllUtc | 1;
    set_thinned(row, 2, error);
    EXPECT_EQ(thinned_times(row), 2U);
    EXPECT_GE(thinned_error_m(row), error);
    EXPECT_LE(thinned_error_m(row), error + error / 500);
    set_thinned(row, 0, 0);
    EXPECT_EQ(row.flags, Row::kFormat1 | Row::kAllUtc | 1) << "nothing else is touched";
  }
}

}  // namespace
}  // namespace odograph::outbox
