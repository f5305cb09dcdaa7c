#include "fleet/arrivals/course.h"

#include <gmock/gmock.h>

#include "fleet/arrivals/test_fleet.h"

namespace odograph::arrivals {
namespace {

/// `three_stops` so much later.
eta::Trip later(const std::string& trip_id, int seconds) {
  eta::Trip trip = three_stops(trip_id);
  const base::Millis by{seconds * 1000};
  trip.start_time += by;
  for (eta::PlannedStop& stop : trip.stops) {
    stop.planned_arrival += by;
    stop.planned_departure += by;
  }
  return trip;
}

struct Drive {
  Plans plans;
  Course course;
  eta::Knowledge knowledge;
  std::vector<std::string> ended;

  void see(double second, const eta::Position& where) {
    eta::Position position = where;
    position.time = eta::moment(second);
    const CourseNews news = course.observe(position, plans, knowledge);
    if (news.ended) ended.push_back(*news.ended);
  }
  std::string trip() const { return course.progress() == nullptr ? "" : course.progress()->trip().trip_id; }
};

TEST(Plans, AreInTheOrderOfTheirStarts) {
  Plans plans;
  plans.set({later("b", 0), later("c", 600), later("a", 600)});
  std::optional<TripMark> mark;
  std::string order;
  while (const eta::Trip* trip = plans.next(mark)) {
    order += trip->trip_id;
    mark = mark_of(*trip);
  }
  EXPECT_EQ(order, "bac");
  EXPECT_EQ(plans.find("x"), nullptr);
  const auto shared = plans.plan_of(*plans.find("a"));
  EXPECT_EQ(plans.plan_of(*plans.find("a")), shared);
}

TEST(Plans, KnowTripsOfOneShape) {
  const eta::Trip trip = three_stops();
  eta::Trip retimed = later("t", 60);
  retimed.revision = 9;
  EXPECT_EQ(shape_of(trip), shape_of(retimed));
  const struct {
    const char* name;
    void (*change)(eta::Trip&);
  } cases[] = {
      {"Path", [](eta::Trip& t) { t.path[1].lon_deg += 1e-6; }},
      {"PathLonger", [](eta::Trip& t) { t.path.push_back(t.path.back()); }},
      {"StopGone", [](eta::Trip& t) { t.stops.pop_back(); }},
      {"StopRenamed", [](eta::Trip& t) { t.stops[1].stop_id += "x"; }},
      {"StopMoved", [](eta::Trip& t) { t.stops[1].place.lat_deg += 1e-6; }},
      {"StopLarger", [](eta::Trip& t) { t.stops[1].radius_m = 70; }},
      {"Sequence", [](eta::Trip& t) { t.stops[1].sequence = 7; }},
  };
  for (const auto& one : cases) {
    eta::Trip other = trip;
    one.change(other);
    EXPECT_NE(shape_of(other), shape_of(trip)) << one.name;
  }
}

TEST(Course, BeginsTheNextTripWhenItsTimeComes) {
  Drive drive;
  drive.plans.set({later("first", 0), later("second", 2000)});
  drive.see(-1000, on_plan(0));
  EXPECT_EQ(drive.trip(), "") << "not before its quarter of an hour";
  drive.see(-800, on_plan(0));
  EXPECT_EQ(drive.trip(), "first");
  drive.see(1990, on_plan(0));
  EXPECT_EQ(drive.trip(), "first") << "it has not set off, but the next start has not come";
  drive.see(2000, on_plan(0));
  EXPECT_EQ(drive.trip(), "second");
  EXPECT_THAT(drive.ended, testing::ElementsAre("first"));
}

/// Two trips, the second planned while the first, 2,000 s late, is driven, and a third that starts when it is finished.
Drive late_on_the_first(int to_second) {
  Drive drive;
  drive.plans.set({later("first", 0), later("second", 2300), later("third", 2700)});
  for (int second = 2000; second <= to_second; second += 10) drive.see(second, on_plan(second - 2000));
  return drive;
}

TEST(Course, FinishesTheTripThatItDrivesLateAndBeginsTheNextAtOnce) {
  Drive drive = late_on_the_first(2710);
  EXPECT_EQ(drive.trip(), "first") << "400 s beyond the next start";
  EXPECT_THAT(drive.ended, testing::IsEmpty());
  drive.see(2720, on_plan(720));
  EXPECT_THAT(drive.ended, testing::ElementsAre("first")) << "it has arrived at the last stop";
  drive.see(2730, on_plan(720));
  EXPECT_EQ(drive.trip(), "second") << "not the third, though its start has come too";
  EXPECT_EQ(drive.course.progress()->watch().next_stop(), 0U);
  drive.see(2730 + 3600, on_plan(720));
  EXPECT_EQ(drive.trip(), "second");
  drive.see(2740 + 3600, on_plan(720));
  EXPECT_EQ(drive.trip(), "third") << "an hour, and it has not set off";
  EXPECT_THAT(drive.ended, testing::ElementsAre("first", "second"));
}

TEST(Course, HoldsWhatItDrivesInAnotherLifeToo) {
  for (const int cut : {2290, 2300, 2500, 2730}) {
    Drive whole = late_on_the_first(cut);
    Drive resumed;
    resumed.plans = whole.plans;
    resumed.course.restore(whole.course.memory());
    EXPECT_FALSE(resumed.course.revise(resumed.plans).ended);
    EXPECT_EQ(resumed.trip(), whole.trip()) << cut;
    for (int second = cut + 10; second < 3000; second += 10) {
      whole.see(second, on_plan(second - 2000));
      resumed.see(second, on_plan(second - 2000));
      ASSERT_EQ(resumed.trip(), whole.trip()) << cut << " " << second;
    }
    EXPECT_EQ(resumed.trip(), "second");
  }
}

TEST(Course, HoldsWhatItDrivesWhenItIsRevised) {
  Drive drive = late_on_the_first(2290);
  eta::Trip other = later("first", 0);
  other.revision = 2;
  other.stops[2].place = eta::at(5500, 0);
  drive.plans.set({other, later("second", 2300)});
  EXPECT_FALSE(drive.course.revise(drive.plans).ended);
  drive.see(2300, on_plan(300));
  EXPECT_EQ(drive.trip(), "first");
}

TEST(Course, GivesUpATripADayAfterItsEnd) {
  Drive drive;
  drive.plans.set({three_stops()});
  drive.see(0, on_plan(0));
  drive.see(780 + 24 * 3600, on_plan(10));
  EXPECT_EQ(drive.trip(), "t");
  drive.see(790 + 24 * 3600, on_plan(10));
  EXPECT_EQ(drive.trip(), "");
  EXPECT_THAT(drive.ended, testing::ElementsAre("t"));
  Drive late;
  late.plans.set({three_stops()});
  late.see(790 + 24 * 3600, on_plan(0));
  EXPECT_EQ(late.trip(), "") << "nor is it begun";
}

TEST(Course, GoesOnWhereItWasWhenOnlyTimesChange) {
  Drive drive;
  drive.plans.set({three_stops()});
  for (int second = 0; second < 300; second += 10) drive.see(second, on_plan(second));
  const double at_m = drive.course.progress()->at_m();
  eta::Trip retimed = three_stops();
  retimed.revision = 2;
  retimed.stops[2].planned_arrival += base::Millis{1000};
  drive.plans.set({retimed});
  EXPECT_FALSE(drive.course.revise(drive.plans).ended);
  ASSERT_NE(drive.course.progress(), nullptr);
  EXPECT_EQ(drive.course.progress()->trip().revision, 2U);
  EXPECT_EQ(drive.course.progress()->at_m(), at_m);
  EXPECT_EQ(drive.course.progress()->watch().next_stop(), 1U);
}

TEST(Course, BeginsBehindWhatWasServedWhenStopsChange) {
  Drive drive;
  drive.plans.set({three_stops()});
  for (int second = 0; second < 300; second += 10) drive.see(second, on_plan(second));
  eta::Trip other = three_stops();
  other.revision = 2;
  other.stops[1].place = eta::at(3500, 0);
  drive.plans.set({other});
  EXPECT_FALSE(drive.course.revise(drive.plans).ended);
  EXPECT_EQ(drive.course.progress()->watch().next_stop(), 1U);
  EXPECT_TRUE(drive.course.progress()->estimate(drive.knowledge).empty()) << "its place is not known yet";
  drive.see(310, on_plan(310));
  drive.see(320, on_plan(320));
  const auto estimates = drive.course.progress()->estimate(drive.knowledge);
  ASSERT_EQ(estimates.size(), 2U);
  EXPECT_EQ(estimates[0].stop, 1U);
}

/// Off the route before any stop was served, or behind the first one, when another revision comes.
TEST(Course, TellsThatItIsNotOffTheRouteByAnotherRevision) {
  const struct {
    const char* name;
    int driven_s;
    bool is_off;
    bool back;
  } cases[] = {
      {"BeforeTheFirstStop", 100, true, true},
      {"OnTheRoute", 100, false, false},
      {"BehindAStopItsPlaceIsToBeFoundYet", 300, true, false},
  };
  for (const auto& one : cases) {
    for (const bool restored : {false, true}) {
      Drive drive;
      drive.plans.set({three_stops()});
      for (int second = 0; second < one.driven_s; second += 10) drive.see(second, on_plan(second));
      for (int i = 0; one.is_off && i < 7; ++i) drive.see(one.driven_s + 10 * i, eta::seen(0, {900, 900}, 10, 0));
      eta::Trip other = three_stops();
      other.revision = 2;
      other.path = {eta::at(0, 0), eta::at(900, 900), eta::at(2000, 0), eta::at(6000, 0)};
      drive.plans.set({other});
      Course course = drive.course;
      if (restored) {
        course = {};
        course.restore(drive.course.memory());
      }
      const Revised revised = course.revise(drive.plans);
      EXPECT_EQ(revised.back_on_route, one.back) << one.name;
      EXPECT_FALSE(revised.ended) << one.name;
      EXPECT_FALSE(course.revise(drive.plans).back_on_route) << one.name << ": once";
    }
  }
}

}  // namespace
}  // namespace odograph::arrivals
