#include "fleet/trips/csv_trips.h"

#include <gmock/gmock.h>

#include <cmath>

namespace odograph::trips {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kHeader =
    "trip_id,vehicle_id,revision,start_time,path_wkt,stop_id,sequence,lat,lon,radius_m,planned_arrival,"
    "planned_departure,window_start,window_end,planned_dwell_s,customer\n";
constexpr const char* kFirst =
    "t1,van-1,3,2026-03-02T08:00:00Z,\"LINESTRING (8 47, 8.01 47, 8.02 47)\",a,10,47,8.01,60,"
    "2026-03-02T08:02:00Z,2026-03-02T08:04:00Z,,2026-03-02T08:10:00Z,90,Miller\n";
constexpr const char* kSecond = ",,,,,b,20,47,8.02,,2026-03-02T08:12:00Z,2026-03-02T08:14:00Z,,,,Smith\n";

std::string table(const std::string& rows) { return kHeader + rows; }
std::string whole() { return table(std::string(kFirst) + kSecond); }

/// The whole table with one text in it replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string text = whole();
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "the case is wrong" : text.replace(at, from.size(), to);
}

TEST(CsvTrips, TakesARowAStop) {
  const auto read = parse_csv_trips(whole(), "f.csv");
  ASSERT_TRUE(read.has_value()) << read.error().what;
  EXPECT_THAT(read->unused, ElementsAre("customer"));
  ASSERT_EQ(read->trips.size(), 1U);
  const eta::Trip& trip = read->trips[0];
  EXPECT_EQ(trip.trip_id, "t1");
  EXPECT_EQ(trip.vehicle_id, "van-1");
  EXPECT_EQ(trip.revision, 3U);
  EXPECT_EQ(trip.path.size(), 3U);
  ASSERT_EQ(trip.stops.size(), 2U);
  EXPECT_EQ(trip.stops[0].sequence, 10U);
  EXPECT_EQ(trip.stops[0].radius_m, 60);
  EXPECT_EQ(trip.stops[0].planned_dwell_s, 90);
  EXPECT_TRUE(trip.stops[0].window_end.has_value());
  EXPECT_EQ(trip.stops[1].stop_id, "b");
  EXPECT_EQ(trip.stops[1].radius_m, 100);
  EXPECT_EQ(trip.stops[1].planned_dwell_s, 120) << "what is left out is the time between arrival and departure";
}

TEST(CsvTrips, TakesWhatAGermanSpreadsheetExports) {
  const auto read = parse_csv_trips(
      "Trip ID;Vehicle-ID;Start time;path_polyline5;Stop ID;Lat;Lon;Planned arrival;Planned departure\r\n"
      "t1;van-1;2026-03-02 08:00:00+01:00;_p~iF~ps|U_ulLnnqC;a;38,5;-120,2;2026-03-02T08:00:00+01:00;"
      "2026-03-02T08:02:00+01:00\r\n",
      "f.csv");
  ASSERT_TRUE(read.has_value()) << read.error().what;
  const eta::Trip& trip = read->trips.at(0);
  EXPECT_EQ(trip.revision, 1U);
  EXPECT_EQ(trip.stops.at(0).sequence, 1U);
  EXPECT_EQ(trip.stops.at(0).place, (eta::Place{38.5, -120.2}));
  EXPECT_EQ(base::to_rfc3339(trip.start_time), "2026-03-02T07:00:00.000Z");
}

TEST(CsvTrips, KeepsTheHighestRevision) {
  std::string newer = kFirst;
  newer.replace(newer.find(",3,"), 3, ",4,");
  std::string between = kFirst;
  between.replace(0, 2, "t2");
  const auto read = parse_csv_trips(table(kFirst + between + newer), "f.csv");
  ASSERT_TRUE(read.has_value()) << read.error().what;
  ASSERT_EQ(read->trips.size(), 2U);
  EXPECT_EQ(read->trips[0].revision, 4U);
}

struct Refused {
  const char* name;
  const char* from;
  const char* to;
  const char* why;
};

