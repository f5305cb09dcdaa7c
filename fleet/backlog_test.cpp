// What comes of a backlog is a function of each partition's own messages alone: not of where transactions end, nor of
// crashes, nor of which partitions are worked on together. See docs/decisions/0014.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fleet/arrivals/test_fleet.h"
#include "fleet/decode/lines.h"
#include "fleet/process/drive.h"
#include "fleet/rules_config.h"
#include "fleet/test_backlog.h"
#include "lib/base/test_folder.h"

namespace odograph::fleet {
namespace {

using testing::IsEmpty;

constexpr std::int32_t kPartitions = 3;
constexpr int kSeconds = 1500;

constexpr const char* kRules = R"(
[[fence]]
id = "bend"
centre = [[47.0, 8.04]]
radius_m = 400
[[rule]]
kind = "geofence"
fence = "bend"
[[rule]]
kind = "harsh_motion"
[[rule]]
kind = "off_route"
min_duration = "20s"
[[rule]]
kind = "delay"
raise = "1min"
clear = "30s"
min_duration = "20s"
[[rule]]
kind = "at_risk"
late = "1min"
)";

rules::RuleBookConfig rules_of_test() {
  const base::TestFolder folder;
  auto rules = load_rules(folder.write("rules.toml", kRules));
  EXPECT_TRUE(rules.has_value());
  return rules->book;
}

/// How one vehicle drives: all of it decided by its seed. The plan has 10 m/s.
std::vector<kafka::Message> drive(const std::string& vehicle, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<kafka::Message> messages;
  std::uint32_t n = 1;
  double east_m = 0;
  double mps = 0;
  for (int second = 0; second < kSeconds; second += 10) {
    if (second % 200 == 0) mps = 4 + static_cast<double>(random() % 80) / 10;
    // Some stand at stops, some drive by; the second half of the vehicles leaves the route for a while.
    const bool stands = seed % 3 != 0 && std::fmod(east_m, 2000) < 60 && east_m > 1000 && random() % 8 != 0;
    if (!stands) east_m += mps * 10;
    const bool off = seed % 2 == 1 && second >= 700 && second < 840;
    const double north_m = off ? 400 : static_cast<double>(random() % 80) / 10 - 4;
    const eta::Position at = eta::seen(second, {std::min(east_m, 6000.0), north_m}, stands ? 0 : mps, 90);
    messages.push_back(process::message_of(process::header_of(vehicle), {arrivals::record_of(at)}, n++));
    if (second % 130 == 0)
      messages.push_back(
          process::message_of(process::header_of(vehicle, model::Lane::kLive), {arrivals::record_of(at)}));
  }
  return messages;
}

/// Vehicles of all partitions drive on the same road at the same time: what they teach each other would show.
TestBroker backlog() {
  TestBroker broker;
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    std::vector<std::vector<kafka::Message>> drives;
    for (int i = 0; i < 3; ++i) {
      const std::string vehicle = "van-" + std::to_string(partition) + std::to_string(i);
      drives.push_back(drive(vehicle, static_cast<std::uint32_t>(10 * partition + i)));
      eta::Trip trip = arrivals::three_stops("trip-" + vehicle);
      trip.vehicle_id = vehicle;
      broker.trips[partition][vehicle] = *trips::to_message(vehicle, {trip});
    }
    auto& messages = broker.backlog[partition];
    for (std::size_t step = 0; step < drives[0].size(); ++step) {
      for (auto& one : drives) {
        one[step].partition = partition;
        one[step].offset = static_cast<std::int64_t>(messages.size());
        messages.push_back(one[step]);
      }
    }
  }
  return broker;
}

/// One processor for each partition, one commit at its end.
TestBroker undisturbed(const rules::RuleBookConfig& rules) {
  TestBroker broker = backlog();
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    TestBroker alone = backlog();
    TestInstance instance(alone, rules, {partition});
    while (instance.work(partition)) {
    }
    instance.commit();
    broker.states[partition] = alone.states[partition];
    broker.alerts[partition] = alone.alerts[partition];
    broker.processed[partition] = alone.processed[partition];
    broker.profile.insert(alone.profile.begin(), alone.profile.end());
    broker.committed[partition] = alone.committed[partition];
  }
  return broker;
}

