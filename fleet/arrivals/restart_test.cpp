#include <gmock/gmock.h>

#include <functional>

#include "fleet/arrivals/test_fleet.h"
#include "proto/public/arrivals.pb.h"

namespace odograph::arrivals {
namespace {

using model::Lane;
using Story = std::vector<std::function<void(TestFleet&)>>;

/// A position somewhat beside where the plan has it: the same for the same second.
eta::Position noisy(int second) {
  eta::Position position = on_plan(second * 0.9);
  position.time = eta::moment(second);
  position.place.lat_deg += ((second * 7919) % 41 - 20) * 4e-7;
  position.place.lon_deg += ((second * 104729) % 37 - 18) * 4e-7;
  if (second % 70 == 0) position.speed_mps.reset();
  return position;
}

/// Two vehicles of one partition. The second falls behind, sends previews and catches up; its trip gets a new revision
/// with other times under way, and another one with another stop; it leaves the route; it has a second trip.
Story story() {
  Story story;
  const auto tell = [&story](const std::string& vehicle, Lane lane, int second) {
    story.emplace_back([=](TestFleet& fleet) { fleet.tell({vehicle, lane, noisy(second)}); });
  };
  const auto put = [&story](const std::string& vehicle, const std::vector<eta::Trip>& trips) {
    story.emplace_back([=](TestFleet& fleet) { fleet.put_trips(vehicle, trips); });
  };
  eta::Trip later = three_stops("t2");
  later.start_time += base::Millis{1'100'000};
  for (eta::PlannedStop& stop : later.stops) {
    stop.planned_arrival += base::Millis{1'100'000};
    stop.planned_departure += base::Millis{1'100'000};
  }
  put("one", {three_stops()});
  put("two", {three_stops(), later});
  for (int second = 0; second < 1200; second += 10) {
    if (second % 30 == 0) {
      // It drives by all of its stops.
      story.emplace_back([=](TestFleet& fleet) {
        fleet.tell({"one", Lane::kBulk, eta::seen(second, {second * 8.7, 3}, 8.7, 90)});
      });
    }
    const bool behind = second >= 300 && second < 500;
    tell("two", behind ? Lane::kLive : Lane::kBulk, second);
    if (second == 400) tell("two", Lane::kAlert, second);
    if (second == 250) {
      eta::Trip retimed = three_stops();
      retimed.revision = 2;
      retimed.stops[2].planned_arrival += base::Millis{60'000};
      retimed.stops[2].planned_departure += base::Millis{60'000};
      put("two", {retimed, later});
    }
    if (second == 500) {
      for (int old = 300; old < 500; old += 20) tell("two", Lane::kBulk, old);
    }
    if (second == 560) {
      eta::Trip other = three_stops();
      other.revision = 3;
      other.stops.erase(other.stops.begin() + 1);
      put("two", {other, later});
    }
    if (second == 620) {
      for (int step = 1; step <= 4; ++step)
        story.emplace_back([=](TestFleet& fleet) {
          fleet.tell({"two", Lane::kBulk, eta::seen(second + step, {9000, 900.0 + step}, 8, 10)});
        });
    }
  }
  return story;
}

/// Runs it all, with a crash right behind what was committed after `cut` steps.
TestFleet run(const Story& story, std::size_t cut) {
  TestFleet fleet;
  for (std::size_t i = 0; i < story.size(); ++i) {
    if (i == cut) {
      fleet.commit();
      fleet.crash();
    }
    story[i](fleet);
  }
  fleet.commit();
  return fleet;
}

TEST(ArrivalsRestart, AtAnyStepChangesNoByte) {
  const Story steps = story();
  const TestFleet whole = run(steps, steps.size());
  ASSERT_GT(whole.stop_events().size(), 5U);
  ASSERT_GT(whole.bytes().size(), 60U);
  for (std::size_t cut = 0; cut < steps.size(); ++cut) {
    const TestFleet resumed = run(steps, cut);
    ASSERT_EQ(resumed.bytes(), whole.bytes()) << "cut after " << cut << " of " << steps.size();
    ASSERT_EQ(resumed.states(), whole.states()) << cut;
    ASSERT_EQ(resumed.profile(), whole.profile()) << cut;
    ASSERT_EQ(resumed.news().size(), whole.news().size()) << cut;
  }
}

TEST(ArrivalsRestart, WithoutItsStateDoesChangeBytes) {
  const Story steps = story();
  const TestFleet whole = run(steps, steps.size());
  TestFleet forgetful;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (i == steps.size() / 3) forgetful.crash();
    steps[i](forgetful);
  }
  EXPECT_NE(forgetful.bytes(), whole.bytes()) << "or the test above proves nothing";
}

TEST(ArrivalsRestart, KeepsSomeKilobytes) {
  const TestFleet fleet = run(story(), 150);
  for (const auto& [vehicle, state] : fleet.states()) EXPECT_LT(state.size(), 4096U) << vehicle;
  for (const auto& [key, value] : fleet.profile()) EXPECT_LT(value.size(), 2048U) << key;
}

TEST(ArrivalsRestart, OfAStateThatWaitsForItsTripIsTheSame) {
  const Story steps = story();
  TestFleet fleet;
  for (std::size_t i = 0; i < steps.size() / 2; ++i) steps[i](fleet);
  fleet.commit();
  auto factory = make_factory();
  auto module = factory->make("two");
  ASSERT_TRUE(module->load(fleet.states().at("two")));
  std::string again;
  module->save(again);
  EXPECT_EQ(again, fleet.states().at("two"));
}

/// Of a vehicle that was under way when the process ended.
std::unique_ptr<vehicle::Module> restored(vehicle::Factory& factory) {
  TestFleet fleet;
  fleet.put_trips("van", {three_stops()});
  for (int second = 0; second < 300; second += 10) fleet.tell({"van", Lane::kBulk, on_plan(second)});
  fleet.commit();
  auto module = factory.make("van");
  EXPECT_TRUE(module->load(fleet.states().at("van")));
  return module;
}

TEST(ArrivalsRestart, TellsOfATripThatWasCancelledMeanwhile) {
  const auto factory = make_factory();
  const auto module = restored(*factory);
  vehicle::Outcome outcome;
  module->on_table({topics::kTrips, "van", std::nullopt}, outcome);
  ASSERT_EQ(outcome.trip_news.size(), 1U);
  EXPECT_EQ(outcome.trip_news.front().kind, vehicle::TripNews::Kind::kEnded);
  EXPECT_EQ(outcome.trip_news.front().trip_id, "t");
  EXPECT_EQ(outcome.trip_news.front().at, eta::moment(290)) << "its newest position";
  module->on_table({topics::kTrips, "van", std::nullopt}, outcome);
  EXPECT_EQ(outcome.trip_news.size(), 1U) << "once";
}

TEST(ArrivalsRestart, TellsOfATripThatNoTableKnowsAnyMore) {
  const auto factory = make_factory();
  const auto module = restored(*factory);
  const wire::BatchHeader header{.vehicle_id = "van", .stream_id = 1, .lane = Lane::kBulk, .boot = 1};
  vehicle::Outcome outcome;
  for (const int second : {300, 310}) module->on_history({header, 0, 0}, record_of(on_plan(second)), outcome);
  ASSERT_EQ(outcome.trip_news.size(), 1U);
  EXPECT_EQ(outcome.trip_news.front().kind, vehicle::TripNews::Kind::kEnded);
  EXPECT_EQ(outcome.trip_news.front().at, eta::moment(300));
}

TEST(ArrivalsLoad, RefusesWhatItDidNotWrite) {
  const Story steps = story();
  TestFleet fleet;
  for (std::size_t i = 0; i < steps.size() / 2; ++i) steps[i](fleet);
  fleet.commit();
  odograph::ArrivalsState sound;
  ASSERT_TRUE(sound.ParseFromString(fleet.states().at("two")));
  const struct {
    const char* name;
    void (*spoil)(odograph::ArrivalsState&);
    base::Action action;
  } cases[] = {
      {"NewerVersion", [](auto& s) { s.set_version(2); }, base::Action::kStop},
      {"TimeBeyondTime", [](auto& s) { s.set_published_ms(INT64_MAX); }, base::Action::kDrop},
      {"NotFinite", [](auto& s) { s.mutable_history()->mutable_trip()->set_at_m(INFINITY); }, base::Action::kDrop},
      {"StateOfRoute", [](auto& s) { s.mutable_history()->mutable_trip()->set_route_state(9); }, base::Action::kDrop},
      {"ForwardNotFinite", [](auto& s) { s.mutable_history()->mutable_trip()->set_forward_m(NAN); },
       base::Action::kDrop},
      {"DrivenBeyondTime", [](auto& s) { s.mutable_history()->mutable_trip()->set_driven_ms(INT64_MIN); },
       base::Action::kDrop},
      {"ToldUneven", [](auto& s) { s.mutable_history()->mutable_trip()->add_told()->add_stays(1); },
       base::Action::kDrop},
      {"ToldOfNoStop", [](auto& s) { s.mutable_history()->mutable_trip()->add_told()->set_stop(1U << 30); },
       base::Action::kDrop},
      {"LiveWithoutItsTime",
       [](auto& s) {
         s.mutable_live();
         s.clear_live_ms();
       },
       base::Action::kDrop},
  };
  for (const auto& one : cases) {
    odograph::ArrivalsState spoilt = sound;
    one.spoil(spoilt);
    const auto status = make_factory()->make("two")->load(spoilt.SerializeAsString());
    ASSERT_FALSE(status) << one.name;
    EXPECT_EQ(status.error().action, one.action) << one.name;
  }
  EXPECT_FALSE(make_factory()->make("two")->load("\xff"));
  EXPECT_TRUE(make_factory()->make("two")->load(sound.SerializeAsString()));
}

}  // namespace
}  // namespace odograph::arrivals
