#include "fleet/dispatch/trips_commands.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "fleet/dispatch/fake_broker.h"
#include "fleet/eta/test_plans.h"
#include "fleet/topics/topic_table.h"
#include "fleet/trips/trip_message.h"
#include "lib/kafka/partitioner.h"

namespace odograph::dispatch {
namespace {

using testing::HasSubstr;

eta::Trip trip(const std::string& id, const std::string& vehicle, std::uint32_t revision = 1) {
  eta::Trip trip = eta::plan({{0, 0}, {1000, 0}}, {{500, 0, 60}, {1000, 0, 300}});
  trip.trip_id = id;
  trip.vehicle_id = vehicle;
  trip.revision = revision;
  trip.stops[1].window_end = eta::moment(600);
  return trip;
}

std::string put(FakeBroker& broker, const std::vector<eta::Trip>& trips, DryRun dry_run = DryRun::kNo) {
  std::ostringstream out;
  const auto status = put_trips({trips, {}}, broker.borrow(), {eta::moment(0), dry_run}, out);
  return status ? out.str() : status.error().what;
}

std::string listed(FakeBroker& broker, const ListOptions& options = {}) {
  std::ostringstream out;
  const auto status = list_trips(options, broker.borrow(), out, out);
  return status ? out.str() : status.error().what;
}

TEST(TripsCommands, PutListAndCancel) {
  FakeBroker broker;
  EXPECT_EQ(listed(broker), "no trips are in force\n");
  EXPECT_EQ(put(broker, {trip("a", "van"), trip("b", "bus"), trip("c", "cab")}),
            "3 trips: 3 new, 0 revised, 0 moved to another vehicle, 0 as they were\n3 vehicles written\n");
  EXPECT_EQ(put(broker, {trip("a", "bus", 2), trip("b", "bus")}),
            "2 trips: 0 new, 0 revised, 1 moved to another vehicle, 1 as they were\n2 vehicles written\n");
  EXPECT_EQ(listed(broker),
            "vehicle  trip  revision  start              end                stops  km\n"
            "bus      a            2  2026-03-02T08:00Z  2026-03-02T08:06Z      2  1.0\n"
            "bus      b            1  2026-03-02T08:00Z  2026-03-02T08:06Z      2  1.0\n"
            "cab      c            1  2026-03-02T08:00Z  2026-03-02T08:06Z      2  1.0\n");
  std::ostringstream out;
  ASSERT_TRUE(cancel_trips({"a", "c"}, {}, broker.borrow(), out));
  EXPECT_EQ(out.str(), "2 vehicles written\nvehicle cab has no trip any more\n");
  EXPECT_THAT(listed(broker), testing::Not(HasSubstr("cab")));
  EXPECT_EQ(listed(broker, {"van", ListOptions::Format::kTable}), "no trips are in force\n");
}

TEST(TripsCommands, ListAsPutTakesIt) {
  FakeBroker broker;
  put(broker, {trip("a \"1\"", "van", 7)});
  const std::string lines = listed(broker, {"", ListOptions::Format::kJson});
  const auto again = trips::parse_trip(lines);
  ASSERT_TRUE(again.has_value()) << again.error().what;
  EXPECT_THAT(put(broker, {*again}), HasSubstr("1 as they were"));
}

TEST(TripsCommands, WriteNothingUnlessAllCanBe) {
  FakeBroker broker;
  put(broker, {trip("a", "van", 3)});
  const std::size_t before = broker.log.size();
  EXPECT_THAT(put(broker, {trip("b", "bus"), trip("a", "van", 2)}), HasSubstr("trip a: revision 3 is in force"));
  EXPECT_THAT(put(broker, {trip("b", "bus")}, DryRun::kYes), HasSubstr("1 vehicle would be written"));
  EXPECT_EQ(broker.log.size(), before);
}

TEST(TripsCommands, SayWhatIsWrittenWhenTheBrokerStops) {
  FakeBroker broker;
  broker.answers = 1;
  broker.refusal = "not authorised";
  EXPECT_THAT(put(broker, {trip("a", "van"), trip("b", "bus")}),
              HasSubstr("1 of 2 messages are written, the others are not or perhaps: not authorised. Do it again"));
  FakeBroker silent;
  silent.answers = 0;
  EXPECT_THAT(put(silent, {trip("a", "van")}), HasSubstr("0 of 1 messages are written"));
}

TEST(TripsCommands, SayWhatStandsAgainstReading) {
  FakeBroker broker;
  broker.exists = false;
  EXPECT_THAT(listed(broker), HasSubstr("topic trips-topic does not exist; odograph-fleet topics create makes it"));
  broker.exists = true;
  broker.denied = "identity x may not read trips-topic";
  EXPECT_EQ(listed(broker), *broker.denied);
  broker.denied.reset();
  kafka::Message& bad = broker.log.emplace_back();
  bad.key = "van";
  bad.value = "\xff";
  EXPECT_EQ(listed(broker),
            "no trips are in force\ntrips of vehicle van cannot be read: no sound VehicleTrips message\n");
}

TEST(TripsCommands, RefuseATripInTwoFiles) {
  const auto folder = std::filesystem::temp_directory_path() / ("odograph_dispatch_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  for (const char* name : {"one", "two"}) std::ofstream(folder / name) << to_json_line(trip("a", "van")) << '\n';
  const auto both = read_files({folder / "one", folder / "two"});
  ASSERT_FALSE(both.has_value());
  EXPECT_THAT(both.error().what, HasSubstr("two: trip a is in a file before it too"));
  EXPECT_EQ(read_files({folder / "one"}).value().trips.size(), 1U);
  std::filesystem::remove_all(folder);
}

/// A row of the van's, in its own partition or in the one where it was before there were more.
enum class Where { kOwn, kFormer };
kafka::Message row(Where where, const std::string& trip_id) {
  kafka::Message row;
  row.topic = topics::kTrips;
  row.key = "van";
  const std::int32_t own = kafka::partition_of(row.key, 2);
  row.partition = where == Where::kOwn ? own : 1 - own;
  row.tombstone = trip_id.empty();
  if (!row.tombstone) row.value = *trips::to_message("van", {trip(trip_id, "van")});
  return row;
}

TEST(TripsCommands, FindTheTripsOfWhoMovedToAnotherPartition) {
  const struct {
    const char* name;
    std::vector<kafka::Message> log;
    const char* found;  // Null: none.
  } rows[] = {
      {"NotMovedYet", {row(Where::kFormer, "a")}, "a"},
      {"Moved", {row(Where::kFormer, "a"), row(Where::kOwn, "a"), row(Where::kFormer, "")}, "a"},
      {"MovedAndReadTheOtherWayRound", {row(Where::kOwn, "a"), row(Where::kFormer, "a"), row(Where::kFormer, "")}, "a"},
      {"MeanwhileAnotherWasPut", {row(Where::kOwn, "b"), row(Where::kFormer, "a")}, "b"},
      {"AndReadTheOtherWayRound", {row(Where::kFormer, "a"), row(Where::kOwn, "b")}, "b"},
      {"TakenAway",
       {row(Where::kFormer, "a"), row(Where::kOwn, "a"), row(Where::kFormer, ""), row(Where::kOwn, "")},
       nullptr},
  };
  for (const auto& each : rows) {
    FakeBroker broker;
    broker.log = each.log;
    const std::string text = listed(broker, {.format = ListOptions::Format::kJson});
    if (each.found == nullptr) {
      EXPECT_EQ(text, "") << each.name;
    } else {
      EXPECT_THAT(text, HasSubstr("{\"trip_id\": \"" + std::string(each.found) + '"')) << each.name;
    }
  }
}

}  // namespace
}  // namespace odograph::dispatch