const Refused kRefused[] = {
    {"NoSuchColumn", "stop_id,", "stopid,", "f.csv:1: stop_id: no such column"},
    {"NoPath", "path_wkt,", "way,", "f.csv:1: path_wkt, path_polyline5 or path_polyline6: one of these columns"},
    {"TwoPaths", "customer", "path_polyline6", "f.csv:1: path_polyline6: a second column with a path"},
    {"ColumnTwice", "customer", "Lat", "f.csv:1: lat: two columns of this name"},
    {"CellTooMany", ",Miller", ",Miller,x", "f.csv:2: 17 cells, the first line has 16"},
    {"NoTripId", "t1,van-1", ",van-1", "f.csv:2: trip_id: missing"},
    {"BadVehicle", "van-1", "van 1", "f.csv:2: vehicle_id: not 1 to 64"},
    {"BadRevision", ",3,2026", ",x,2026", "f.csv:2: revision: not a whole number"},
    {"NoStart", "2026-03-02T08:00:00Z", "", "f.csv:2: start_time: missing"},
    {"LocalTime", "2026-03-02T08:00:00Z", "02.03.2026 08:00", "f.csv:2: start_time: not a time"},
    {"PathMissing", "\"LINESTRING (8 47, 8.01 47, 8.02 47)\"", "", "f.csv:2: path_wkt: missing"},
    {"PathIsAPoint", "LINESTRING (8 47, 8.01 47, 8.02 47)", "POINT (8 47)", "f.csv:2: path_wkt: no LINESTRING"},
    {"LatNoNumber", ",10,47,", ",10,N47,", "f.csv:2: lat: not a number"},
    {"LatOutOfRange", ",10,47,", ",10,97,", "f.csv:2: lat: 97 is not within -90 to 90"},
    {"NoStopId", ",b,20", ",,20", "f.csv:3: stop_id: missing"},
    {"SequenceDoesNotAscend", ",b,20", ",b,9", "f.csv:3: sequence: not above"},
    {"ArrivesTooEarly", "T08:12:00Z", "T08:03:00Z", "f.csv:3: planned_arrival: before the planned_departure"},
    {"OtherVehicleInTheSameTrip", "\n,,", "\n,van-2,", "f.csv:3: vehicle_id: not the same as in line 2"},
    {"StopOffThePath", "b,20,47,", "b,20,48,", "f.csv:2: stops[1]: stop b lies off the path"},
    {"Latin1", "a,10", "caf\xE9,10", "f.csv:2: stop_id: not UTF-8"},
    {"QuoteThatNeverEnds", "Smith", "\"Smith", "f.csv:3: a quote that never ends"},
};

class CsvTripsRefuses : public testing::TestWithParam<Refused> {};

TEST_P(CsvTripsRefuses, NamingLineAndColumn) {
  const auto read = parse_csv_trips(changed(GetParam().from, GetParam().to), "f.csv");
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().what, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, CsvTripsRefuses, testing::ValuesIn(kRefused),
                         [](const auto& one) { return one.param.name; });

TEST(CsvTrips, TellsAllThatIsWrongAndTheLimit) {
  const auto two = parse_csv_trips(table(std::string(kFirst) + ",,,,,,,,,,,,,,,x\n,,,,,b,,x,8,,,,,,,\n"), "f");
  ASSERT_FALSE(two.has_value());
  EXPECT_THAT(two.error().what, HasSubstr("f:4: lat: not a number"));
  std::string rows = kFirst;
  for (int i = 0; i < 30; ++i) rows += ",,,,,b,,x,8,,,,,,,\n";
  const auto many = parse_csv_trips(table(rows), "f");
  ASSERT_FALSE(many.has_value());
  EXPECT_THAT(many.error().what, HasSubstr("no more is told after 20"));
}

TEST(CsvTrips, OfOneIdApartFromEachOtherAreRefused) {
  std::string between = kFirst;
  between.replace(0, 2, "t2");
  const auto read = parse_csv_trips(table(kFirst + between + kFirst), "f");
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().what, HasSubstr("f:4: revision: the same as before for trip t1; the rows of a trip"));
}

TEST(CsvTrips, EmptyIsTold) { EXPECT_EQ(parse_csv_trips("\n", "f").error().what, "f: it is empty"); }

}  // namespace
}  // namespace odograph::trips
