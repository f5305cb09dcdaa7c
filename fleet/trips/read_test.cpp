#include "fleet/trips/read.h"

#include <gmock/gmock.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>

#include "fleet/trips/line_file.h"

namespace odograph::trips {
namespace {

using testing::HasSubstr;

constexpr const char* kTrip =
    R"({"trip_id":"t1","vehicle_id":"van-1","revision":3,"start_time":"2026-03-02T08:00:00Z",)"
    R"("path":[[8,47],[8.01,47]],"stops":[{"stop_id":"a b","sequence":1,"lat":47,"lon":8.01,"radius_m":60,)"
    R"("planned_arrival":"2026-03-02T09:02:00+01:00","planned_departure":"2026-03-02T08:04:00Z",)"
    R"("window_end":"2026-03-02T08:10:00Z","planned_dwell_s":120}]})";

/// `kTrip` with one text in it replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string line = kTrip;
  const std::size_t at = line.find(from);
  return at == std::string::npos ? "the case is wrong" : line.replace(at, from.size(), to);
}

TEST(ParseTrip, TakesEveryField) {
  const auto trip = parse_trip(kTrip);
  ASSERT_TRUE(trip.has_value()) << trip.error().what;
  EXPECT_EQ(trip->trip_id, "t1");
  EXPECT_EQ(trip->vehicle_id, "van-1");
  EXPECT_EQ(trip->revision, 3U);
  EXPECT_EQ(base::to_rfc3339(trip->start_time), "2026-03-02T08:00:00.000Z");
  ASSERT_EQ(trip->path.size(), 2U);
  EXPECT_EQ(trip->path[1], (eta::Place{47, 8.01}));
  ASSERT_EQ(trip->stops.size(), 1U);
  const eta::PlannedStop& stop = trip->stops[0];
  EXPECT_EQ(stop.stop_id, "a b");
  EXPECT_EQ(stop.radius_m, 60);
  EXPECT_EQ(base::to_rfc3339(stop.planned_arrival), "2026-03-02T08:02:00.000Z");
  EXPECT_FALSE(stop.window_start.has_value());
  EXPECT_TRUE(stop.window_end.has_value());
  EXPECT_EQ(stop.planned_dwell_s, 120);
}

struct Refused {
  const char* name;
  const char* from;
  const char* to;
  const char* why;
};

const Refused kRefusedTrips[] = {
    {"NoJson", R"({"trip_id")", R"({trip_id)", "the line: no JSON"},
    {"Missing", R"("trip_id":"t1",)", "", "trip_id: missing"},
    {"EmptyId", R"("trip_id":"t1")", R"("trip_id":"")", "trip_id: not 1 to 128 bytes"},
    {"NumberForText", R"("trip_id":"t1")", R"("trip_id":1)", "trip_id: not a text"},
    {"VehicleWithBlank", "van-1", "van 1", "vehicle_id: not 1 to 64"},
    {"NegativeRevision", R"("revision":3)", R"("revision":-3)", "revision: not a whole number"},
    {"BrokenRevision", R"("revision":3)", R"("revision":3.5)", "revision: not a whole number"},
    {"NoSuchDay", "2026-03-02T08:00:00Z", "2026-02-30T08:00:00Z", "start_time: not a time"},
    {"LatitudeFirst", "[8,47]", "[8,147]", "path[0]: not [longitude, latitude]"},
    {"PathIsAPoint", "[[8,47],[8.01,47]]", R"({"type":"Point","coordinates":[8,47]})", "path: not an array of"},
    {"PathOfText", "[8,47]", R"(["8","47"])", "path[0]: not [longitude, latitude]"},
    {"PathOfOne", "[8,47],", "", "path: 1 places"},
    {"StopsNoArray", R"("stops":[)", R"("stops":3,"x":[)", "stops: not an array"},
    {"StopNoObject", R"("stops":[)", R"("stops":[7,)", "stops[0]: not an object"},
    {"RadiusTooSmall", R"("radius_m":60)", R"("radius_m":1)", "stops[0].radius_m: 1 is not within 5 to 2000"},
    {"NoPlannedArrival", R"("planned_arrival")", R"("planed_arrival")", "stops[0].planned_arrival: missing"},
    {"DepartsBeforeItArrives", "T08:04:00Z", "T08:01:00Z", "stops[0].planned_departure: before planned_arrival"},
    {"ArrivesBeforeItStarts", "T08:00:00Z", "T08:03:00Z", "stops[0].planned_arrival: before start_time"},
    {"WindowReversed", R"("window_end")", R"("window_start":"2026-03-02T09:00:00Z","window_end")",
     "stops[0].window_end: before window_start"},
    {"StopOffThePath", R"("lat":47,)", R"("lat":47.01,)", "stops[0]: stop a b lies off the path"},
};

class ParseTripRefuses : public testing::TestWithParam<Refused> {};

TEST_P(ParseTripRefuses, NamingTheField) {
  const auto trip = parse_trip(changed(GetParam().from, GetParam().to));
  ASSERT_FALSE(trip.has_value());
  EXPECT_THAT(trip.error().what, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, ParseTripRefuses, testing::ValuesIn(kRefusedTrips),
                         [](const auto& one) { return one.param.name; });

struct PositionCase {
  const char* name;
  const char* line;
  const char* why;  ///< Null where it is taken.
};

const PositionCase kPositions[] = {
    {"Whole", R"({"vehicle_id":"v","time":"2026-03-02T08:00:00.5Z","lat":47,"lon":8,"speed":3.5,"track":359.9})",
     nullptr},
    {"WithoutSpeedAndTrack", R"({"vehicle_id":"v","time":"2026-03-02T08:00:00Z","lat":-90,"lon":180})", nullptr},
    {"NullSpeed", R"({"vehicle_id":"v","time":"2026-03-02T08:00:00Z","lat":0,"lon":0,"speed":null})", nullptr},
    {"Array", R"([1])", "the line: no JSON object"},
    {"NoVehicle", R"({"time":"2026-03-02T08:00:00Z","lat":47,"lon":8})", "vehicle_id: missing"},
    {"UnixTime", R"({"vehicle_id":"v","time":1772438400,"lat":47,"lon":8})", "time: not a time"},
    {"LatitudeBeyondThePole", R"({"vehicle_id":"v","time":"2026-03-02T08:00:00Z","lat":90.1,"lon":8})",
     "lat: 90.1 is not within -90 to 90"},
    {"NegativeSpeed", R"({"vehicle_id":"v","time":"2026-03-02T08:00:00Z","lat":1,"lon":8,"speed":-1})", "speed: -1"},
    {"TooDeep", R"({"a":[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]})", "nested deeper"},
};

class ParsePosition : public testing::TestWithParam<PositionCase> {};

TEST_P(ParsePosition, TakesOrNamesTheField) {
  const auto told = parse_position(GetParam().line);
  EXPECT_EQ(told.has_value(), GetParam().why == nullptr);
  if (!told && GetParam().why != nullptr) EXPECT_THAT(told.error().what, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, ParsePosition, testing::ValuesIn(kPositions),
                         [](const auto& one) { return one.param.name; });

class ReadTrips : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("odograph-trips-" + std::to_string(getpid()) + "-" +
                                                        testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& text) const {
    std::ofstream(folder_ / "trips.jsonl", std::ios::binary) << text;
    return folder_ / "trips.jsonl";
  }
  std::filesystem::path write_gz(const std::string& text) const {
    gzFile file = gzopen((folder_ / "trips.jsonl").c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return folder_ / "trips.jsonl";
  }

  std::filesystem::path folder_;
};

TEST_F(ReadTrips, KeepsTheHighestRevision) {
  const auto trips = read_trips(write(std::string(kTrip) + "\r\n" + changed(R"("revision":3)", R"("revision":9)") +
                                      "\n\n" + changed(R"("revision":3)", R"("revision":4)")));
  ASSERT_TRUE(trips.has_value()) << trips.error().what;
  ASSERT_EQ(trips->trips.size(), 1U);
  EXPECT_EQ(trips->trips.front().revision, 9U);
}

TEST_F(ReadTrips, ReadsGzipAndSaysWhereItIsCutOff) {
  const auto path = write_gz(std::string(kTrip) + "\n");
  ASSERT_TRUE(read_trips(path).has_value());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 9);
  const auto cut = read_trips(path);
  ASSERT_FALSE(cut.has_value());
  EXPECT_THAT(cut.error().what, HasSubstr("the gzip file is cut off"));
}

TEST_F(ReadTrips, NamesEveryBadLine) {
  const auto path = write(std::string(kTrip) + "\n{}\n" + changed("van-1", "van 1") + "\n" + kTrip + "\n");
  const auto trips = read_trips(path);
  ASSERT_FALSE(trips.has_value());
  const std::string name = path.string();
  EXPECT_EQ(trips.error().what, name + ":2: trip_id: missing\n" + name +
                                    ":3: vehicle_id: not 1 to 64 of A-Z a-z 0-9 . _ -\n" + name +
                                    ":4: revision: the same as before for trip t1");
}

TEST_F(ReadTrips, StopsTellingAfterTwentyBadLines) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "{}\n";
  const auto trips = read_trips(write(text));
  ASSERT_FALSE(trips.has_value());
  EXPECT_THAT(trips.error().what, HasSubstr("no more is told after 20 bad lines"));
  EXPECT_THAT(trips.error().what, testing::Not(HasSubstr(":21:")));
}

TEST_F(ReadTrips, NamesAFileThatIsNotThere) {
  const auto trips = read_trips(folder_ / "none.jsonl");
  ASSERT_FALSE(trips.has_value());
  EXPECT_THAT(trips.error().what, HasSubstr("none.jsonl: No such file"));
  EXPECT_FALSE(read_trips(folder_).has_value());
}

TEST(ParseTrip, TakesAGeoJsonLineAndAFeature) {
  const std::string line = R"({"type":"LineString","coordinates":[[8,47],[8.01,47]]})";
  for (const std::string& path : {line, R"({"type":"Feature","properties":{},"geometry":)" + line + "}"}) {
    const auto trip = parse_trip(changed("[[8,47],[8.01,47]]", path));
    ASSERT_TRUE(trip.has_value()) << trip.error().what;
    EXPECT_EQ(trip->path.size(), 2U);
  }
}

TEST_F(ReadTrips, TakesOneDocumentOfATripOrOfMany) {
  const std::string second = changed("\"t1\"", "\"t2\"");
  for (const std::string& text : {"[\n" + std::string(kTrip) + ",\n" + second + "]", "{\n" + second.substr(1)}) {
    const auto trips = read_trips(write(text));
    ASSERT_TRUE(trips.has_value()) << trips.error().what;
    EXPECT_EQ(trips->trips.back().trip_id, "t2");
  }
  const auto bad = read_trips(write("[" + std::string(kTrip) + ", {}, 7]"));
  ASSERT_FALSE(bad.has_value());
  EXPECT_THAT(bad.error().what, HasSubstr("trips.jsonl: trip 2: trip_id: missing"));
  EXPECT_THAT(bad.error().what, HasSubstr("trips.jsonl: trip 3: not an object"));
  EXPECT_THAT(read_trips(write("[\n{},\n}]")).error().what, HasSubstr("trips.jsonl: line 3: no JSON"));
}

TEST_F(ReadTrips, PassesOverAMarkOfUtf8) {
  const std::string mark = "\xEF\xBB\xBF";
  for (const std::string& text : {std::string(kTrip), "\r\n" + std::string(kTrip), "[" + std::string(kTrip) + "]"}) {
    const auto trips = read_trips(write(mark + text));
    ASSERT_TRUE(trips.has_value()) << trips.error().what;
    EXPECT_EQ(trips->trips.size(), 1U);
    EXPECT_EQ(read_trips(write_gz(mark + text)).value().trips.size(), 1U);
  }
  EXPECT_FALSE(read_trips(write(std::string(kTrip) + "\n" + mark + kTrip)).has_value()) << "at the beginning only";
}

TEST_F(ReadTrips, TakesATable) {
  const auto trips = read_trips(
      write("trip_id,vehicle_id,start_time,path_wkt,stop_id,lat,lon,planned_arrival,planned_departure,driver\n"
            "t,v,2026-03-02T08:00:00Z,\"LINESTRING (8 47, 8.01 "
            "47)\",a,47,8.01,2026-03-02T08:02:00Z,2026-03-02T08:04:00Z,x\n"));
  ASSERT_TRUE(trips.has_value()) << trips.error().what;
  EXPECT_EQ(trips->trips.size(), 1U);
  EXPECT_THAT(trips->unused_columns, testing::ElementsAre("driver"));
  EXPECT_THAT(read_trips(write("trip_id\nx\n")).error().what, HasSubstr("trips.jsonl:1: vehicle_id: no such column"));
  EXPECT_TRUE(read_trips(write("\n\n"))->trips.empty());
}

TEST_F(ReadTrips, LinesAcrossTheBuffersEnd) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::string(static_cast<std::size_t>(i % 97), 'x') + "\n";
  auto file = LineFile::open(write_gz(text));
  ASSERT_TRUE(file.has_value());
  std::string line;
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(*file->next(line));
    ASSERT_EQ(line.size(), static_cast<std::size_t>(i % 97));
  }
  EXPECT_EQ(file->number(), 20'000U);
  EXPECT_FALSE(*file->next(line));
}

}  // namespace
}  // namespace odograph::trips
