#include "fleet/dispatch/put_plan.h"

#include <gmock/gmock.h>

#include "fleet/eta/test_plans.h"
#include "fleet/trips/trip_message.h"

namespace odograph::dispatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

eta::Trip trip(const std::string& id, const std::string& vehicle = "van", std::uint32_t revision = 1, int start_s = 0) {
  eta::Trip trip = eta::plan({{0, 0}, {1000, 0}}, {{1000, 0, 300}});
  trip.trip_id = id;
  trip.vehicle_id = vehicle;
  trip.revision = revision;
  const base::Millis by{start_s * 1000LL};
  trip.start_time += by;
  trip.stops[0].planned_arrival += by;
  trip.stops[0].planned_departure += by;
  return trip;
}

/// What is in force once this is written.
InForce after(InForce in_force, const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    in_force.trips.erase(write.vehicle_id);
    if (write.value) in_force.trips[write.vehicle_id] = trips::from_message(write.vehicle_id, *write.value).value();
  }
  return in_force;
}

/// "van: a/1 b/1" for each vehicle.
std::vector<std::string> words(const InForce& in_force) {
  std::vector<std::string> all;
  for (const auto& [vehicle, trips] : in_force.trips) {
    std::string line = vehicle + ':';
    for (const eta::Trip& one : trips) line += ' ' + one.trip_id + '/' + std::to_string(one.revision);
    all.push_back(line);
  }
  return all;
}

InForce put(const InForce& in_force, const std::vector<eta::Trip>& trips) {
  const auto plan = plan_put(in_force, trips, eta::moment(0));
  EXPECT_TRUE(plan.has_value()) << plan.error().what;
  return plan ? after(in_force, plan->writes) : InForce{};
}

TEST(PutPlan, AddsToWhatAVehicleHas) {
  const InForce first = put({}, {trip("a"), trip("b", "bus")});
  EXPECT_THAT(words(first), ElementsAre("bus: b/1", "van: a/1"));
  const auto plan = plan_put(first, {trip("c")}, eta::moment(0)).value();
  EXPECT_EQ(plan.fresh, 1U);
  EXPECT_THAT(words(after(first, plan.writes)), ElementsAre("bus: b/1", "van: a/1 c/1"));
  EXPECT_EQ(plan.writes.size(), 1U) << "the bus is left alone";
}

TEST(PutPlan, DoneAgainWritesNothing) {
  const std::vector<eta::Trip> trips = {trip("a"), trip("b", "bus")};
  const auto plan = plan_put(put({}, trips), trips, eta::moment(0)).value();
  EXPECT_THAT(plan.writes, IsEmpty());
  EXPECT_EQ(plan.unchanged, 2U);
}

TEST(PutPlan, RevisesAndMoves) {
  const InForce first = put({}, {trip("a"), trip("b")});
  const auto revised = plan_put(first, {trip("a", "van", 2)}, eta::moment(0)).value();
  EXPECT_EQ(revised.revised, 1U);
  EXPECT_THAT(words(after(first, revised.writes)), ElementsAre("van: a/2 b/1"));
  const auto moved = plan_put(first, {trip("a", "bus", 2)}, eta::moment(0)).value();
  EXPECT_EQ(moved.moved, 1U);
  ASSERT_EQ(moved.writes.size(), 2U);
  EXPECT_EQ(moved.writes[0].vehicle_id, "bus") << "it is on two vehicles for a moment rather than on none";
  EXPECT_THAT(words(after(first, moved.writes)), ElementsAre("bus: a/2", "van: b/1"));
  const auto both = plan_put(first, {trip("a", "bus", 2), trip("b", "bus", 2)}, eta::moment(0)).value();
  ASSERT_EQ(both.writes.size(), 2U);
  EXPECT_FALSE(both.writes[1].value.has_value()) << "a vehicle without a trip gets a tombstone";
}

TEST(PutPlan, LeavesOutWhatIsGivenUp) {
  constexpr int kDay = 24 * 3600;
  // "today" ends at 360 s; its vehicle may be on it until a day later, however far ahead the new trip is.
  const InForce first = put({}, {trip("today"), trip("other", "bus")});
  const struct {
    const char* name;
    int start_s;  // Of the new trip.
    int now_s;
    bool left_out;
  } cases[] = {
      {"Tomorrows", kDay + 600, 0, false},
      {"TheDayAfterTomorrows", 2 * kDay, 100, false},
      {"NextWeeksWhileItIsDrivenLate", 7 * kDay, kDay + 360, false},
      {"Over", 7 * kDay, kDay + 361, true},
      {"OverAtItsStartOnly", kDay + 361, 0, false},
      {"OfTheSameTimeALongTimeAgo", 600, 90 * kDay, false},
      {"OfADayLaterALongTimeAgo", kDay + 361, 90 * kDay, true},
  };
  for (const auto& one : cases) {
    const auto plan = plan_put(first, {trip("new", "van", 1, one.start_s)}, eta::moment(one.now_s)).value();
    EXPECT_EQ(plan.over, one.left_out ? 1U : 0U) << one.name;
    EXPECT_THAT(words(after(first, plan.writes)),
                ElementsAre("bus: other/1", one.left_out ? "van: new/1" : "van: today/1 new/1"))
        << one.name;
  }
}

TEST(PutPlan, RefusesWithALineForEach) {
  InForce first = put({}, {trip("a", "van", 3), trip("b", "van", 3)});
  first.unreadable["broken"] = "no sound VehicleTrips message";
  eta::Trip other = trip("b", "van", 3);
  other.stops[0].radius_m = 99;
  const auto plan = plan_put(first, {trip("a", "van", 2), other, trip("c", "broken"), trip("d")}, eta::moment(0));
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().what,
            "trip a: revision 3 is in force, the file has 2\n"
            "trip b: revision 3 is in force, the file has 3, which is another trip; give it a higher one\n"
            "trip c: what is in force of vehicle broken cannot be read: no sound VehicleTrips message; odograph-fleet "
            "trips cancel --vehicle broken clears it");
}

TEST(PutPlan, RefusesMoreThanAVehicleCanHave) {
  std::vector<eta::Trip> trips;
  for (std::size_t i = 0; i <= trips::kTripsOfVehicleMax; ++i) trips.push_back(trip("t" + std::to_string(i)));
  const auto plan = plan_put({}, trips, eta::moment(0));
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().what, HasSubstr("vehicle van: 201 trips, 200 are allowed"));
}

TEST(CancelPlan, TakesTripsAndVehiclesAway) {
  InForce first = put({}, {trip("a"), trip("b"), trip("c", "bus")});
  first.unreadable["broken"] = "x";
  EXPECT_THAT(words(after(first, plan_cancel(first, {"a"}, {}).value())), ElementsAre("bus: c/1", "van: b/1"));
  EXPECT_THAT(words(after(first, plan_cancel(first, {"a", "b", "c"}, {}).value())), IsEmpty());
  const auto writes = plan_cancel(first, {"c"}, {"van", "broken"}).value();
  EXPECT_EQ(writes.size(), 3U);
  EXPECT_THAT(words(after(first, writes)), IsEmpty());
}

TEST(CancelPlan, RefusesWhatIsNotInForce) {
  const InForce first = put({}, {trip("a")});
  const auto writes = plan_cancel(first, {"a", "x"}, {"bus"});
  ASSERT_FALSE(writes.has_value());
  EXPECT_EQ(writes.error().what, "trip x: not in force\nvehicle bus: no trip of it is in force");
}

}  // namespace
}  // namespace odograph::dispatch
