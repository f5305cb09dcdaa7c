#include "fleet/trips/trip_message.h"

#include <gmock/gmock.h>

#include <functional>

#include "fleet/eta/test_plans.h"
#include "proto/public/trip.pb.h"

namespace odograph::trips {
namespace {

using testing::HasSubstr;

eta::Trip trip(const std::string& id, std::uint32_t revision = 1) {
  eta::Trip trip = eta::plan({{0, 0}, {1000, 0}}, {{500, 0, 60}, {1000, 0, 300}});
  trip.trip_id = id;
  trip.revision = revision;
  trip.stops[0].window_start = eta::moment(10);
  return trip;
}

TEST(TripMessage, ComesBackAsItWas) {
  const auto value = to_message("van", {trip("b", 7), trip("a")});
  ASSERT_TRUE(value.has_value());
  const auto trips = from_message("van", *value);
  ASSERT_TRUE(trips.has_value()) << trips.error().what;
  ASSERT_EQ(trips->size(), 2U);
  const eta::Trip& second = trips->at(1);
  EXPECT_EQ(trips->front().trip_id, "a") << "sorted by start and id";
  EXPECT_EQ(second.revision, 7U);
  EXPECT_EQ(second.vehicle_id, "van");
  EXPECT_EQ(second.start_time, eta::moment(0));
  EXPECT_EQ(second.stops[0].place, trip("b").stops[0].place);
  EXPECT_EQ(second.stops[0].window_start, eta::moment(10));
  EXPECT_FALSE(second.stops[1].window_start.has_value());
  EXPECT_EQ(second.stops[1].planned_departure, eta::moment(360));
  EXPECT_NEAR(second.path[1].lon_deg, trip("b").path[1].lon_deg, 5e-7);
  EXPECT_EQ(to_message("van", *trips).value(), *value) << "the same trips give the same bytes";
}

TEST(TripMessage, IsBounded) {
  const auto many = to_message("van", std::vector<eta::Trip>(kTripsOfVehicleMax + 1, trip("a")));
  ASSERT_FALSE(many.has_value());
  EXPECT_THAT(many.error().what, HasSubstr("vehicle van: 201 trips, 200 are allowed"));
  eta::Trip long_one = trip("a");
  for (int i = 0; i < 49'000; ++i) long_one.path.push_back(eta::at(i % 2 * 3000.0, 2));
  const auto large = to_message("van", std::vector<eta::Trip>(8, long_one));
  ASSERT_FALSE(large.has_value());
  EXPECT_THAT(large.error().what, HasSubstr("bytes, 900000 are allowed"));
}

struct Refused {
  const char* name;
  std::function<void(odograph::VehicleTrips&)> spoil;
  const char* why;
};

const Refused kRefused[] = {
    {"OtherVehicle", [](auto& m) { m.set_vehicle_id("truck"); }, "another vehicle than its key"},
    {"NoTripId", [](auto& m) { m.mutable_trips(0)->clear_trip_id(); }, "trip_id: not 1 to 128"},
    {"TripTwice", [](auto& m) { *m.add_trips() = m.trips(0); }, "trip a: twice"},
    {"NoStart", [](auto& m) { m.mutable_trips(0)->clear_start_time(); }, "trip a: start_time: missing"},
    {"StartBeyondTime", [](auto& m) { m.mutable_trips(0)->mutable_start_time()->set_seconds(1LL << 60); },
     "start_time: missing, or no time"},
    {"PathCutOff", [](auto& m) { m.mutable_trips(0)->mutable_path()->pop_back(); }, "path: the encoded polyline"},
    {"NoStops", [](auto& m) { m.mutable_trips(0)->clear_stops(); }, "trip a: stops: 0 of them"},
    {"StopWithoutPlace", [](auto& m) { m.mutable_trips(0)->mutable_stops(1)->clear_position(); }, "stops[1].position"},
    {"StopOffTheGlobe", [](auto& m) { m.mutable_trips(0)->mutable_stops(1)->mutable_position()->set_lat(91); },
     "stops[1].position"},
    {"RadiusNan", [](auto& m) { m.mutable_trips(0)->mutable_stops(0)->set_radius_m(std::nan("")); }, "radius_m"},
    {"SameSequence", [](auto& m) { m.mutable_trips(0)->mutable_stops(1)->set_sequence(1); }, "sequence: not above"},
    {"ArrivesEarly", [](auto& m) { m.mutable_trips(0)->mutable_stops(1)->mutable_planned_arrival()->set_seconds(0); },
     "planned_arrival: before the planned_departure"},
    {"StopOffThePath", [](auto& m) { m.mutable_trips(0)->mutable_stops(1)->mutable_position()->set_lat(48); },
     "trip a: stops[1]: stop stop-2 lies off the path"},
};

class TripMessageRefuses : public testing::TestWithParam<Refused> {};

TEST_P(TripMessageRefuses, SayingWhy) {
  odograph::VehicleTrips message;
  ASSERT_TRUE(message.ParseFromString(to_message("van", {trip("a")}).value()));
  GetParam().spoil(message);
  const auto trips = from_message("van", message.SerializeAsString());
  ASSERT_FALSE(trips.has_value());
  EXPECT_THAT(trips.error().what, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(All, TripMessageRefuses, testing::ValuesIn(kRefused),
                         [](const auto& one) { return one.param.name; });

TEST(TripMessage, RefusesWhatIsNone) {
  EXPECT_THAT(from_message("van", "\xff\xff").error().what, HasSubstr("no sound VehicleTrips"));
  EXPECT_THAT(from_message("no id", "").error().what, HasSubstr("no vehicle id"));
}

}  // namespace
}  // namespace odograph::trips