using Random = std::mt19937;

std::set<std::int32_t> some(Random& random) {
  std::set<std::int32_t> partitions;
  for (std::int32_t partition = 0; partition < kPartitions; ++partition)
    if (random() % 2 == 0) partitions.insert(partition);
  return partitions;
}

bool is_done(const TestBroker& broker) {
  bool done = true;
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) done = done && broker.is_done(partition);
  return done;
}

/// Two lives after the other, each with other partitions, each ended with work that nobody has seen; commits anywhere.
TestBroker disturbed(const rules::RuleBookConfig& rules, std::uint32_t seed) {
  Random random(seed);
  TestBroker broker = backlog();
  while (!is_done(broker)) {
    const std::set<std::int32_t> mine = some(random);
    std::set<std::int32_t> others;
    for (std::int32_t partition = 0; partition < kPartitions; ++partition)
      if (!mine.contains(partition)) others.insert(partition);
    TestInstance first(broker, rules, mine);
    TestInstance second(broker, rules, others);
    const std::uint32_t commit_every = 1 + static_cast<std::uint32_t>(random() % 40);
    for (std::size_t steps = 200 + random() % 400; steps > 0; --steps) {
      const auto partition = static_cast<std::int32_t>(random() % kPartitions);
      TestInstance& owner = mine.contains(partition) ? first : second;
      owner.work(partition);
      if (random() % commit_every == 0) owner.commit();
      if (random() % 16 == 0) first.tell_profile();
      if (random() % 16 == 0) second.tell_profile();
    }
  }
  return broker;
}

using Rows = std::map<std::string, std::string>;

/// Names of rows that one of both has alone, or with other bytes.
std::vector<std::string> differing(const Rows& found, const Rows& wanted) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : found)
    if (!wanted.contains(name) || wanted.at(name) != bytes) names.push_back(name);
  for (const auto& [name, bytes] : wanted)
    if (!found.contains(name)) names.push_back(name);
  return names;
}

void expect_same(const TestBroker& found, const TestBroker& wanted) {
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    EXPECT_THAT(differing(found.alerts.at(partition), wanted.alerts.at(partition)), IsEmpty()) << partition;
    EXPECT_THAT(differing(found.processed.at(partition), wanted.processed.at(partition)), IsEmpty()) << partition;
    EXPECT_THAT(differing(found.states.at(partition), wanted.states.at(partition)), IsEmpty()) << partition;
  }
  EXPECT_THAT(differing(found.profile, wanted.profile), IsEmpty());
}

TEST(Backlog, HoldsEveryKindOfFact) {
  const TestBroker broker = undisturbed(rules_of_test());
  std::map<std::string, int> kinds;
  int stop_events = 0;
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    for (const auto& [id, bytes] : broker.alerts.at(partition))
      for (const char* kind : {"delay", "at_risk", "off_route", "geofence", "harsh_motion"})
        if (bytes.find("fleet.alert." + std::string(kind) + '.') != std::string::npos) ++kinds[kind];
    for (const auto& [id, bytes] : broker.processed.at(partition)) {
      kafka::Message message;
      message.topic = topics::kProcessedData;
      message.value = bytes;
      const auto lines = decode::lines_of(message, decode::Place::kLeftOut);
      ASSERT_TRUE(lines.has_value()) << lines.error().what;
      stop_events += lines->front().find("\"stop_event\"") != std::string::npos ? 1 : 0;
    }
  }
  for (const char* kind : {"delay", "at_risk", "off_route", "geofence"}) EXPECT_GT(kinds[kind], 5) << kind;
  EXPECT_GT(stop_events, 20);
}

TEST(Backlog, ThatIsReadAgainGivesTheSameBytes) {
  const auto rules = rules_of_test();
  const TestBroker wanted = undisturbed(rules);
  for (std::uint32_t seed = 1; seed <= 12 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_same(disturbed(rules, seed), wanted);
  }
}

}  // namespace
}  // namespace odograph::fleet
