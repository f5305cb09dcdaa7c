#include "fleet/arrivals/arrivals.h"

#include <gmock/gmock.h>
#include <google/protobuf/timestamp.pb.h>

#include <set>

#include "fleet/arrivals/test_fleet.h"

namespace odograph::arrivals {
namespace {

using model::Lane;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = vehicle::TripNews::Kind;

double second_of(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() / 1e9 -
         static_cast<double>(eta::moment(0).time_since_epoch().count()) / 1000;
}

/// Stop id and kind, as "stop-1 ARRIVED".
std::vector<std::string> words(const std::vector<odograph::StopEvent>& events) {
  std::vector<std::string> all;
  for (const auto& event : events) all.push_back(event.stop_id() + ' ' + odograph::StopEvent::Kind_Name(event.kind()));
  return all;
}

/// All estimates written for a stop.
std::vector<odograph::ArrivalEstimate> estimates(const TestFleet& fleet, const std::string& stop_id) {
  std::vector<odograph::ArrivalEstimate> all;
  for (const auto& record : fleet.records()) {
    if (record.has_arrival() && record.arrival().stop_id() == stop_id) all.push_back(record.arrival());
  }
  return all;
}

std::vector<Kind> kinds(const TestFleet& fleet) {
  std::vector<Kind> all;
  for (const auto& news : fleet.news()) {
    if (news.kind != Kind::kEstimate) all.push_back(news.kind);
  }
  return all;
}

void drive(TestFleet& fleet, Lane lane, int from_s, int to_s) {
  for (int second = from_s; second < to_s; second += 10) fleet.tell({"van", lane, on_plan(second)});
}

TEST(Arrivals, TellsEachStopOnceWithInterpolatedTimes) {
  TestFleet fleet;
  fleet.put_trips("van", {three_stops()});
  drive(fleet, Lane::kBulk, 0, 900);
  const auto events = fleet.stop_events();
  EXPECT_THAT(words(events),
              ElementsAre("stop-1 ARRIVED", "stop-1 DEPARTED", "stop-2 ARRIVED", "stop-2 DEPARTED", "stop-3 ARRIVED"));
  ASSERT_EQ(events.size(), 5U);
  EXPECT_NEAR(second_of(events[0].time()), 200, 10);
  EXPECT_NEAR(second_of(events[1].time()), 260, 10);
  EXPECT_NEAR(events[1].dwell_s(), 60, 15);
  EXPECT_NEAR(events[0].delay_s(), 0, 10);
  EXPECT_EQ(events[0].stop_sequence(), 1U);
  EXPECT_TRUE(events[0].has_position());
  EXPECT_THAT(kinds(fleet), ElementsAre(Kind::kArrived, Kind::kDeparted, Kind::kArrived, Kind::kDeparted,
                                        Kind::kArrived, Kind::kEnded));
}

TEST(Arrivals, IdsAreMadeOfTheFactAlone) {
  TestFleet fleet;
  eta::Trip trip = three_stops("line 1/%");
  trip.revision = 7;
  fleet.put_trips("van", {trip});
  drive(fleet, Lane::kBulk, 0, 300);
  std::set<std::string> ids;
  for (const auto& record : fleet.records()) ids.insert(record.id());
  EXPECT_EQ(ids.size(), fleet.records().size());
  EXPECT_TRUE(ids.contains("van/line 1%2F%25/7/stop-1/ARRIVED"));
  const auto first = std::to_string(eta::moment(0).time_since_epoch().count());
  EXPECT_TRUE(ids.contains("van/line 1%2F%25/7/stop-3/" + first));
}

TEST(Arrivals, EstimatesAreToldEveryMinuteAndAtStops) {
  TestFleet fleet;
  fleet.put_trips("van", {three_stops()});
  drive(fleet, Lane::kBulk, 0, 900);
  std::vector<double> made;
  for (const auto& one : estimates(fleet, "stop-3")) {
    if (one.status() != odograph::ArrivalEstimate::STOPPED_AT) made.push_back(second_of(one.made_at()));
  }
  ASSERT_GE(made.size(), 12U);
  EXPECT_LE(made.size(), 20U) << "not at every position";
  for (std::size_t i = 1; i < made.size(); ++i) {
    EXPECT_GT(made[i], made[i - 1]);
    EXPECT_LE(made[i] - made[i - 1], 60);
  }
  EXPECT_THAT(made, testing::IsSupersetOf({200.0, 270.0, 460.0, 530.0})) << "at each arrival and departure";
}

TEST(Arrivals, UsesTheWordsOfGtfsRealtime) {
  TestFleet fleet;
  fleet.put_trips("van", {three_stops()});
  drive(fleet, Lane::kBulk, 0, 300);
  const auto first = estimates(fleet, "stop-1");
  ASSERT_GE(first.size(), 4U);
  EXPECT_EQ(first.front().status(), odograph::ArrivalEstimate::IN_TRANSIT_TO);
  EXPECT_EQ(first.back().status(), odograph::ArrivalEstimate::STOPPED_AT);
  EXPECT_NEAR(second_of(first.back().p50()), 200, 10);
  EXPECT_NEAR(first.front().remaining_m(), 2000, 10);
  EXPECT_GT(first.front().uncertainty_s(), 0U);
  EXPECT_NEAR(first.front().delay_s(), 0, 20);
  for (const auto& one : estimates(fleet, "stop-2"))
    EXPECT_EQ(one.status(), odograph::ArrivalEstimate::IN_TRANSIT_TO) << "another stop is the next";
}

TEST(Arrivals, PassesOverWhatIsOfNoUse) {
  TestFleet fleet;
  fleet.put_trips("van", {three_stops()});
  auto factory = make_factory();
  auto module = factory->make("van");
  const std::string trips = trips::to_message("van", {three_stops()}).value();
  vehicle::Outcome outcome;
  module->on_table({topics::kTrips, "van", trips}, outcome);
  const wire::BatchHeader header{.vehicle_id = "van", .lane = Lane::kBulk};
  const struct {
    const char* name;
    void (*spoil)(model::Record&);
    bool taken;
  } cases[] = {
      {"Sound", [](model::Record&) {}, true},
      {"NoTime", [](model::Record& r) { r.utc.reset(); }, false},
      {"NoPosition", [](model::Record& r) { r.position.reset(); }, false},
      {"Jump", [](model::Record& r) { r.flags = model::flag::kJump; }, false},
      {"Backstamped", [](model::Record& r) { r.flags = model::flag::kBackstamped; }, true},
  };
  int second = 0;
  for (const auto& one : cases) {
    model::Record record = record_of(on_plan(second += 70));
    one.spoil(record);
    vehicle::Outcome came;
    module->on_history({header, 0, 0}, record, came);
    EXPECT_EQ(!came.outputs.empty(), one.taken) << one.name;
  }
}

TEST(Arrivals, OfAVehicleWithoutATripAreNone) {
  TestFleet fleet;
  drive(fleet, Lane::kBulk, 0, 300);
  fleet.put_trips("other", {three_stops()});
  drive(fleet, Lane::kBulk, 300, 600);
  EXPECT_THAT(fleet.records(), IsEmpty());
  fleet.commit();
  EXPECT_EQ(fleet.states().at("van"), "") << "nothing is known, nothing is kept";
}

TEST(Arrivals, ABacklogTellsTheSameStopsAndMovesNoEstimateBackwards) {
  TestFleet live;
  live.put_trips("van", {three_stops()});
  drive(live, Lane::kBulk, 0, 900);
  TestFleet behind;
  behind.put_trips("van", {three_stops()});
  drive(behind, Lane::kBulk, 0, 100);
  drive(behind, Lane::kLive, 100, 500);
  EXPECT_THAT(words(behind.stop_events()), IsEmpty()) << "what is written of a stop is made of the records in order";
  EXPECT_FALSE(estimates(behind, "stop-3").empty());
  EXPECT_EQ(second_of(estimates(behind, "stop-3").back().made_at()) > 400, true) << "the preview moves the estimates";
  const std::size_t before = behind.records().size();
  drive(behind, Lane::kBulk, 100, 480);
  for (std::size_t i = before; i < behind.records().size(); ++i) EXPECT_TRUE(behind.records()[i].has_stop_event());
  drive(behind, Lane::kBulk, 480, 900);
  std::vector<std::string> expected;
  for (const auto& event : live.stop_events()) expected.push_back(event.SerializeAsString());
  std::vector<std::string> found;
  for (const auto& event : behind.stop_events()) found.push_back(event.SerializeAsString());
  EXPECT_EQ(found, expected);
  EXPECT_EQ(behind.news().size(), live.news().size()) << "alerts are made of history";
}

TEST(Arrivals, ARepeatedRowChangesNothingAndABadOneIsNoted) {
  TestFleet fleet;
  fleet.put_trips("van", {three_stops()});
  drive(fleet, Lane::kBulk, 0, 300);
  fleet.put_trips("van", {three_stops()});
  fleet.tell_row("van", {topics::kTrips, "van", std::string_view("\xff")});
  drive(fleet, Lane::kBulk, 300, 900);
  EXPECT_THAT(words(fleet.stop_events()), testing::SizeIs(5));
  EXPECT_THAT(fleet.notes(), ElementsAre(HasSubstr("trips of van are left as they were")));
}

TEST(Arrivals, ACancelledTripEnds) {
  TestFleet fleet;
  fleet.put_trips("van", {three_stops()});
  drive(fleet, Lane::kBulk, 0, 300);
  fleet.put_trips("van", {});
  EXPECT_EQ(kinds(fleet).back(), Kind::kEnded);
  const std::size_t before = fleet.records().size();
  drive(fleet, Lane::kBulk, 300, 900);
  EXPECT_EQ(fleet.records().size(), before);
}

TEST(Arrivals, ARevisionBeforeTheFirstStopTakesTheVehicleBackOnItsRoute) {
  TestFleet fleet;
  fleet.put_trips("van", {three_stops()});
  drive(fleet, Lane::kBulk, 0, 100);
  for (int second = 100; second < 170; second += 10)
    fleet.tell({"van", Lane::kBulk, eta::seen(second, {1000, 900}, 10, 0)});
  eta::Trip other = three_stops();
  other.revision = 2;
  other.path = {eta::at(0, 0), eta::at(1000, 900), eta::at(2000, 0), eta::at(6000, 0)};
  fleet.put_trips("van", {other});
  EXPECT_THAT(kinds(fleet), ElementsAre(Kind::kOffRoute, Kind::kRevised, Kind::kOnRoute));
  EXPECT_EQ(fleet.news().back().at, eta::moment(160)) << "its newest position";
}

/// A revision without the second stop; in the same life or when the process was away meanwhile.
TEST(Arrivals, ARevisionWithOtherStopsTellsWhichAreLeft) {
  eta::Trip retimed = three_stops();
  retimed.revision = 2;
  retimed.stops[2].planned_arrival += base::Millis{1000};
  eta::Trip other = retimed;
  other.revision = 3;
  other.stops.erase(other.stops.begin() + 1);
  for (const bool restarts : {false, true}) {
    TestFleet fleet;
    fleet.put_trips("van", {three_stops()});
    drive(fleet, Lane::kBulk, 0, 300);
    fleet.put_trips("van", {retimed});
    EXPECT_EQ(kinds(fleet).back(), Kind::kDeparted) << "the stops are the same";
    fleet.commit();
    if (restarts) fleet.crash();
    fleet.put_trips("van", {other});
    fleet.tell({"van", Lane::kBulk, on_plan(300)});
    ASSERT_EQ(kinds(fleet).back(), Kind::kRevised);
    const auto& news = fleet.news();
    const auto revised =
        std::find_if(news.begin(), news.end(), [](const auto& one) { return one.kind == Kind::kRevised; });
    EXPECT_THAT(revised->stops_left, ElementsAre("stop-3"));
    EXPECT_EQ(revised->at, eta::moment(290));
  }
}

TEST(Arrivals, LearnFromTheirOwnPartitionAlone) {
  TestFleet taught(3);
  taught.put_trips("van", {three_stops()});
  for (int second = 0; second < 800; second += 10) {
    eta::Position slow = on_plan(second / 2.0);
    slow.time = eta::moment(second);
    slow.speed_mps = *slow.speed_mps / 2;
    taught.tell({"van", Lane::kBulk, slow});
  }
  taught.commit();
  const auto first_estimate = [](TestFleet& fleet) {
    fleet.put_trips("van", {three_stops()});
    fleet.tell({"van", Lane::kBulk, on_plan(0)});
    return second_of(estimates(fleet, "stop-1").at(0).p50());
  };
  TestFleet same(3);
  TestFleet other(4);
  for (const auto& [key, value] : taught.profile()) {
    EXPECT_EQ(key.substr(0, 2), "3/");
    same.factory().on_shared_row({topics::kSegmentProfile, key, value});
    other.factory().on_shared_row({topics::kSegmentProfile, key, value});
  }
  TestFleet new_one(4);
  const double of_new_one = first_estimate(new_one);
  EXPECT_GT(first_estimate(same), of_new_one + 30) << "those roads are slower than planned";
  EXPECT_EQ(first_estimate(other), of_new_one);
  other.commit();
  for (const auto& [key, value] : other.profile()) EXPECT_EQ(key.substr(0, 2), "4/");
}

TEST(Arrivals, KeepNothingOfAVehicleWithoutTrips) {
  TestFleet fleet;
  drive(fleet, Lane::kBulk, 0, 60);
  drive(fleet, Lane::kLive, 60, 120);
  fleet.tell_row("van", {topics::kTrips, "van", std::nullopt});
  fleet.commit();
  EXPECT_EQ(fleet.states().at("van"), "");
  EXPECT_TRUE(fleet.profile().empty());
  fleet.put_trips("van", {three_stops()});
  drive(fleet, Lane::kBulk, 60, 300);
  EXPECT_FALSE(fleet.records().empty()) << "until it has some";
}

}  // namespace
}  // namespace odograph::arrivals
